import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { NodeStatus, NodeUsage } from '../core/stack.js'
import { healthProbe } from './health.js'
import { hostProbe, parseProcStat } from './host.js'
import type { ProbeContext } from './port.js'
import { runProbes } from './registry.js'
import { usageProbe } from './usage.js'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function context(change: Partial<ProbeContext> = {}): ProbeContext {
  return {
    nodes: async () => [],
    usage: async () => [],
    databases: async () => [],
    shards: async () => [],
    signal: new AbortController().signal,
    ...change,
  }
}

function node(id: string, url: string | null, role: NodeStatus['role'] = 'api'): NodeStatus {
  return { id, role, state: 'running', url, handle: 'pid 1', internalAddresses: [] }
}

describe('health', () => {
  const answer = (status: number) => serve((_, response) => response.writeHead(status).end('{}'))

  it.each([
    [200, 1],
    [204, 1],
    [503, 0.5],
    [429, 0.5],
  ])('of a node that answers %d is %d', async (status, value) => {
    const url = await answer(status)
    const readings = await healthProbe().read(context({ nodes: async () => [node('api-1', url)] }))
    expect(readings).toEqual([{ kind: 'node.health', node: 'api-1', value, unit: '' }])
  })

  it('asks /health of the API nodes alone, on a new connection each time', async () => {
    const asked: (string | undefined)[] = []
    const ports = new Set<number | undefined>()
    const url = await serve((request, response) => {
      asked.push(request.url)
      ports.add(request.socket.remotePort)
      response.end()
    })
    const probe = healthProbe()
    const nodes = async () => [node('balancer', 'http://127.0.0.1:1', 'balancer'), node('api-1', url)]
    await probe.read(context({ nodes }))
    expect(await probe.read(context({ nodes }))).toHaveLength(1)
    expect(asked).toEqual(['/health', '/health'])
    expect(ports.size).toBe(2)
  })

  it.each([404, 401, 500])('is not read of a node without such a page, which answers %d', async (status) => {
    const url = await answer(status)
    expect(await healthProbe().read(context({ nodes: async () => [node('api-1', url)] }))).toEqual([])
  })

  it('of nodes that do not answer is 0, and they do not hold up the others', async () => {
    const hanging = await serve(() => undefined)
    const resetting = await serve((request) => request.socket.destroy())
    const good = await answer(200)
    const gone = await answer(200)
    await new Promise((resolve) => servers.pop()?.close(resolve))
    const nodes = [hanging, resetting, gone, null, good].map((url, n) => node(`api-${n + 1}`, url))
    const readings = await healthProbe().read(context({ nodes: async () => nodes }))
    expect(readings.map(({ node: id, value }) => [id, value])).toEqual([
      ['api-1', 0],
      ['api-2', 0],
      ['api-3', 0],
      ['api-4', 0],
      ['api-5', 1],
    ])
  })

  it('ends at once when the run ends', async () => {
    const hanging = await serve(() => undefined)
    const stop = new AbortController()
    const reading = healthProbe().read(context({ nodes: async () => [node('api-1', hanging)], signal: stop.signal }))
    await pause(20)
    const before = performance.now()
    stop.abort()
    await reading
    // Its own time-out is 900 ms.
    expect(performance.now() - before).toBeLessThan(700)
  })

  it('is not read while the engine cannot say what there is', async () => {
    const nodes = () => Promise.reject(new Error('no daemon'))
    expect(await healthProbe().read(context({ nodes }))).toEqual([])
  })
})

