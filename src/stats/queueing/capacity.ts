import type { ResponseTime } from './response-time.js'

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
