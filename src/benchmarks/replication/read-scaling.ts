import type { RunRecord } from '../../core/record.js'
import { withCommandLine } from '../command.js'
import { type Figure, info, median, within } from '../figure.js'

const TRIALS = 3

/** Claim 7: reads over two standbys against the same reads from the primary, every server of a stated, equal capacity. */
export async function readScaling(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    const rates: Record<'primary' | 'standbys', number[]> = { primary: [], standbys: [] }
    for (let trial = 0; trial < TRIALS; trial++) {
      for (const reads of ['primary', 'standbys'] as const) {
        const text = await run('bench', 'repl-reads', '--engine', 'process', '--reads', reads, '--json')
        rates[reads].push((JSON.parse(text) as RunRecord).load.achieved_rps)
      }
    }
    const [one, two] = [median(rates.primary), median(rates.standbys)]
    return [
      info(`reads from the primary, median of ${TRIALS}`, one, 'requests/s'),
      info(`reads over two standbys, median of ${TRIALS}`, two, 'requests/s'),
      within('two standbys against one server', two / one, 1.8, 2.2, 'x'),
    ]
  })
}
