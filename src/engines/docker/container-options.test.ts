import { describe, expect, it } from 'vitest'
import { LabError } from '../../core/errors.js'
import type { StackMeta } from '../../core/stack.js'
import type { NodeSpec } from '../../core/topology.js'
import { nginx } from '../../parts/nginx/nginx.js'
import { postgres } from '../../parts/postgres/postgres.js'
import { containerAddresses, containerOptions, envOf, filesOf, holdsSecret, SPEC_FILE } from './container-options.js'
import { metaOf } from './labels.js'

const meta: StackMeta = {
  name: 'lb-3',
  scenario: 'lb-3',
  engine: 'docker',
  createdAt: '2026-01-02T03:04:05.000Z',
  version: '0.1.0',
  owner: 'kept',
  parameters: { replicas: 3 },
  notes: [],
}
const api: NodeSpec = {
  id: 'api-1',
  role: 'api',
  part: 'api',
  program: { kind: 'bundle', bundle: 'api' },
  env: { HOST: '{{host}}', PORT: '{{port http}}', DIR: '{{dir}}' },
  files: {},
  ports: { http: 8000, admin: 9000 },
  publish: {},
  dependsOn: [],
  readiness: { protocol: 'http', port: 'http', path: '/ready', accept: 'ok' },
  limits: {},
  stopGraceMs: 5_000,
}
const balancer: NodeSpec = {
  ...api,
  id: 'balancer',
  role: 'balancer',
  program: nginx.program,
  env: {},
  files: { 'nginx.conf': 'server {{address api-1 http}};' },
  ports: { http: 8080 },
}
const nodes = [
  { spec: balancer, address: '172.18.0.2' },
  { spec: api, address: '172.18.0.3' },
]

const bookOf = (spec: NodeSpec) => containerAddresses(spec, nodes, (role) => `password of ${role}`)
const optionsOf = (spec: NodeSpec) =>
  containerOptions({
    stack: { meta, upId: 'u1', home: 'h1', publishHost: '127.0.0.1' },
    spec,
    place: { order: 1, address: '172.18.0.3', urlPort: 'http' },
    book: bookOf(spec),
    images: { node: 'node:20', nginx: 'registry.example:5000/nginx', postgres: 'postgres:18' },
    network: 'n1',
    hostPorts: { http: 20_001, admin: 20_002 },
  })

describe('a node as a container', () => {
  it('runs our own programs by an explicit command, whatever entrypoint the image has', () => {
    expect(optionsOf(api)).toMatchObject({
      name: 'scalelab-lb-3-api-1',
      Image: 'node:20',
      Entrypoint: ['node'],
      Cmd: ['/scalelab/api.mjs'],
      StopSignal: 'SIGTERM',
      Env: ['HOST=0.0.0.0', 'PORT=8000', 'DIR=/scalelab'],
    })
    expect(optionsOf(balancer)).toMatchObject({
      Image: 'registry.example:5000/nginx:latest',
      Entrypoint: ['nginx'],
      Cmd: ['-e', 'stderr', '-p', '/scalelab/', '-c', '/scalelab/nginx.conf'],
    })
  })

  it("runs a user's image as its author meant, and tells it where to listen and who it is", () => {
    const own: NodeSpec = { ...api, program: { kind: 'image', image: 'shop:2' }, env: { INSTANCE_ID: 'chosen' } }
    const options = optionsOf(own)
    expect(options.Image).toBe('shop:2')
    expect(options).not.toHaveProperty('Entrypoint')
    expect(options).not.toHaveProperty('Cmd')
    expect(options.Env).toEqual(['HOST=0.0.0.0', 'PORT=8000', 'INSTANCE_ID=chosen'])
  })

  it('refuses a shell command', () => {
    const command: NodeSpec = { ...api, program: { kind: 'command', command: 'uvicorn main:app' } }
    expect(() => optionsOf(command)).toThrow(LabError)
  })

  it('publishes every port at the chosen ports of the loopback address, and mounts nothing', () => {
    const { HostConfig, ExposedPorts } = optionsOf(api)
    expect(ExposedPorts).toEqual({ '8000/tcp': {}, '9000/tcp': {} })
    expect(HostConfig?.PortBindings).toEqual({
      '8000/tcp': [{ HostIp: '127.0.0.1', HostPort: '20001' }],
      '9000/tcp': [{ HostIp: '127.0.0.1', HostPort: '20002' }],
    })
    expect(HostConfig).not.toHaveProperty('Binds')
    expect(HostConfig).not.toHaveProperty('Mounts')
  })

  it.each([
    [{}, {}],
    [{ cpus: 0.25 }, { NanoCpus: 250_000_000 }],
    [{ memoryMiB: 64 }, { Memory: 67_108_864, MemorySwap: 67_108_864 }],
  ])('holds the limits %j', (limits, expected) => {
    const { HostConfig } = optionsOf({ ...api, limits })
    const { NanoCpus, Memory, MemorySwap } = HostConfig ?? {}
    const given = Object.entries({ NanoCpus, Memory, MemorySwap }).filter(([, value]) => value !== undefined)
    expect(Object.fromEntries(given)).toEqual(expected)
  })

  it('is known by its id and a fixed address in the network of the stack', () => {
    const { HostConfig, NetworkingConfig } = optionsOf(api)
    expect(HostConfig?.NetworkMode).toBe('n1')
    expect(NetworkingConfig?.EndpointsConfig).toEqual({
      n1: { Aliases: ['api-1'], IPAMConfig: { IPv4Address: '172.18.0.3' } },
    })
  })

  it('carries what later commands need, and what Compose groups containers by', () => {
    const labels = optionsOf(api).Labels ?? {}
    expect(labels).toMatchObject({
      'scalelab.stack': 'lb-3',
      'scalelab.node': 'api-1',
      'scalelab.order': '1',
      'scalelab.url_port': 'http',
      'com.docker.compose.project': 'scalelab-lb-3',
      'com.docker.compose.service': 'api-1',
      'com.docker.compose.container-number': '1',
      'com.docker.compose.oneoff': 'False',
    })
    expect(metaOf(labels)).toEqual(meta)
    expect(JSON.parse(labels['scalelab.spec'] ?? '')).toEqual(api)
  })
})