describe('host', () => {
  it('reads the first line of /proc/stat', () => {
    const text = 'cpu  100 20 30 800 50 3 7 40 5 0\ncpu0 1 1 1 1 1 1 1 1 0 0\nintr 1\n'
    expect(parseProcStat(text).machine).toEqual({ total: 1_050, busy: 200, steal: 40 })
  })

  it('does without the columns that an old kernel lacks', () => {
    expect(parseProcStat('cpu 10 0 10 80').machine).toEqual({ total: 100, busy: 20, steal: 0 })
    expect(parseProcStat('').machine).toEqual({ total: 0, busy: 0, steal: 0 })
  })

  it('counts every column once: busy and total never shrink while the columns grow', () => {
    const columns = fc.array(fc.nat(1e9), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(columns, columns, (before, more) => {
        const line = (values: number[]) => parseProcStat(`cpu  ${values.join(' ')} 0 0\n`).machine
        const [then, now] = [line(before), line(before.map((value, i) => value + (more[i] ?? 0)))]
        expect(now.total - then.total).toBe(more.reduce((sum, value) => sum + value, 0))
        expect(now.busy - then.busy).toBeLessThanOrEqual(now.total - then.total)
        expect((now.steal ?? 0) - (then.steal ?? 0)).toBeLessThanOrEqual(now.busy - then.busy)
      }),
    )
  })

  it.each([
    ['/proc', process.platform === 'linux' ? ['host.cpu_share', 'host.steal_share'] : ['host.cpu_share']],
    ['/no/such/folder', ['host.cpu_share']],
  ])('gives shares since the last read of %s, and nothing the first time', async (proc, kinds) => {
    const probe = hostProbe(1_000, { proc, cgroup: '/no/such/folder' })
    expect(await probe.read(context())).toEqual([])
    const end = performance.now() + 60
    while (performance.now() < end) Math.sqrt(end)
    const readings = await probe.read(context())
    expect(readings.map(({ kind }) => kind)).toEqual(kinds)
    for (const { value } of readings) {
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThanOrEqual(1)
    }
    // This very loop kept a processor busy.
    expect(readings[0]?.value).toBeGreaterThan(0)
  })
})

describe('usage', () => {
  /** A probe whose clock and engine read what the test says. */
  function usages() {
    let at = 0
    let current: NodeUsage[] | Error = []
    const probe = usageProbe(() => at)
    return async (ms: number, usage: NodeUsage[] | Error) => {
      at = ms
      current = usage
      const readings = await probe.read(
        context({ usage: async () => (current instanceof Error ? Promise.reject(current) : current) }),
      )
      return readings.map((reading) => `${reading.node} ${reading.kind} ${reading.value} ${reading.unit}`)
    }
  }
  const MiB = 2 ** 20

  it('gives the processor share since the last read, and memory each time', async () => {
    const read = usages()
    const one = (cpuSeconds: number) => [{ id: 'api-1', cpuSeconds, memoryBytes: 64 * MiB }]
    expect(await read(1_000, one(10))).toEqual(['api-1 node.memory_mib 64 MiB'])
    expect(await read(3_000, one(11))).toEqual(['api-1 node.memory_mib 64 MiB', 'api-1 node.cpu_percent 50 %'])
    expect(await read(4_000, one(13))).toEqual(['api-1 node.memory_mib 64 MiB', 'api-1 node.cpu_percent 200 %'])
    expect(await read(5_000, one(13))).toEqual(['api-1 node.memory_mib 64 MiB', 'api-1 node.cpu_percent 0 %'])
  })

  it('starts anew for a node that was started again, came back or is new', async () => {
    const read = usages()
    const use = (id: string, cpuSeconds: number) => ({ id, cpuSeconds, memoryBytes: MiB })
    await read(1_000, [use('api-1', 10), use('api-2', 10)])
    expect(await read(2_000, [use('api-1', 0.25), use('api-3', 5)])).toEqual([
      'api-1 node.memory_mib 1 MiB',
      'api-3 node.memory_mib 1 MiB',
    ])
    expect(await read(3_000, [use('api-1', 0.75), use('api-2', 11)])).toEqual([
      'api-1 node.memory_mib 1 MiB',
      'api-1 node.cpu_percent 50 %',
      'api-2 node.memory_mib 1 MiB',
    ])
  })

  it('gives nothing for a read that failed, and no share over no time', async () => {
    const read = usages()
    const one = [{ id: 'api-1', cpuSeconds: 1, memoryBytes: MiB }]
    expect(await read(1_000, new Error('no daemon'))).toEqual([])
    expect(await read(2_000, one)).toEqual(['api-1 node.memory_mib 1 MiB'])
    expect(await read(2_000, one)).toEqual(['api-1 node.memory_mib 1 MiB'])
  })
})

describe('the probes of a run', () => {
  it('have names of their own and intervals that a machine can keep', () => {
    const probes = runProbes(() => 0)
    expect(probes.map(({ name }) => name)).toEqual(['host', 'health', 'usage', 'databases', 'shards', 'heartbeat'])
    for (const { intervalMs } of probes) expect(intervalMs).toBeGreaterThanOrEqual(100)
  })
})
