import type { SchemePlan, ShardPlan } from '../../core/shard-plan.js'
import { formatNumber, formatShare } from '../../core/units.js'
import { type ColumnPanel, columnPanels } from './column-panels.js'
import type { Svg } from './svg.js'

/** Columns of more shards than this would be thinner than lines. */
const MOST = 64

const SERIES = [
  { words: 'before', fill: 'fillplan', opacity: 0.55 },
  { words: 'after', fill: 'f0' },
]

/** Share of the keys per shard before and after, a panel for every scheme; null without a scheme and for over 64 shards. */
export function keysPerShard(plan: ShardPlan): Svg | null {
  if (plan.stages.some(({ length }) => length > MOST)) return null
  return columnPanels({
    title: 'Keys per shard',
    subtitle: 'share of all keys; the dark line is the share that the shard should have afterwards, by its weight',
    description: plan.schemes
      .map(({ scheme, cv }) => `${scheme}: coefficient of variation ${formatShare(cv)}`)
      .join(', '),
    series: SERIES,
    format: percent,
    panels: plan.schemes.map((scheme) => {
      const total = plan.keys.count
      return panelOf(plan, scheme, ({ keys }) => (total === 0 ? 0 : keys / total), [
        `CV ${formatShare(scheme.cv)}, peak/mean ${scheme.peak_to_mean.toFixed(3)}`,
      ])
    }),
  })
}

/** The same of requests, which popular keys make uneven where the keys are not. */
export function trafficPerShard(plan: ShardPlan): Svg | null {
  if (plan.stages.some(({ length }) => length > MOST)) return null
  return columnPanels({
    title: 'Requests per shard',
    subtitle: 'share of all requests; the dark line is the share that the shard should have afterwards, by its weight',
    description: plan.schemes
      .map(({ scheme, traffic_peak_to_mean }) => `${scheme}: peak to mean ${formatNumber(traffic_peak_to_mean)}`)
      .join(', '),
    series: SERIES,
    format: percent,
    panels: plan.schemes.map((scheme) =>
      panelOf(plan, scheme, ({ traffic }) => traffic, [`peak/mean ${scheme.traffic_peak_to_mean.toFixed(3)}`]),
    ),
  })
}

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`

function panelOf(
  { stages }: ShardPlan,
  { scheme, before, steps }: SchemePlan,
  read: (shard: SchemePlan['before'][number]) => number,
  [note = '']: string[],
): ColumnPanel {
  const after = steps.at(-1)?.after ?? []
  const target = stages.at(-1) ?? []
  const weights = target.reduce((sum, { weight }) => sum + weight, 0)
  const ids = [...new Set([...before, ...after].map(({ id }) => id))]
  const shareOf = (shards: SchemePlan['before'], id: string): number | null => {
    const shard = shards.find((other) => other.id === id)
    return shard === undefined ? null : read(shard)
  }
  return {
    title: scheme,
    note,
    shards: ids.map((id) => {
      const weight = target.find((shard) => shard.id === id)?.weight
      return {
        id,
        values: [shareOf(before, id), shareOf(after, id)],
        mark: weight === undefined || weights === 0 ? null : weight / weights,
      }
    }),
  }
}