describe('a database server as a container', () => {
  const database: NodeSpec = {
    ...api,
    id: 'primary',
    role: 'database',
    program: postgres.program,
    env: { DATA: '{{data}}' },
    files: { pgpass: '*:*:*:replicator:{{secret replicator}}\n' },
    ports: { postgres: 5432 },
    readiness: { protocol: 'tcp', scheme: 'postgres', port: 'postgres', say: '00', hear: '52' },
  }

  it('runs boot.sh as root, and is stopped as PostgreSQL wants it', () => {
    const options = optionsOf(database)
    expect(options).toMatchObject({
      Image: 'postgres:18',
      Entrypoint: ['sh'],
      Cmd: ['/scalelab/boot.sh'],
      User: 'root',
      StopSignal: 'SIGINT',
      Env: ['DATA=/scalelab/data'],
    })
    expect(options.HostConfig?.ShmSize).toBe(268_435_456)
    expect(options.HostConfig).not.toHaveProperty('Mounts')
  })

  it('gets its passwords in files, and nothing that Docker shows holds one', () => {
    expect(filesOf(database, bookOf(database)).pgpass).toBe('*:*:*:replicator:password of replicator\n')
    expect(filesOf(database, bookOf(database))[SPEC_FILE]).toContain('{{secret replicator}}')
    expect(JSON.stringify(optionsOf(database))).not.toContain('password of')
    const leaky = { ...database, env: { PGPASSWORD: '{{secret replicator}}' } }
    expect(() => envOf(leaky, bookOf(leaky))).toThrow('only a file may hold')
  })

  it('is read by root alone where it holds a password, whatever program it is', () => {
    expect(holdsSecret(database)).toBe(true)
    expect(holdsSecret(api)).toBe(false)
    expect(optionsOf(api)).not.toHaveProperty('User')
    expect(optionsOf({ ...api, files: { 'databases.json': '{{secret ecomarket}}' } }).User).toBe('root')
  })
})

describe('references', () => {
  it('lead to other nodes by their fixed addresses', () => {
    const files = filesOf(balancer, bookOf(balancer))
    expect(files['nginx.conf']).toBe('server 172.18.0.3:8000;')
    expect(JSON.parse(files[SPEC_FILE] ?? '')).toEqual(balancer)
  })

  it('to what is not there are a mistake of the topology', () => {
    const lost = { ...api, env: { PEER: '{{address api-9 http}}' } }
    expect(() => envOf(lost, bookOf(lost))).toThrow('api-9')
    const portless = { ...api, env: { PORT: '{{port grpc}}' } }
    expect(() => envOf(portless, bookOf(portless))).toThrow('grpc')
  })
})

describe('a meta label that this version cannot read', () => {
  it.each([undefined, '', '{', '"text"', '{"name":"other"}'])('%j still names the stack', (text) => {
    const labels = { 'scalelab.stack': 'lb-3', ...(text === undefined ? {} : { 'scalelab.meta': text }) }
    expect(metaOf(labels)).toMatchObject({ name: 'lb-3', engine: 'docker', owner: 'kept' })
  })
})
