import { checkedUtilisation } from './response-time.js'

/**
 * By how much chance alone scatters the mean response time over n requests of M/M/1: its standard deviation as a share
 * of the mean. Response times that follow one another are alike, so it is far more than 1 / sqrt(n) at a high load.
 *
 * The asymptotic variance of the mean waiting time is s^2 rho (2 + 5 rho - 4 rho^2 + rho^3) / (1 - rho)^4 / n
 * (D. J. Daley, The serial correlation coefficients of waiting times in a stationary single server queue, J. Austral.
 * Math. Soc. 8, 1968; W. Whitt, Planning queueing simulations, Management Science 35(11), 1989). Requests' own services
 * add s^2 (2 / (1 - rho)^2 - 1) / n: their variance, and twice what each does to those behind it. It holds for runs that
 * are much longer than s / (1 - rho)^2.
 * @param utilisation rho
 * @param requests n
 */
export function spreadOfMean(utilisation: number, requests: number): number {
  const rho = checkedUtilisation(utilisation)
  const waiting = (rho * (2 + 5 * rho - 4 * rho ** 2 + rho ** 3)) / (1 - rho) ** 4
  const services = 2 / (1 - rho) ** 2 - 1
  return Math.sqrt((waiting + services) / requests) * (1 - rho)
}
