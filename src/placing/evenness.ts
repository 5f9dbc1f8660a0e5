import { chiSquareTest } from '../stats/chi-square.js'

/** How evenly something is spread over shards, measured against their weights. */
export interface Evenness {
  /** Coefficient of variation of amount / weight: standard deviation over mean, of these shards and no sample of more. */
  cv: number
  /** The fullest shard against its fair share. */
  peakToMean: number
  /** The shard furthest from its fair share, above or below, as a fraction of that share. */
  maxDeviation: number
}

/** @param weights positive, as many as amounts. Of nothing at all every shard has its fair share. */
export function evennessOf(amounts: readonly number[], weights: readonly number[]): Evenness {
  const total = sum(amounts)
  if (total === 0) return { cv: 0, peakToMean: 1, maxDeviation: 0 }
  const allWeights = sum(weights)
  const relative = amounts.map((amount, index) => (amount / total) * (allWeights / (weights[index] ?? 1)))
  const mean = sum(relative) / relative.length
  const variance = sum(relative.map((value) => (value - mean) ** 2)) / relative.length
  return {
    cv: Math.sqrt(variance) / mean,
    peakToMean: Math.max(...relative),
    maxDeviation: Math.max(...relative.map((value) => Math.abs(value - 1))),
  }
}

/** Chi-square of keys against shares by weight; of one shard there is nothing to test. */
export function fitOf(
  keys: readonly number[],
  weights: readonly number[],
): { chiSquare: number; pValue: number | null } {
  if (keys.length < 2 || sum(keys) === 0) return { chiSquare: 0, pValue: null }
  const { statistic, pValue } = chiSquareTest(
    keys.map((observed, index) => ({ observed, weight: weights[index] ?? 1 })),
  )
  return { chiSquare: statistic, pValue }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
