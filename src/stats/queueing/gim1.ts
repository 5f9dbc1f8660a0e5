import { checkedUtilisation, exponentialTime, type ResponseTime } from './response-time.js'

/**
 * E_k/M/1: exponential service, one server, and times between arrivals that are the sum of k exponential ones. That is
 * what each of k servers sees behind round robin when requests come by a Poisson process; k = 1 is M/M/1, and
 * k = Infinity stands for arrivals at equal distances, D/M/1.
 *
 * A request finds n others with probability (1 - sigma) sigma^n, where sigma is the root below 1 of
 * sigma = A*(mu (1 - sigma)), A* being the Laplace transform of the time between arrivals. So the response time is
 * exponential with mean s / (1 - sigma) (L. Kleinrock, Queueing Systems I, 1975, section 6.4).
 * @param stages k, positive
 * @param utilisation rho = arrival rate at this server times s
 * @param serviceMs s = 1 / mu, the mean service time in milliseconds
 * @throws RangeError unless 0 <= rho < 1 and k > 0
 */
export function ekm1(stages: number, utilisation: number, serviceMs: number): ResponseTime {
  return exponentialTime(serviceMs / (1 - foundBusy(stages, checkedUtilisation(utilisation))))
}

/**
 * sigma, the probability that an arriving request finds the server busy. By Newton's method from 0: the transform is
 * convex in sigma, so every step stays below the root and comes closer to it, and never reaches the other one at 1.
 */
function foundBusy(stages: number, utilisation: number): number {
  if (!(stages > 0)) throw new RangeError(`Erlang arrivals have a positive number of stages, not ${stages}`)
  if (utilisation === 0) return 0
  let sigma = 0
  for (let step = 0; step < 200; step++) {
    const u = (1 - sigma) / utilisation
    // A*(mu (1 - sigma)) = (1 + u/k)^-k, and e^-u in the limit; its derivative by sigma is slope.
    const log = stages === Number.POSITIVE_INFINITY ? u : stages * Math.log1p(u / stages)
    const value = Math.exp(-log)
    const slope = value / (utilisation * (1 + u / stages))
    const next = sigma + (value - sigma) / (1 - slope)
    if (!(next > sigma) || next >= 1) break
    sigma = next
  }
  return sigma
}
