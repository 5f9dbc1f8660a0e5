import type { RunRecord } from '../../core/record.js'
import type { SchemePlan, ShardPlan } from '../../core/shard-plan.js'
import { formatNumber, formatRatio, formatShare } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import { fairShares } from '../../stats/shards.js'
import type { ReshardRun } from '../reshard-words.js'
import { barChart, percent } from './bars.js'
import { type ColumnPanel, columnPanels } from './panels.js'
import type { Svg } from './svg.js'

/** Columns of more shards than this would be thinner than lines. */
const MOST = 64

const SERIES = [
  { words: 'before', fill: 'fillplan', opacity: 0.55 },
  { words: 'after', fill: 'f0' },
]
const ALONE = { title: '', note: '' }

/** Share of the keys per shard before and after, a panel for every scheme; null without a scheme and for over 64 shards. */
export function keysPerShard(plan: ShardPlan): Svg | null {
  const { count } = plan.keys
  return sharesByScheme(
    plan,
    'Keys per shard',
    'share of all keys',
    ({ scheme, cv }) => `${scheme}: coefficient of variation ${formatShare(cv)}`,
    ({ cv, peak_to_mean }) => `CV ${formatShare(cv)}, peak/mean ${peak_to_mean.toFixed(3)}`,
    ({ keys }) => (count === 0 ? 0 : keys / count),
  )
}

/** The same of requests, which popular keys make uneven where the keys are not. */
export function trafficPerShard(plan: ShardPlan): Svg | null {
  return sharesByScheme(
    plan,
    'Requests per shard',
    'share of all requests',
    ({ scheme, traffic_peak_to_mean }) => `${scheme}: peak to mean ${formatNumber(traffic_peak_to_mean)}`,
    ({ traffic_peak_to_mean }) => `peak/mean ${traffic_peak_to_mean.toFixed(3)}`,
    ({ traffic }) => traffic,
  )
}

type Shard = SchemePlan['before'][number]

function sharesByScheme(
  plan: ShardPlan,
  title: string,
  what: string,
  describe: (scheme: SchemePlan) => string,
  note: (scheme: SchemePlan) => string,
  read: (shard: Shard) => number,
): Svg | null {
  if (plan.stages.some(({ length }) => length > MOST)) return null
  return columnPanels({
    title,
    subtitle: `${what}; the dark line is the share that the shard should have afterwards, by its weight`,
    description: plan.schemes.map(describe).join(', '),
    series: SERIES,
    format: percent,
    panels: plan.schemes.map((scheme) => ({
      title: scheme.scheme,
      note: note(scheme),
      shards: columnsOf(scheme.before, scheme.steps.at(-1)?.after ?? [], read, plan.stages.at(-1)),
    })),
  })
}

/** Every shard of before and after, with the share that its weight in `target` asks for. */
function columnsOf<T extends { id: string }>(
  before: readonly T[],
  after: readonly T[],
  read: (shard: T) => number | null,
  target: ShardPlan['stages'][number] = [],
): ColumnPanel['shards'] {
  const weights = target.reduce((sum, { weight }) => sum + weight, 0)
  return [...new Set([...before, ...after].map(({ id }) => id))].map((id) => {
    const weight = target.find((shard) => shard.id === id)?.weight
    const values = [before, after].map((shards) => {
      const shard = shards.find((each) => each.id === id)
      return shard === undefined ? null : read(shard)
    })
    return { id, values, mark: weight === undefined || weights === 0 ? null : weight / weights }
  })
}

/** Users per shard before and after a migration, as SQL counted them; null where nothing was counted. */
export function movedKeys({ reshard: { before, after } }: ReshardRun): Svg | null {
  const shards = columnsOf(before, after, ({ keys }) => keys)
  if (shards.length === 0) return null
  return columnPanels({
    title: 'Users per shard',
    subtitle: 'counted by SQL before and after the migration',
    description: shards
      .map(({ id, values }) => `${id}: ${values.map((keys) => formatNumber(keys ?? 0)).join(' to ')}`)
      .join(', '),
    series: SERIES,
    panels: [{ ...ALONE, shards }],
  })
}

/** Share of users and of requests per shard, against the fair share; null for fewer than two shards. */
export function shardLoad(record: RunRecord): Svg | null {
  const shards = record.sharding?.shards ?? []
  if (shards.length < 2) return null
  const fair = fairShares(record)
  const keys = shards.reduce((sum, shard) => sum + (shard.keys ?? 0), 0)
  return columnPanels({
    title: 'Users and requests per shard',
    subtitle: 'share of all; the dark line is the fair share of the shard, by its weight',
    description: shards.map(({ id, share }) => `${id} answered ${formatShare(share)}`).join(', '),
    series: [
      { words: 'users, counted by SQL', fill: 'fillplan', opacity: 0.55 },
      { words: 'requests that the shard answered', fill: 'f0' },
    ],
    format: percent,
    panels: [
      {
        ...ALONE,
        shards: shards.map((shard, i) => ({
          id: shard.id,
          values: [shard.keys === null || keys === 0 ? null : shard.keys / keys, shard.share],
          mark: fair[i] ?? null,
        })),
      },
    ],
  })
}

/** Share of the keys that change shards by scheme, against the least that even shards ask for; null without a scheme. */
export function movedFraction({ schemes, stages }: ShardPlan): Svg | null {
  const unnecessary = schemes.some(({ unnecessary_fraction }) => unnecessary_fraction > 0)
  const share = (value: number): string => formatValue(value, 'share')
  return barChart({
    title: 'Keys that move',
    subtitle: `share of all keys${stages.length > 2 ? ', in one move from first to last' : ''}; the dark line is the least for even shards${unnecessary ? '; orange: moved without need' : ''}`,
    description: schemes
      .map(
        ({ scheme, moved_fraction, minimum_fraction }) =>
          `${scheme} moves ${share(moved_fraction)} (minimum ${share(minimum_fraction)})`,
      )
      .join(', '),
    axis: 'share of the keys',
    format: percent,
    bars: schemes.map(({ scheme, moved_fraction, minimum_fraction, unnecessary_fraction }) => ({
      name: scheme,
      value: moved_fraction - unnecessary_fraction,
      errors: unnecessary_fraction,
      mark: minimum_fraction,
      words: `${share(moved_fraction)}${minimum_fraction === 0 ? '' : ` · ${formatRatio(moved_fraction / minimum_fraction)}`}`,
      fill: 'f0',
    })),
  })
}
