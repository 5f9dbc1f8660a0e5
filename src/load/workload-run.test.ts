import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Load, Workload } from '../core/load.js'
import { Histogram } from '../stats/histogram.js'
import { createLoadGenerator } from './child-process-generator.js'
import type { Journal, LoadResult, LoadTick } from './port.js'
import { buildChildEntry } from './testing/child-entry.js'
import { expectBooksToBalance } from './testing/load-contract.js'
import { type Lies, startRegisterServer, type Truth } from './testing/register-server.js'

// A workload through the real generator processes, against registers that are honest, that fail, and that lie.

let child: Awaited<ReturnType<typeof buildChildEntry>>
beforeAll(async () => {
  child = await buildChildEntry()
})
afterAll(() => child.remove())

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function serve(lies: Lies = {}, shards = 0): Promise<{ origin: string; truth: Truth }> {
  const { origin, truth, close } = await startRegisterServer(lies, shards)
  cleanups.push(close)
  return { origin, truth }
}

const WORKLOAD: Workload = {
  mix: [
    { kind: 'read', weight: 60 },
    { kind: 'write', weight: 40 },
  ],
  keys: { distribution: 'uniform', count: 5, exponent: 1 },
  consistency: 'default',
  run: 'run-1',
}

/** One client that waits for every answer, unless told otherwise: what it finds can be counted by the server as well. */
async function work(
  origin: string,
  workload: Partial<Workload> = {},
  load: Partial<Load> = {},
): Promise<{ result: LoadResult; journal: Journal; ticks: LoadTick[] }> {
  const ticks: LoadTick[] = []
  const result = await createLoadGenerator({ nodeBinary: process.execPath, childEntry: child.childEntry }).run({
    load: {
      mode: 'closed',
      durationMs: 700,
      warmupMs: 100,
      connections: 1,
      timeoutMs: 2_000,
      generators: 1,
      clients: 0,
      seed: 1,
      workload: { ...WORKLOAD, ...workload },
      ...load,
    } as Load,
    target: { origin, requests: [{ method: 'GET', path: '/', headers: [] }] },
    signal: new AbortController().signal,
    drainMs: 1_000,
    tickMs: 100,
    onStart: () => {},
    onTick: (tick) => ticks.push(tick),
  })
  expectBooksToBalance(result, ticks)
  const { journal } = result
  if (journal === null) throw new Error('no journal')
  // Whatever happens, ticks tell of every write that the journal has.
  const inTicks = ticks.flatMap((tick) => tick.journal?.writes ?? [])
  expect(inTicks.map(({ key }) => key).sort()).toEqual(journal.writes.map(({ key }) => key).sort())
  return { result, journal, ticks }
}

const keysOf = ({ writes }: Journal, ...outcomes: string[]): Set<string> =>
  new Set(writes.filter(({ outcome }) => outcomes.includes(outcome)).map(({ key }) => key))

