import type { Metric } from '../core/metric.js'
import { type Judged, type JudgeOptions, judgeFamily } from './paired-comparison.js'

/** What was measured by block, for each variant of each metric; null where there is no value. */
export type BlockValues = Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>

export interface ComparisonInput {
  /** The first one decides; the others are secondary. */
  metrics: readonly [Metric, ...Metric[]]
  /** By name, in the order in which they are shown. */
  variants: readonly string[]
  /** The one of the variants that the others are compared with. */
  baseline: string
  /** By the name of the metric, then by that of the variant; all variants have the same number of blocks. */
  values: BlockValues
}

/** One metric of one variant, held against the baseline. */
export interface JudgedVariant {
  metric: Metric
  variant: string
  /** Whether it is of the family that decides. */
  deciding: boolean
  judged: Judged
}

/**
 * All comparisons of an experiment with its baseline, metric by metric. The deciding metric over all variants is one
 * family, and all other metrics over all variants are a second one: however many figures are shown beside it, they take
 * nothing from the power to answer the question itself, and each family by itself has its false alarms bounded.
 * @throws RangeError when the blocks of the variants differ in number
 */
export function judgeComparison(input: ComparisonInput, options: JudgeOptions): JudgedVariant[] {
  const [deciding, ...secondary] = input.metrics
  return [
    ...judgeMetrics([deciding], input, options).map((judged) => ({ ...judged, deciding: true })),
    ...judgeMetrics(secondary, input, options).map((judged) => ({ ...judged, deciding: false })),
  ]
}

function judgeMetrics(
  metrics: readonly Metric[],
  { variants, baseline, values }: ComparisonInput,
  options: JudgeOptions,
): Omit<JudgedVariant, 'deciding'>[] {
  const compared = metrics.flatMap((metric) =>
    variants.filter((variant) => variant !== baseline).map((variant) => ({ metric, variant })),
  )
  const inputs = compared.map(({ metric, variant }) => ({
    metric,
    baseline: values[metric.name]?.[baseline] ?? [],
    variant: values[metric.name]?.[variant] ?? [],
  }))
  const judged = judgeFamily(inputs, options)
  return compared.flatMap((one, i) => {
    const of = judged[i]
    return of === undefined ? [] : { ...one, judged: of }
  })
}
