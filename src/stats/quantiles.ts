/** The median of a few values, the mean of the middle two where their number is even; null where there is none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const below = sorted[Math.floor((sorted.length - 1) / 2)]
  const above = sorted[Math.ceil((sorted.length - 1) / 2)]
  return below === undefined || above === undefined ? null : (below + above) / 2
}

/**
 * The smallest of the values that at least `share` of them do not exceed (nearest rank); null where there is none.
 * @param share above 0, at most 1: 0.95 of 30 values is the 29th
 */
export function nearestRank(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  // 0.95 * 20 is 19.000000000000004 in some orders of arithmetic, and must not become rank 20.
  return sorted[Math.max(0, Math.ceil(share * sorted.length - 1e-9) - 1)] ?? null
}

export function largest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b))
}

export function smallest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.min(a, b))
}
