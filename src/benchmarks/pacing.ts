import { atMost, below, type Figure, median, within } from './figure.js'
import { generate } from './generate.js'
import { ServerProcess } from './server-process.js'

const RPS = 1_500
const CONNECTIONS = 100
const ROUNDS = 3

/**
 * Whether requests leave evenly (autocannon's own rate mode sends up to 344 in one 10 ms bucket here), and whether a
 * server that stands still 1 s in every 5 is seen as it is: wrk2 says p50 2, p90 539, p99 956 ms of it.
 */
export async function pacing(): Promise<Figure[]> {
  return [...(await evenness()), ...(await freezes())]
}

async function evenness(): Promise<Figure[]> {
  const server = await ServerProcess.start()
  try {
    const buckets: number[] = []
    const rates: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      let counting = false
      const { result } = await generate(
        server.origin,
        { rps: RPS, durationMs: 4_000, connections: CONNECTIONS },
        (tick) => {
          if (!counting && tick.to >= 1_000) server.tell({ type: 'count-from-now' })
          counting ||= tick.to >= 1_000
        },
      )
      buckets.push((await server.counts()).largestBucket)
      rates.push(result.achievedRps)
    }
    // When the machine stands still for a moment, what was due meanwhile comes at once: the best round says how the
    // generator paces. A burst of its own making would be in every round.
    const best = Math.min(...buckets)
    return [
      atMost(`1,500/s uniform: most arrivals in 10 ms, best of ${ROUNDS} (median ${median(buckets)})`, best, 40),
      within(`1,500/s uniform: achieved rate, median of ${ROUNDS}`, median(rates), 1_485, 1_515, '/s'),
    ]
  } finally {
    await server.stop()
  }
}

async function freezes(): Promise<Figure[]> {
  const server = await ServerProcess.start()
  try {
    server.tell({ type: 'freeze', everyMs: 5_000, forMs: 1_000 })
    const { response } = await generate(server.origin, { rps: RPS, durationMs: 20_000, connections: CONNECTIONS })
    const value = (ms: number | null): number => ms ?? Number.NaN
    return [
      below('server freezes 1 s in every 5: p50', value(response.p50), 5, 'ms'),
      within('server freezes 1 s in every 5: p90', value(response.p90), 520, 560, 'ms'),
      within('server freezes 1 s in every 5: p99', value(response.p99), 940, 1_000, 'ms'),
    ]
  } finally {
    await server.stop()
  }
}
