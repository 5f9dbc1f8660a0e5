import { withCommandLine } from '../command.js'
import { atMost, type Figure, info, within } from '../figure.js'

interface Compared {
  comparisons: { metric: string; effect: number; interval: [number, number]; verdict: string }[]
  order: unknown[]
}

/** `compare single lb-3 --quick`, the whole command. */
export async function quick(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    const from = performance.now()
    const text = await run('compare', 'single', 'lb-3', '--quick', '--engine', 'process', '--json')
    const took = (performance.now() - from) / 1_000
    const { comparisons, order } = JSON.parse(text) as Compared
    const rate = comparisons.find(({ metric }) => metric === 'load.achieved_rps')
    return [
      atMost('compare single lb-3 --quick, the whole command', took, 180, 's'),
      info('blocks, those that made up for runs in doubt included', order.length),
      within('lb-3 against single: ratio of the achieved rates', rate?.effect ?? Number.NaN, 2.7, 3.15, 'x'),
      info(`its 95 % interval, lower end (verdict: ${rate?.verdict})`, rate?.interval[0] ?? Number.NaN, 'x'),
      info('upper end', rate?.interval[1] ?? Number.NaN, 'x'),
    ]
  })
}