describe('a workload', () => {
  it('finds nothing wrong with honest registers, whoever asks and in whatever order', async () => {
    const { origin, truth } = await serve()
    const mix = (['read', 'write', 'order', 'browse', 'stock'] as const).map((kind) => ({ kind, weight: 1 }))
    const { result, journal } = await work(origin, { mix }, { connections: 20, generators: 2 })
    expect(result.generators).toBe(2)
    expect(journal.reads).toMatchObject({ stale: 0, backwards: 0 })
    expect(journal.reads.checked).toBeGreaterThan(10)
    expect(journal.failures).toEqual([])
    // Exactly what arrived, each once: no key is used twice.
    expect(keysOf(journal, 'acknowledged')).toEqual(truth.arrived)
    expect(journal.writes).toHaveLength(truth.arrived.size)
    expect(journal.nodes).toEqual({ primary: truth.answers })
    expect(journal.writes.every(({ node, status }) => node === 'primary' && status === 200)).toBe(true)
  })

  it('keeps apart what each shard answered, and what several gathered', async () => {
    const { origin, truth } = await serve({ fails: (n) => (n % 5 === 4 ? 'refused' : null) }, 3)
    const mix = (['read', 'write', 'order', 'browse', 'list', 'transfer'] as const).map((kind) => ({ kind, weight: 1 }))
    const { journal, ticks } = await work(origin, { mix }, { connections: 4, generators: 2 })
    expect(journal.nodes).toEqual(truth.byNode)
    expect(Object.keys(journal.nodes).sort()).toEqual(['shard-1', 'shard-2', 'shard-3'])
    expect(journal.gathered).toBe(truth.answers.list)
    expect(journal.reads).toMatchObject({ stale: 0, backwards: 0 })
    expect(keysOf(journal, 'acknowledged')).toEqual(truth.done)
    expect(new Set(journal.writes.map(({ kind }) => kind))).toEqual(new Set(['write', 'order', 'transfer']))
    const refused = (node: string): number =>
      journal.writes.filter((write) => write.node === node && write.status === 503).length
    for (const [node, kinds] of Object.entries(truth.byNode)) {
      const answers = Object.values(kinds).reduce((sum, count) => sum + count, 0)
      const { count, max } = Histogram.decode(journal.latency[node] ?? '').percentiles()
      expect(count).toBe(answers - refused(node))
      expect(max ?? 0).toBeGreaterThan(0)
      const inTicks = ticks.flatMap((tick) => tick.journal?.latency[node] ?? [])
      expect(inTicks.reduce((sum, latency) => sum + Histogram.decode(latency).count, 0)).toBe(count)
    }
  })

  it('finds each acknowledged write that is lost, and each read that is old', async () => {
    const { origin, truth } = await serve({ loses: (n) => n % 5 === 3, isOld: (n) => n % 7 === 2 })
    const { journal } = await work(origin)
    expect(truth.stale).toBeGreaterThan(20)
    expect(truth.backwards).toBeGreaterThan(5)
    expect(journal.reads).toMatchObject({
      checked: truth.checked,
      stale: truth.stale,
      backwards: truth.backwards,
    })
    const ages = Histogram.decode(journal.reads.age).percentiles()
    expect(ages.count).toBe(truth.stale)
    expect(ages.max ?? Number.NaN).toBeLessThan(5_000)
    // Held against the data, the journal names the lost ones.
    const lost = [...keysOf(journal, 'acknowledged')].filter((key) => !truth.done.has(key))
    expect(lost).toHaveLength(truth.arrived.size - truth.done.size)
    expect(lost.length).toBeGreaterThan(10)
  })

  it('never takes for done what may not be, nor for refused what may be', async () => {
    const ways = ['refused', 'unknown', 'error', 'reset-before', 'reset-after'] as const
    const { origin, truth } = await serve({ fails: (n) => (n % 4 === 1 ? (ways[(n >> 2) % 5] ?? null) : null) })
    const { journal } = await work(origin, {}, { connections: 8 })
    const [acknowledged, refused, unknown] = [
      keysOf(journal, 'acknowledged'),
      keysOf(journal, 'refused'),
      keysOf(journal, 'unknown'),
    ]
    expect(new Set([...acknowledged, ...refused, ...unknown])).toEqual(truth.arrived)
    expect(journal.writes).toHaveLength(truth.arrived.size)
    for (const key of acknowledged) expect(truth.done.has(key)).toBe(true)
    for (const key of refused) expect(truth.done.has(key)).toBe(false)
    const unknownAndDone = [...unknown].filter((key) => truth.done.has(key))
    expect(unknownAndDone.length).toBeGreaterThan(0)
    expect(unknownAndDone.length).toBeLessThan(unknown.size)
    const causes = new Set(journal.failures.map(({ cause }) => cause))
    expect([...causes].sort()).toEqual(['http 502', 'http 503', 'reset'])
    // A write that failed may be seen or not: no read is wrong.
    expect(journal.reads).toMatchObject({ stale: 0, backwards: 0 })
  })

  it('asks to read its own writes', async () => {
    const { origin, truth } = await serve()
    await work(origin, { consistency: 'read-your-writes' })
    const own = truth.reads.filter(({ lastLsn }) => lastLsn !== undefined)
    expect(own.length).toBeGreaterThan(50)
    for (const { after, lastLsn } of own) expect(after).toBe(lastLsn)
    expect(new Set(truth.reads.map(({ consistency }) => consistency))).toEqual(new Set(['read-your-writes']))
  })

  it('goes on from where an earlier run on the same data was', async () => {
    const { origin, truth } = await serve()
    await work(origin, {}, { durationMs: 500 } as Partial<Load>)
    const first = truth.versions.length
    const { journal } = await work(origin, { run: 'run-2' }, { durationMs: 500 } as Partial<Load>)
    expect(journal.reads).toMatchObject({ stale: 0, backwards: 0 })
    expect(Math.min(...truth.versions.slice(first))).toBeGreaterThan(Math.max(...truth.versions.slice(0, first)))
    expect(Math.max(...truth.versions)).toBeLessThan(Number.MAX_SAFE_INTEGER)
  })

  it('is known to be sent or not: without an answer, and waiting when the run ends', async () => {
    const { origin, truth } = await serve({ hangs: (n) => n >= 10 })
    const stages = [{ durationMs: 500, rps: 100 }]
    const load = { mode: 'open', arrival: 'uniform', stages, timeoutMs: 450, connections: 3 } as Partial<Load>
    const { journal } = await work(origin, { mix: [{ kind: 'write', weight: 1 }] }, load)
    // 100/s over 600 ms.
    expect(journal.writes).toHaveLength(60)
    expect(keysOf(journal, 'acknowledged').size).toBe(10)
    expect(keysOf(journal, 'unknown').size).toBe(truth.arrived.size - 10)
    expect(keysOf(journal, 'refused').size).toBe(60 - truth.arrived.size)
    for (const key of keysOf(journal, 'refused')) expect(truth.arrived.has(key)).toBe(false)
    expect(new Set(journal.failures.map(({ cause }) => cause))).toEqual(
      new Set(['timeout', 'unfinished', 'never sent']),
    )
  })
})
