import { equal, type Figure, within } from './figure.js'
import { generate, responseBetween } from './generate.js'
import { ServerProcess } from './server-process.js'

/** On the run clock: warm-up to 1 s, outage from 4 s for a little over 1 s, and half a second to catch up. */
const OUTAGE_AT_MS = 4_000
const RECOVERED_MS = 6_000
const END_MS = 10_000

/** A server that is gone for a second: later figures are those from before, and every request it took along is lost once. */
export async function outage(): Promise<Figure[]> {
  const server = await ServerProcess.start()
  try {
    let struck = false
    const { result, ticks } = await generate(
      server.origin,
      { rps: 1_000, durationMs: END_MS - 1_000, connections: 50 },
      (tick) => {
        if (!struck && tick.to >= OUTAGE_AT_MS) server.tell({ type: 'outage', forMs: 1_000 })
        struck ||= tick.to >= OUTAGE_AT_MS
      },
    )
    const before = responseBetween(ticks, 1_000, OUTAGE_AT_MS)
    const after = responseBetween(ticks, RECOVERED_MS, END_MS)
    const { arrivals, answers } = await server.counts()
    const { due, ok, http_error, lost, unfinished } = result.ledger
    return [
      within(
        '1 s outage: p50 after it against before',
        (after.p50 ?? Number.NaN) / (before.p50 ?? Number.NaN),
        0.5,
        1.5,
        'x',
      ),
      within(
        '1 s outage: p99 after it against before',
        (after.p99 ?? Number.NaN) / (before.p99 ?? Number.NaN),
        0,
        10,
        'x',
      ),
      equal('1 s outage: lost requests, against those the server left unanswered', lost, arrivals - answers),
      equal('1 s outage: due requests that ended in one class each', ok + http_error + lost + unfinished, due),
    ]
  } finally {
    await server.stop()
  }
}
