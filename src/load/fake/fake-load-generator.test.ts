import { describe, expect, it } from 'vitest'
import type { Workload } from '../../core/load.js'
import { Histogram } from '../../stats/histogram.js'
import type { Journal, LoadTick } from '../port.js'
import { loadContract } from '../testing/load-contract.js'
import { createFakeLoadGenerator, type FakeLoadOptions } from './fake-load-generator.js'

const inTurn = <T>(values: readonly T[], k: number, fallback: T): T => values[k % values.length] ?? fallback

loadContract('fake', async ({ serviceMs, statuses, instances }) => ({
  generator: createFakeLoadGenerator({
    serviceMs: () => serviceMs,
    status: (k) => inTurn(statuses, k, 200),
    instances,
  }),
  target: { origin: 'http://fake.test', requests: [{ method: 'GET', path: '/', headers: [] }] },
  close: async () => {},
}))

describe('fake load generator', () => {
  async function play(seed: number) {
    const ticks: LoadTick[] = []
    const result = await createFakeLoadGenerator({ loss: (k) => (k % 100 === 7 ? 'reset' : null), originNs: 5n }).run({
      load: {
        mode: 'open',
        arrival: 'poisson',
        stages: [{ durationMs: 20_000, rps: 300 }],
        warmupMs: 1_000,
        connections: 20,
        timeoutMs: 1_000,
        generators: 'auto',
        clients: 0,
        seed,
        workload: null,
      },
      target: { origin: 'http://fake.test', requests: [] },
      signal: new AbortController().signal,
      drainMs: 1_000,
      onStart: (originNs) => expect(originNs).toBe(5n),
      onTick: (tick) => ticks.push(tick),
      tickMs: 500,
    })
    return { result, ticks }
  }

  it('gives the same for the same seed, and takes no time', async () => {
    const before = performance.now()
    const first = await play(1)
    expect(await play(1)).toEqual(first)
    expect((await play(2)).result.response).not.toBe(first.result.response)
    expect(performance.now() - before).toBeLessThan(15_000)
  })

  async function work(consistency: Workload['consistency'], more: FakeLoadOptions = {}): Promise<Journal> {
    const { journal } = await createFakeLoadGenerator({ originNs: 0n, ...more }).run({
      load: {
        mode: 'open',
        arrival: 'poisson',
        stages: [{ durationMs: 5_000, rps: 500 }],
        warmupMs: 1_000,
        connections: 20,
        timeoutMs: 1_000,
        generators: 'auto',
        clients: 0,
        seed: 3,
        workload: {
          mix: [
            { kind: 'read', weight: 60 },
            { kind: 'write', weight: 30 },
            { kind: 'stock', weight: 10 },
          ],
          keys: { distribution: 'zipf', count: 50, exponent: 1 },
          consistency,
          run: 'run-1',
        },
      },
      target: { origin: 'http://fake.test', requests: [] },
      signal: new AbortController().signal,
      drainMs: 1_000,
      onStart: () => {},
      onTick: () => {},
      tickMs: 500,
    })
    if (journal === null) throw new Error('no journal')
    return journal
  }

  it('keeps a journal of standbys that lag, the same each time', async () => {
    const journal = await work('eventual')
    expect(await work('eventual')).toEqual(journal)
    // 30 % of 500/s, over 6 s.
    expect(journal.writes.length).toBeGreaterThan(700)
    expect(journal.writes.length).toBeLessThan(1_100)
    expect(new Set(journal.writes.map(({ outcome }) => outcome))).toEqual(new Set(['acknowledged']))
    expect(Object.keys(journal.nodes).sort()).toEqual(['primary', 'standby-1', 'standby-2'])
    expect(journal.nodes.primary?.read).toBeUndefined()
    expect(journal.reads.stale).toBeGreaterThan(0)
    expect(journal.reads.stale).toBeLessThan(journal.reads.checked / 2)
    // A read is sent within the lag of 5 ms after the write that it misses.
    expect(Histogram.decode(journal.reads.age).percentiles().max ?? 0).toBeLessThan(5.1)
  })

  it('keeps a journal of shards, each with users of its own', async () => {
    const shards = ['shard-1', 'shard-2']
    const journal = await work('default', { database: { primary: '', standbys: [], lagMs: 0, shards } })
    expect(Object.keys(journal.nodes).sort()).toEqual(shards)
    expect(Object.keys(journal.latency).sort()).toEqual(shards)
    expect(journal.reads).toMatchObject({ stale: 0, backwards: 0 })
  })

  it.each(['strong', 'read-your-writes'] as const)('misses nothing with %s reads', async (consistency) => {
    const { reads } = await work(consistency)
    expect(reads).toMatchObject({ stale: 0, backwards: 0 })
    expect(reads.checked).toBeGreaterThan(1_000)
  })

  it('does not know what became of a lost write', async () => {
    const { writes, failures } = await work('eventual', { loss: (k) => (k % 100 === 7 ? 'reset' : null) })
    const unknown = writes.filter(({ outcome }) => outcome === 'unknown')
    expect(unknown.length).toBeGreaterThan(2)
    expect(unknown.every(({ key }) => key.endsWith('07'))).toBe(true)
    expect(failures).toHaveLength(30)
  })

  it('loses what it is told to', async () => {
    const { result } = await play(1)
    expect(result.ledger.lost).toBeGreaterThan(50)
    expect(result.losses).toEqual({ reset: result.ledger.lost })
  })
})
