/** The response time (waiting and service) of a queue in the steady state, as theory gives it; times in milliseconds. */
export interface ResponseTime {
  mean: number
  /** The share of the requests that take longer than so many milliseconds: 1 at 0, and falling. */
  tail(ms: number): number
  /** The time that this share of the requests does not exceed; 0 <= share < 1. */
  quantile(share: number): number
}

/** An exponentially distributed response time. */
export function exponentialTime(mean: number): ResponseTime {
  return {
    mean,
    tail: (ms) => Math.exp(-ms / mean),
    quantile: (share) => -mean * Math.log1p(-checkedShare(share)),
  }
}

/** A response time known by its mean and tail; quantiles are found by bisection, to about twelve digits. */
export function timeWithTail(mean: number, tail: (ms: number) => number): ResponseTime {
  return {
    mean,
    tail,
    quantile(share) {
      const left = 1 - checkedShare(share)
      let [low, high] = [0, mean]
      while (tail(high) > left) [low, high] = [high, high * 2]
      while (high - low > 1e-12 * high) {
        const middle = (low + high) / 2
        if (middle === low || middle === high) break
        if (tail(middle) > left) low = middle
        else high = middle
      }
      return high
    },
  }
}

/** @throws RangeError unless 0 <= utilisation < 1: from 1 on the queue grows for ever and there is no steady state */
export function checkedUtilisation(utilisation: number): number {
  if (utilisation >= 0 && utilisation < 1) return utilisation
  throw new RangeError(`a queue is steady at a utilisation from 0 to below 1, not at ${utilisation}`)
}

function checkedShare(share: number): number {
  if (share >= 0 && share < 1) return share
  throw new RangeError(`a quantile is that of a share from 0 to below 1, not of ${share}`)
}
