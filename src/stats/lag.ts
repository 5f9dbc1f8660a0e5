import type { Percentiles } from '../core/record.js'
import type { Lag } from '../core/replication.js'

/**
 * What readings of a lag come to: mean and nearest-rank percentiles (the smallest value that at least p percent of all
 * values do not exceed), to a thousandth.
 * @param idle readings without a value because there was nothing to time
 */
export function lagOf(values: readonly number[], idle = 0): Lag {
  const sorted = Float64Array.from(values).sort()
  const at = (percent: number): number | null =>
    thousandths(sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)] ?? null)
  const sum = sorted.reduce((total, value) => total + value, 0)
  return {
    samples: sorted.length,
    idle,
    mean: sorted.length === 0 ? null : thousandths(sum / sorted.length),
    p50: at(50),
    p95: at(95),
    p99: at(99),
    max: at(100),
  }
}

/** The same of what was counted in a histogram. */
export function lagOfPercentiles({ count, mean, p50, p95, p99, max }: Percentiles): Lag {
  return { samples: count, idle: 0, mean, p50, p95, p99, max }
}

function thousandths(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1_000) / 1_000
}
