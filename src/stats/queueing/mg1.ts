import { checkedUtilisation } from './response-time.js'

/**
 * The mean response time of M/G/1 in milliseconds: Poisson arrivals, one server in order of arrival, service times of any
 * distribution. By Pollaczek and Khinchine: s + s rho (1 + c2) / (2 (1 - rho)) (Kleinrock, Queueing Systems I, section 5.6).
 * Of percentiles it says nothing.
 * @param utilisation rho = arrival rate times s
 * @param serviceMs s, the mean service time in milliseconds
 * @param variation c2, the squared coefficient of variation of the service time: 1 exponential, 0 fixed (M/D/1)
 * @throws RangeError unless 0 <= rho < 1
 */
export function mg1Mean(utilisation: number, serviceMs: number, variation: number): number {
  const busy = checkedUtilisation(utilisation)
  return serviceMs * (1 + (busy * (1 + variation)) / (2 * (1 - busy)))
}
