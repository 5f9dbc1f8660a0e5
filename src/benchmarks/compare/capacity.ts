import type { CapacityRecord } from '../../core/capacity.js'
import type { RunRecord } from '../../core/record.js'
import { ekm1 } from '../../stats/queueing/gim1.js'
import type { ResponseTime } from '../../stats/queueing/response-time.js'
import { type Run, withCommandLine } from '../command.js'
import { type Figure, info, median, within } from '../figure.js'

const SEARCHES = 3
const CLOSED_LOOPS = 3
const INSTANCES = 3
/** Mean service time of the calibrated model. */
const SERVICE_MS = 2
const BOUND_MS = 50

/**
 * The capacity of the calibrated model behind round robin for p99 < 50 ms, three times in a row, against the closed
 * loop's maximum times the utilisation that queueing theory leaves for that objective: behind round robin each of n instances gets every n-th of
 * Poisson arrivals, which makes it E_n/M/1.
 */
export async function capacity(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    const maxima: number[] = []
    for (let i = 1; i <= CLOSED_LOOPS; i++) maxima.push(await closedLoop(run, i))
    const maximum = median(maxima)
    const share = capacityFor(0.99, BOUND_MS, (rho) => ekm1(INSTANCES, rho, SERVICE_MS)) ?? 0
    const figures = [
      info(`lb-${INSTANCES}: closed loop, median of ${CLOSED_LOOPS}`, maximum, 'requests/s'),
      info(`E${INSTANCES}/M/1: utilisation at which p99 is ${BOUND_MS} ms`, share),
    ]
    for (let i = 1; i <= SEARCHES; i++) {
      const { capacity_rps: found, probes } = await search(run, i)
      const words = `lb-${INSTANCES}: capacity over maximum times theory, search ${i}`
      figures.push(within(words, (found ?? Number.NaN) / (maximum * share), 0.95, 1.05, 'x'))
      figures.push(info(`search ${i}: probes`, probes.length))
    }
    return figures
  })
}

async function closedLoop(run: Run, seed: number): Promise<number> {
  const load = ['--max', '--connections', '200', '--duration', '8s', '--warmup', '2s', '--seed', String(seed)]
  const text = await run('bench', `lb-${INSTANCES}`, '--engine', 'process', ...load, '--json')
  return (JSON.parse(text) as RunRecord).load.goodput_rps
}

async function search(run: Run, trial: number): Promise<CapacityRecord> {
  const slo = `p99<${BOUND_MS}ms,errors<0.1%`
  // Seeds far apart: those of a search's probes follow one another.
  const seed = String(1_000 * trial)
  return JSON.parse(
    await run('capacity', `lb-${INSTANCES}`, '--engine', 'process', '--slo', slo, '--seed', seed, '--json'),
  )
}

/**
 * The highest utilisation at which a quantile of the response time stays within a bound, by bisection: what queueing
 * theory leaves of the capacity for an objective such as p99 < 50 ms. For M/M/1 it is 1 - s ln(1 / (1 - q)) / bound.
 * @param share q of the quantile: 0.99 for p99
 * @param boundMs what the quantile must not exceed, in milliseconds
 * @param model the response time at a utilisation, growing with it: (rho) => mmc(3, rho, 2)
 * @returns 0 to below 1; null where an idle system misses the bound already
 */
export function capacityFor(
  share: number,
  boundMs: number,
  model: (utilisation: number) => ResponseTime,
): number | null {
  if (model(0).quantile(share) > boundMs) return null
  let [holds, misses] = [0, 1]
  for (let step = 0; step < 50; step++) {
    const middle = (holds + misses) / 2
    if (middle === 1) break
    if (model(middle).quantile(share) <= boundMs) holds = middle
    else misses = middle
  }
  return holds
}
