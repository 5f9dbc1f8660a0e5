/**
 * Smooth weighted round robin as nginx does it (ngx_http_upstream_round_robin.c): every candidate gains its weight,
 * the highest is chosen (the first of equals) and loses the sum of the weights that were gained. Weights 5, 1, 1 give
 * a a b a c a a. Over sum(weights) turns among the same candidates each is chosen exactly weight times.
 *
 * nginx also lowers the weight of a server for a while after a failure; that part is left out, since a server that
 * failed is not among the candidates anyway.
 */
export class SmoothTurns {
  readonly #weights: readonly number[]
  readonly #current: number[]

  constructor(weights: readonly number[]) {
    this.#weights = weights
    this.#current = weights.map(() => 0)
  }

  /**
   * The index of the next one among the candidates.
   * @param from the first index looked at; candidates before it take no part
   * @throws Error when there is no candidate
   */
  next(isCandidate: (index: number) => boolean, from = 0): number {
    let best = -1
    let bestValue = 0
    let total = 0
    for (let index = from; index < this.#weights.length; index++) {
      if (!isCandidate(index)) continue
      const weight = this.#weights[index] ?? 0
      const value = (this.#current[index] ?? 0) + weight
      this.#current[index] = value
      total += weight
      if (best === -1 || value > bestValue) {
        best = index
        bestValue = value
      }
    }
    if (best === -1) throw new Error('no server is available')
    this.#current[best] = bestValue - total
    return best
  }
}
