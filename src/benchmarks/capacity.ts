import type { RunRecord } from '../core/record.js'
import { withCommandLine } from './command.js'
import { atMost, type Figure, info, median, within } from './figure.js'

const TRIALS = 5
const LOAD = ['--engine', 'process', '--max', '--connections', '60', '--duration', '10s', '--warmup', '2s', '--json']

/** The calibrated model at its limit: one instance, and three behind a balancer, in turn. */
export async function capacity(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    const single: RunRecord[] = []
    const balanced: RunRecord[] = []
    for (let trial = 1; trial <= TRIALS; trial++) {
      const seed = ['--seed', String(trial)]
      single.push(JSON.parse(await run('bench', 'single', ...LOAD, ...seed)))
      balanced.push(JSON.parse(await run('bench', 'lb-3', ...LOAD, ...seed)))
    }
    const rate = (records: RunRecord[]): number => median(records.map((record) => record.load.achieved_rps))
    const p50 = (records: RunRecord[]): number =>
      median(records.map((record) => record.latency.response_ms.p50 ?? Number.NaN))
    const deviation = Math.max(...balanced.map((record) => record.distribution.max_deviation ?? 1))
    return [
      within(`single: capacity, median of ${TRIALS}`, rate(single), 475, 525, 'requests/s'),
      info('single: p50', p50(single), 'ms'),
      info(
        `lb-3 behind ${balanced[0]?.nodes[0]?.program}: capacity, median of ${TRIALS}`,
        rate(balanced),
        'requests/s',
      ),
      info('lb-3: p50', p50(balanced), 'ms'),
      within('lb-3 against three times single', rate(balanced) / (3 * rate(single)), 0.95, 1.05, 'x'),
      atMost('lb-3, round robin: largest deviation from a third, of all trials', deviation * 100, 1, '%'),
    ]
  })
}
