import { readdir, readFile, readlink } from 'node:fs/promises'
import { get } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NodeSpec, Topology } from '../../core/topology.js'
import { nginx } from '../../parts/nginx/nginx.js'
import { testNode } from '../testing/test-node.js'
import { lackOf } from './programs.js'
import { type TestMachine, testMachine, upRequest } from './testing/test-machine.js'

const required = process.env.SCALELAB_REQUIRE === '1'

const config = (servers: string): string => `daemon off;
worker_processes 2;
pid {{dir}}/nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
  client_body_temp_path {{dir}}/body;
  proxy_temp_path {{dir}}/proxy;
  fastcgi_temp_path {{dir}}/fastcgi;
  uwsgi_temp_path {{dir}}/uwsgi;
  scgi_temp_path {{dir}}/scgi;
  upstream api { ${servers} }
  server {
    listen {{host}}:{{port http}};
    location / { proxy_pass http://api; }
    location = /ready { return 204; }
  }
}
`
const apis = [
  testNode('api-1', { kind: 'bundle', bundle: 'api' }),
  testNode('api-2', { kind: 'bundle', bundle: 'api' }),
]
const balancer: NodeSpec = {
  ...testNode('lb', nginx.program, { dependsOn: ['api-1', 'api-2'] }),
  env: {},
  files: { 'nginx.conf': config('server {{address api-1 http}};') },
}
const topology: Topology = { nodes: [balancer, ...apis], entry: { node: 'lb', port: 'http' } }

const places = { nodesDir: '', nodeBinary: '', path: process.env.PATH ?? '', serverBin: undefined, cache: '' }
const present = (await lackOf({ ...topology, nodes: [balancer] }, places)) === undefined

let machine: TestMachine
beforeAll(async () => {
  machine = await testMachine()
})
afterAll(() => machine.cleanup())

function body(url: string | null | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    get(`${url}/id`, { agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    }).on('error', reject)
  })
}

/** nginx writes over its environment, so its processes are counted by where they run. */
async function processesIn(folder: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')))
  return places.filter((place) => place.startsWith(folder)).length
}

it.skipIf(!present && !required)('runs nginx, reloads it, and ends it whole, its master dead or not', async () => {
  const stack = await machine.engine().up(upRequest('nginx', topology))
  const entry = async () => (await stack.nodes())[0]
  const folder = machine.folders.nodeFolder('nginx', 'lb')
  expect(await body((await entry())?.url)).toBe('api-1')
  expect((await stack.software()).nginx).toMatch(/^\d+\.\d+/)
  expect(await processesIn(folder)).toBe(3)

  const handle = (await entry())?.handle
  await stack.reload({ ...balancer, files: { 'nginx.conf': config('server {{address api-2 http}};') } })
  await expect.poll(async () => body((await entry())?.url)).toBe('api-2')
  expect((await entry())?.handle).toBe(handle)
  expect(await readFile(`${folder}/log`, 'utf8')).toContain('reconfiguring')
  expect((await stack.usage()).find(({ id }) => id === 'lb')?.memoryBytes).toBeGreaterThan(1_024 * 1_024)

  await stack.pause('lb')
  expect((await entry())?.state).toBe('paused')
  await stack.resume('lb')
  // The old worker, frozen before it could leave, may take one more request.
  await expect.poll(async () => body((await entry())?.url)).toBe('api-2')

  // The master dies alone: its workers are still the node's, and a new master could not have their port.
  process.kill(Number(handle?.replace('pid ', '')), 'SIGKILL')
  await expect.poll(async () => (await entry())?.state).toBe('running')
  await stack.restart('lb')
  expect(await body((await entry())?.url)).toBe('api-2')
  await stack.kill('lb')
  expect(await processesIn(folder)).toBe(0)
  await stack.down()
  expect(await machine.leftovers('nginx')).toEqual([])
})

it.skipIf(!present && !required)('shows what nginx has against its configuration', async () => {
  const broken = { ...balancer, files: { 'nginx.conf': config('servers {{address api-1 http}};') } }
  await expect(
    machine.engine().up(upRequest('broken', { ...topology, nodes: [broken, ...apis] })),
  ).rejects.toMatchObject({
    message: expect.stringContaining('lb ended before it was ready (exit code 1)'),
    details: [expect.stringContaining('unknown directive "servers"')],
  })
  expect(await machine.leftovers('broken')).toEqual([])
})
