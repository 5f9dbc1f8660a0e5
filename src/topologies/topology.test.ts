import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BalancerConfig } from '../core/balancer-config.js'
import { DATABASE_ROLES } from '../core/databases-file.js'
import { MAX_REPLICAS, type StackParametersInput, stackParametersSchema } from '../core/parameters.js'
import { fillReferences } from '../core/references.js'
import { labErrorOf } from '../core/testing/thrown.js'
import { type NodeSpec, nodeOf, startOrder, type Topology } from '../core/topology.js'
import { workFromEnv } from '../core/work.js'
import { DIRECTIVES } from '../parts/nginx/config.js'
import { BALANCING_STRATEGIES } from '../strategies/balancing/registry.js'
import { topologyOf } from './topology.js'

type Decided = Partial<StackParametersInput> & { balancer?: 'nginx' | 'builtin' }

function topology({ balancer = 'builtin', ...input }: Decided): Topology {
  return topologyOf({ ...stackParametersSchema.parse({ kind: 'balanced', ...input }), balancer })
}

/** Every text of a node that may hold references. */
function textsOf({ env, files, program }: NodeSpec): string[] {
  return [...Object.values(env), ...Object.values(files), ...(program.kind === 'command' ? [program.command] : [])]
}

const decided: fc.Arbitrary<Decided> = fc
  .record({
    kind: fc.constantFrom('single' as const, 'balanced' as const, 'replicated' as const, 'sharded' as const),
    replicas: fc.integer({ min: 1, max: MAX_REPLICAS }),
    balancer: fc.constantFrom('nginx' as const, 'builtin' as const),
    strategy: fc.constantFrom(...BALANCING_STRATEGIES),
    weight: fc.option(fc.integer({ min: 1, max: 1_000 })),
    work: fc.constantFrom({ kind: 'model' as const }, { kind: 'cpu' as const, ms: 3 }, { kind: 'none' as const }),
    app: fc.constantFrom(null, { command: 'serve --host {host} {port}' }, { image: 'mine:1' }),
    port: fc.option(fc.integer({ min: 1, max: 65_535 })),
  })
  .map(({ strategy, weight, replicas, kind, ...rest }) => ({
    ...rest,
    kind,
    replicas: kind === 'single' ? 1 : replicas,
    strategy: strategy.name,
    weights: strategy.weighted && weight !== null ? Array<number>(replicas).fill(weight) : null,
  }))
  .map((parameters) => (parameters.kind === 'single' ? { ...parameters, weights: null } : parameters))
  .map((parameters) =>
    parameters.kind === 'replicated' ? { ...parameters, app: null, database: { standbys: 2 } } : parameters,
  )
  .map((parameters) =>
    parameters.kind === 'sharded' ? { ...parameters, app: null, sharding: { shards: 2 } } : parameters,
  )

describe('topologyOf', () => {
  it('gives, for any parameters, nodes that can be started and texts that can be filled in', () => {
    fc.assert(
      fc.property(decided, (parameters) => {
        const { nodes, entry } = topology(parameters)
        const ids = nodes.map((node) => node.id)
        expect(new Set(ids).size).toBe(ids.length)
        expect(entry.node).toBe(ids[0])
        expect(startOrder(nodes).flat()).toHaveLength(nodes.length)
        for (const node of nodes) {
          expect(node.ports).toHaveProperty(node.readiness.port)
          for (const published of Object.keys(node.publish)) expect(node.ports).toHaveProperty(published)
          const asked: string[] = []
          const book = {
            host: '127.0.0.1',
            dir: '/node',
            data: '/data',
            secret: (role: string) => {
              expect(Object.values(DATABASE_ROLES)).toContain(role)
              return 'hidden'
            },
            port: (name: string) => {
              expect(node.ports).toHaveProperty(name)
              return 4_711
            },
            address: (id: string, port: string) => {
              asked.push(id)
              expect(nodeOf({ nodes, entry }, id).ports).toHaveProperty(port)
              return 'there:80'
            },
          }
          for (const text of textsOf(node)) expect(fillReferences(text, book)).not.toMatch(/\{\{|\}\}/)
          // Whoever names another node waits for it; what has to do with databases tries until they are there.
          const waited = asked.filter((id) => nodeOf({ nodes, entry }, id).role !== 'database')
          expect(node.dependsOn).toEqual(expect.arrayContaining(waited))
          for (const id of node.dependsOn) expect(ids).toContain(id)
        }
      }),
    )
  })

  it('gives the same for the same parameters', () => {
    fc.assert(
      fc.property(decided, (parameters) => {
        expect(topology(parameters)).toEqual(topology(parameters))
      }),
    )
  })

  it('publishes the asked port at the entry alone', () => {
    fc.assert(
      fc.property(decided, (parameters) => {
        const [entry, ...others] = topology(parameters).nodes
        expect(entry?.publish).toEqual(parameters.port == null ? {} : { http: parameters.port })
        for (const node of others) expect(node.publish).toEqual({})
      }),
    )
  })

  it.each<[string, Decided, string, string]>([
    ['strategy', { strategy: 'round-robbin' }, 'unknown strategy "round-robbin"', 'Did you mean "round-robin"?'],
    ['strategy', { strategy: '' }, 'unknown strategy ""', 'Allowed: round-robin, weighted, least-conn, ip-hash'],
    [
      'weights of round robin',
      { weights: [3, 1], replicas: 2 },
      'the strategy round-robin takes no weights',
      'Use --strategy weighted',
    ],
    [
      'too few weights',
      { weights: [3, 1], replicas: 3, strategy: 'weighted' },
      '2 weights for 3 replicas',
      '--weights 1,1,1',
    ],
    [
      'too many weights',
      { weights: [3, 1], replicas: 1, strategy: 'ip-hash' },
      '2 weights for 1 replica',
      '--weights 1',
    ],
  ])('refuses a wrong %s', (_, parameters, message, hint) => {
    const error = labErrorOf(() => topology(parameters))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
  })
})

