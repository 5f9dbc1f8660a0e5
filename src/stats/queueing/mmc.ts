import { erlangC } from './erlang-c.js'
import { checkedUtilisation, exponentialTime, type ResponseTime, timeWithTail } from './response-time.js'

/**
 * M/M/1: Poisson arrivals, exponential service, one server, in order of arrival. The response time is exponential with
 * mean s / (1 - rho) (Kleinrock, Queueing Systems I, section 3.2; M. Harchol-Balter, Performance Modeling and Design of
 * Computer Systems, 2013, chapter 13).
 * @param utilisation rho = arrival rate times s
 * @param serviceMs s, the mean service time in milliseconds
 * @throws RangeError unless 0 <= rho < 1
 */
export function mm1(utilisation: number, serviceMs: number): ResponseTime {
  return exponentialTime(serviceMs / (1 - checkedUtilisation(utilisation)))
}

/**
 * M/M/c: the same with c servers behind one queue. With the probability C of Erlang's formula a request waits, for an
 * exponential time of rate c mu (1 - rho); its service is exponential with rate mu (Harchol-Balter, chapter 14). So
 * P(T > t) = (1 - C) e^(-mu t) + C P(wait + service > t), the sum being hypoexponential.
 * @param servers c, a positive whole number
 * @param utilisation rho of each server = arrival rate times s / c
 * @param serviceMs s = 1 / mu, the mean service time in milliseconds
 * @throws RangeError unless 0 <= rho < 1
 */
export function mmc(servers: number, utilisation: number, serviceMs: number): ResponseTime {
  const waits = erlangC(servers, utilisation * servers)
  const served = 1 / serviceMs
  const begins = (servers * (1 - utilisation)) / serviceMs
  return timeWithTail(serviceMs + waits / begins, (ms) => {
    return (1 - waits) * Math.exp(-served * ms) + waits * tailOfSum(served, begins, ms)
  })
}

/** P(X + Y > t) of two exponential times by their rates, which may be equal. */
function tailOfSum(one: number, other: number, t: number): number {
  const [slow, fast] = [Math.min(one, other), Math.max(one, other)]
  const x = (fast - slow) * t
  // (1 - e^-x) / x, which is 1 where the rates are the same.
  const average = x === 0 ? 1 : -Math.expm1(-x) / x
  return Math.exp(-slow * t) * (1 + slow * t * average)
}
