import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type JsHistogram } from 'hdr-histogram-js'
import type { Percentiles } from '../core/record.js'

/** Longest value kept as it is; longer ones count as this: one hour, in microseconds. */
const HIGHEST_US = 3_600_000_000

/** What a histogram holds: a value in microseconds and how often it was seen, in turns. */
export type HistogramCounts = Uint32Array

/** A point of a cumulative distribution: `share` of all values are at most `ms`. */
export interface DistributionPoint {
  ms: number
  /** 0 to 1, exclusive of 0. */
  share: number
}

/**
 * An HdrHistogram of durations: whole microseconds from 1 us to 1 h with 3 significant digits (Gil Tene's
 * HdrHistogram, its JavaScript build). Callers speak milliseconds, fractions included.
 *
 * All histograms have the same range, so that merging is adding arrays. One takes 94 kB and about 30 us to make:
 * keep it and `reset` it where it is needed once per tick.
 */
export class Histogram {
  private readonly hdr: JsHistogram

  constructor(hdr?: JsHistogram) {
    this.hdr =
      hdr ??
      (build({
        bitBucketSize: 32,
        autoResize: false,
        lowestDiscernibleValue: 1,
        highestTrackableValue: HIGHEST_US,
        numberOfSignificantValueDigits: 3,
        useWebAssembly: false,
      }) as JsHistogram)
  }

  /** Reads back what `encode` wrote. Throws Error for a text that is not an encoded histogram. */
  static decode(text: string): Histogram {
    return new Histogram(decodeFromCompressedBase64(text, 32, false, HIGHEST_US) as JsHistogram)
  }

  /** One that holds what another one did when it was asked for its counts. */
  static ofCounts(counts: HistogramCounts): Histogram {
    const histogram = new Histogram()
    histogram.add(counts)
    return histogram
  }

  /** What it holds. Some microseconds: for where `encode` takes too long. */
  get counts(): HistogramCounts {
    const pairs: number[] = []
    let left = this.count
    for (let index = 0; left > 0; index++) {
      const count = this.hdr.getCountAtIndex(index)
      if (count === 0) continue
      // The first bucket's own value is 0, which stands for the shortest that is kept.
      pairs.push(Math.max(1, this.hdr.valueFromIndex(index)), count)
      left -= count
    }
    return Uint32Array.from(pairs)
  }

  /** How many values it holds. */
  get count(): number {
    return this.hdr.totalCount
  }

  /** Counts a duration, clamped to 1 us..1 h, once or as often as it was seen. */
  record(ms: number, times = 1): void {
    const us = Math.min(Math.max(Math.round(ms * 1_000), 1), HIGHEST_US)
    if (times === 1) this.hdr.recordValue(us)
    else this.hdr.recordValueWithCount(us, times)
  }

  /** Counts what another one held when it was asked for its counts. */
  add(counts: HistogramCounts): void {
    for (let i = 0; i < counts.length; i += 2) this.hdr.recordValueWithCount(counts[i] ?? 1, counts[i + 1] ?? 0)
  }

  /** Adds every value of another histogram to this one. */
  merge(other: Histogram): void {
    // Adding an empty histogram would make hdr-histogram-js take the other's unset minimum and maximum.
    if (other.count > 0) this.hdr.add(other.hdr)
  }

  /** Forgets every value. */
  reset(): void {
    this.hdr.reset()
  }

  /** HdrHistogram V2, compressed, base64: readable by every HdrHistogram implementation. 20 to 170 us. */
  encode(): string {
    return encodeIntoCompressedBase64(this.hdr)
  }

  /** The value that `percent` of the values do not exceed, in milliseconds; null when there is none. */
  percentile(percent: number): number | null {
    if (this.count === 0) return null
    // A bucket's upper bound can lie beyond the largest value recorded.
    return Math.min(this.hdr.getValueAtPercentile(percent), this.hdr.maxValue) / 1_000
  }

  /** Count, mean, percentiles and maximum in milliseconds; all null when the histogram is empty. */
  percentiles(): Percentiles {
    return {
      count: this.count,
      mean: this.count === 0 ? null : this.hdr.mean / 1_000,
      p50: this.percentile(50),
      p90: this.percentile(90),
      p95: this.percentile(95),
      p99: this.percentile(99),
      p99_9: this.percentile(99.9),
      max: this.count === 0 ? null : this.hdr.maxValue / 1_000,
    }
  }

  /**
   * The cumulative distribution for charts: at most `points` points, dense towards the tail (the k-th of n lies where
   * 1 - share = (1/count)^(k/n), so that every "nine" gets the same room), rising, the last with share 1.
   */
  distribution(points: number): DistributionPoint[] {
    if (this.count === 0) return []
    const result: DistributionPoint[] = []
    const nines = Math.log(Math.max(2, this.count))
    for (let k = 0; k <= points; k++) {
      const share = k === points ? 1 : 1 - Math.exp((-nines * k) / points)
      const ms = this.percentile(share * 100)
      if (ms === null || share <= 0) continue
      const last = result.at(-1)
      if (last !== undefined && last.ms === ms) last.share = share
      else result.push({ ms, share })
    }
    return result
  }
}

/** Merges encoded histograms. One alone is returned as it is. */
export function mergeEncoded(texts: readonly string[]): string {
  const only = texts.length === 1 ? texts[0] : undefined
  if (only !== undefined) return only
  const sum = new Histogram()
  for (const text of texts) sum.merge(Histogram.decode(text))
  return sum.encode()
}

/** The same of counts. */
export function mergeCounts(parts: readonly HistogramCounts[]): HistogramCounts {
  const only = parts.length === 1 ? parts[0] : undefined
  if (only !== undefined) return only
  const sum = new Histogram()
  for (const part of parts) sum.add(part)
  return sum.counts
}