describe('single', () => {
  it('is one API instance, entered directly', () => {
    const { nodes, entry } = topology({ kind: 'single', port: 8_080 })
    expect(nodes).toHaveLength(1)
    expect(entry).toEqual({ node: 'api-1', port: 'http' })
    expect(nodes[0]).toMatchObject({
      role: 'api',
      program: { kind: 'bundle', bundle: 'api' },
      env: { INSTANCE_ID: 'api-1' },
      publish: { http: 8_080 },
      readiness: { path: '/ready', accept: 'ok' },
      limits: {},
    })
  })

  it('hands the work to the sample API so that it reads the same work', () => {
    const [api] = topology({ kind: 'single', work: { kind: 'model', workers: 3, mean_ms: 8, queue_limit: 9 } }).nodes
    expect(workFromEnv(api?.env ?? {})).toEqual({
      kind: 'model',
      workers: 3,
      distribution: 'exp',
      meanMs: 8,
      queueLimit: 9,
    })
  })

  it('holds limits, where there are any', () => {
    expect(topology({ kind: 'single', cpus: 0.5, memory_mib: 256 }).nodes[0]?.limits).toEqual({
      cpus: 0.5,
      memoryMiB: 256,
    })
  })

  it('runs an own command where it can be reached, without any work of ours', () => {
    const [node] = topology({ kind: 'single', app: { command: 'up {host} {port} {port}' }, app_ready: '/docs' }).nodes
    expect(node).toMatchObject({
      program: { kind: 'command', command: 'up {{host}} {{port http}} {{port http}}' },
      readiness: { path: '/docs', accept: 'answers' },
    })
    expect(Object.keys(node?.env ?? {}).toSorted()).toEqual(['HOST', 'INSTANCE_ID', 'PORT'])
  })

  it('runs an own image on the port that it listens on', () => {
    const [node] = topology({ kind: 'single', app: { image: 'mine:1' }, app_port: 3_000 }).nodes
    expect(node).toMatchObject({ program: { kind: 'image', image: 'mine:1' }, ports: { http: 3_000 } })
  })
})

describe.each(BALANCING_STRATEGIES)('balanced by $name', ({ name, weighted, algorithm }) => {
  const weights = weighted ? [3, 1, 2] : null
  const both = (['nginx', 'builtin'] as const).map((balancer) =>
    topology({ replicas: 3, strategy: name, weights, balancer }),
  )

  it('has the balancer in front of the instances, which come first when it starts', () => {
    for (const { nodes, entry } of both) {
      expect(nodes.map((node) => [node.id, node.role])).toEqual([
        ['balancer', 'balancer'],
        ['api-1', 'api'],
        ['api-2', 'api'],
        ['api-3', 'api'],
      ])
      expect(entry).toEqual({ node: 'balancer', port: 'http' })
      expect(startOrder(nodes).map((wave) => wave.length)).toEqual([3, 1])
    }
  })

  it('has the same instances whatever the balancer', () => {
    const [nginx, builtin] = both.map(({ nodes }) => nodes.slice(1))
    expect(nginx).toEqual(builtin)
  })

  it('tells nginx the strategy, and weights only where they have a meaning', () => {
    const conf = both[0]?.nodes[0]?.files['nginx.conf'] ?? ''
    expect(conf).toContain(`zone api 256k;\n${DIRECTIVES[algorithm]}    server`)
    const servers = [...conf.matchAll(/^ {4}server \{\{address (api-\d) http\}\}(?: weight=(\d+))? max_fails/gm)]
    expect(servers.map(([, id, weight]) => [id, weight])).toEqual([
      ['api-1', weighted ? '3' : undefined],
      ['api-2', undefined],
      ['api-3', weighted ? '2' : undefined],
    ])
  })

  it('tells the built-in balancer the same', () => {
    const config = JSON.parse(both[1]?.nodes[0]?.files['balancer.json'] ?? '') as BalancerConfig
    expect(config).toEqual({
      strategy: name,
      servers: [1, 2, 3].map((n) => ({
        id: `api-${n}`,
        address: `{{address api-${n} http}}`,
        weight: weights?.[n - 1] ?? 1,
      })),
      max_fails: 1,
      fail_timeout_ms: 10_000,
      connect_timeout_ms: 1_000,
    })
  })
})
