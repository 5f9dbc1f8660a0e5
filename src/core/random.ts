/**
 * A seeded generator of numbers in [0, 1): sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32 and
 * warmed up, so that close seeds give unrelated sequences. The same seed gives the same sequence on every platform.
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) | 0
  }
  let a = splitmix()
  let b = splitmix()
  let c = splitmix()
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return (sum >>> 0) / 4294967296
  }
  for (let i = 0; i < 12; i++) next()
  return next
}

/** One draw from the exponential distribution of the given mean, by inversion. */
export function exponential(random: () => number, mean: number): number {
  return -Math.log(1 - random()) * mean
}
