import type { Metric } from '../core/metric.js'
import { type Judged, type JudgeOptions, judgeInOrder } from './paired-comparison.js'

/** What was measured by block, for each variant of each metric; null where there is no value. */
export type BlockValues = Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>

export interface ComparisonInput {
  /** The first one decides; the others are tested after it, in this order. */
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
  /** Whether its metric is the one that decides. */
  deciding: boolean
  judged: Judged
}

/**
 * All comparisons of an experiment with its baseline, metric by metric. The deciding metric over all variants comes first, and
 * then, for each variant, the others in their order: however many figures are shown beside it, with one variant they take
 * nothing from the power to answer the question itself, and the chance of a false alarm in any of them is bounded.
 * @throws RangeError when the blocks of the variants differ in number
 */
export function judgeComparison(
  { metrics, variants, baseline, values }: ComparisonInput,
  options: JudgeOptions,
): JudgedVariant[] {
  const others = variants.filter((variant) => variant !== baseline)
  const judged = judgeInOrder(
    others.map((variant) =>
      metrics.map((metric) => ({
        metric,
        baseline: values[metric.name]?.[baseline] ?? [],
        variant: values[metric.name]?.[variant] ?? [],
      })),
    ),
    options,
  )
  return metrics.flatMap((metric, at) =>
    others.flatMap((variant, i): JudgedVariant[] => {
      const of = judged[i]?.[at]
      return of === undefined ? [] : [{ metric, variant, deciding: at === 0, judged: of }]
    }),
  )
}

/** Whether all of it is about one variant, which a table need not name in every row. */
export function isOfOneVariant(judged: readonly JudgedVariant[]): boolean {
  return judged.every(({ variant }) => variant === judged[0]?.variant)
}

/** Which figures were not tested, and why: "response time p95, response time p99 of lb-3: median response time was not significant before". */
export function untestedWords(judged: readonly JudgedVariant[]): string[] {
  const groups = new Map<string, { labels: string[]; variant: string; reason: string }>()
  for (const {
    metric,
    variant,
    judged: { verdict, reason },
  } of judged) {
    if (verdict !== 'not tested' || reason === null) continue
    const group = groups.get(`${variant}\n${reason}`) ?? { labels: [], variant, reason }
    groups.set(`${variant}\n${reason}`, { ...group, labels: [...group.labels, metric.label] })
  }
  return [...groups.values()].map(({ labels, variant, reason }) => `${labels.join(', ')} of ${variant}: ${reason}`)
}
