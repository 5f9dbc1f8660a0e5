import { checkedUtilisation, type ResponseTime, timeWithTail } from './response-time.js'

/**
 * Best of two random choices: every request looks at two of many servers and joins the shorter queue; Poisson arrivals,
 * exponential service. In the limit of many servers a share rho^(2^i - 1) of them has at least i requests, so a request
 * joins in position n or further back with probability rho^(2^n - 2), and from position n its response time is Erlang(n)
 * (M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, IEEE TPDS 12(10), 2001). Hence
 * mean = s sum over n >= 1 of rho^(2^n - 2), and P(T > t) = e^(-mu t) sum over n >= 1 of rho^(2^n - 2) (mu t)^(n-1) / (n-1)!.
 * With a few servers queues are a little longer than in the limit.
 * @param utilisation rho of each server
 * @param serviceMs s = 1 / mu, the mean service time in milliseconds
 * @throws RangeError unless 0 <= rho < 1
 */
export function bestOfTwo(utilisation: number, serviceMs: number): ResponseTime {
  const joined = joinedAtLeast(checkedUtilisation(utilisation))
  const mean = serviceMs * joined.reduce((sum, share) => sum + share, 0)
  return timeWithTail(mean, (ms) => {
    const x = ms / serviceMs
    let poisson = Math.exp(-x)
    return joined.reduce((sum, share, n) => {
      if (n > 0) poisson *= x / n
      return sum + share * poisson
    }, 0)
  })
}

/** rho^(2^n - 2) for n = 1, 2, ... as long as it counts: the exponent doubles, so a few dozen terms at most. */
function joinedAtLeast(utilisation: number): number[] {
  const shares = [1]
  for (let n = 2; ; n++) {
    const share = utilisation ** (2 ** n - 2)
    if (share < 1e-17) return shares
    shares.push(share)
  }
}
