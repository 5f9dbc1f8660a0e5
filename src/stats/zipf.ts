/**
 * Draws ranks from Zipf's law: rank k of 1..count comes with a probability in proportion to 1 / k^exponent. Memory and
 * time per draw do not depend on the count.
 *
 * By rejection-inversion (W. Hörmann, G. Derflinger: Rejection-inversion to generate variates from monotone discrete
 * distributions, ACM TOMACS 6(3), 1996; the constants as in Apache Commons' RejectionInversionZipfSampler): a point under
 * the integral of h(x) = x^-exponent is inverted and rounded to a rank, and kept when it lies in that rank's bar.
 */
export class Zipf {
  private readonly integralAtHalf: number
  private readonly integralAtEnd: number
  /** Points this close below their rank are kept without a look at the bar. */
  private readonly surely: number

  /** @throws RangeError unless count is a positive whole number and exponent is positive */
  constructor(
    private readonly count: number,
    private readonly exponent: number,
  ) {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`Zipf's law needs a positive count, not ${count}`)
    if (!(exponent > 0)) throw new RangeError(`Zipf's law needs a positive exponent, not ${exponent}`)
    this.integralAtHalf = this.integral(1.5) - 1
    this.integralAtEnd = this.integral(count + 0.5)
    this.surely = 2 - this.inverse(this.integral(2.5) - this.height(2))
  }

  /** A rank from 1, the most popular, to count. @param random numbers in [0, 1) */
  draw(random: () => number): number {
    for (;;) {
      const u = this.integralAtEnd + random() * (this.integralAtHalf - this.integralAtEnd)
      const x = this.inverse(u)
      // Rounding errors may leave the range by a hair.
      const rank = Math.min(Math.max(1, Math.floor(x + 0.5)), this.count)
      if (rank - x <= this.surely || u >= this.integral(rank + 0.5) - this.height(rank)) return rank
    }
  }

  private height(x: number): number {
    return Math.exp(-this.exponent * Math.log(x))
  }

  /** The integral of the height from 1 to x: (x^(1-exponent) - 1) / (1 - exponent), and ln x for exponent 1. */
  private integral(x: number): number {
    const log = Math.log(x)
    return expm1Over((1 - this.exponent) * log) * log
  }

  private inverse(y: number): number {
    // Rounding errors may leave the domain of the logarithm by a hair.
    const t = Math.max(-1, y * (1 - this.exponent))
    return Math.exp(log1pOver(t) * y)
  }
}

/** ln(1 + x) / x, by its series near 0. */
function log1pOver(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.log1p(x) / x : 1 - x * (1 / 2 - x / 3)
}

/** (e^x - 1) / x, by its series near 0. */
function expm1Over(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.expm1(x) / x : 1 + x * (1 / 2 + x / 6)
}
