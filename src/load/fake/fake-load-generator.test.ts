import { describe, expect, it } from 'vitest'
import type { LoadTick } from '../port.js'
import { loadContract } from '../testing/load-contract.js'
import { createFakeLoadGenerator } from './fake-load-generator.js'

const inTurn = <T>(values: readonly T[], k: number, fallback: T): T => values[k % values.length] ?? fallback

loadContract('fake', async ({ serviceMs, statuses, instances }) => ({
  generator: createFakeLoadGenerator({
    serviceMs: () => serviceMs,
    status: (k) => inTurn(statuses, k, 200),
    instances,
  }),
  target: { origin: 'http://fake.test', requests: [{ method: 'GET', path: '/', headers: {} }] },
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

  it('loses what it is told to', async () => {
    const { result } = await play(1)
    expect(result.ledger.lost).toBeGreaterThan(50)
    expect(result.losses).toEqual({ reset: result.ledger.lost })
  })
})
