/**
 * ln Gamma(x) for x > 0 by Lanczos' approximation (g = 7, 9 coefficients; Godfrey 2001), relative error below 1e-13.
 * @throws RangeError when x is not positive
 */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`logGamma needs a positive number, not ${x}`)
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const z = x - 1
  const sum = LANCZOS.reduce((acc, coefficient, i) => acc + (i === 0 ? coefficient : coefficient / (z + i)), 0)
  const t = z + LANCZOS_G + 0.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

const LANCZOS_G = 7
const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
]

const EPSILON = 1e-15
const TINY = 1e-300

/**
 * The upper regularised incomplete gamma function Q(a, x), from 1 at x = 0 down to 0.
 * By the series of P below a + 1 and Lentz's continued fraction above it (Numerical Recipes, 3rd edition, section 6.2).
 * @throws RangeError unless a > 0 and x >= 0
 */
export function regularizedGammaQ(a: number, x: number): number {
  if (!(a > 0) || !(x >= 0)) throw new RangeError(`Q(${a}, ${x}) is not defined`)
  if (x === 0) return 1
  if (x === Number.POSITIVE_INFINITY) return 0
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x)
}

/** Both expansions converge in about sqrt(a) steps; the bound only guards against an endless loop. */
function steps(a: number): number {
  return 200 + 20 * Math.ceil(Math.sqrt(a))
}

/** The sum x^n / (a (a+1) ... (a+n)) over n from 0. */
function lowerSeries(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; n <= steps(a); n++) {
    term *= x / (a + n)
    sum += term
    if (Math.abs(term) < Math.abs(sum) * EPSILON) break
  }
  return sum
}

/** 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ...))) by Lentz's method as modified by Thompson and Barnett. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a
  let c = 1 / TINY
  let d = 1 / b
  let h = d
  for (let i = 1; i <= steps(a); i++) {
    const numerator = -i * (i - a)
    b += 2
    d = awayFromZero(numerator * d + b)
    c = awayFromZero(b + numerator / c)
    d = 1 / d
    h *= d * c
    if (Math.abs(d * c - 1) < EPSILON) break
  }
  return h
}

function awayFromZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}
