import type { SchemePlan, ShardPlan } from '../../core/shard-plan.js'
import { formatNumber, formatShare } from '../../core/units.js'
import { largest, median, smallest } from '../../stats/quantiles.js'
import { list, numberOr } from '../quantities.js'
import { plain, right, table } from '../table.js'

/** Which shards there are, stage by stage. */
export function stageSection({ stages }: ShardPlan): string[] {
  const weighted = stages.flat().some(({ weight }) => weight !== 1)
  return [
    '## The shards',
    table(
      [
        ...['Stage', 'Shards', 'Join', 'Leave'].map((title) => ({ title })),
        ...(weighted ? [{ title: 'Weights' }] : []),
      ],
      stages.map((shards, i) => {
        const before = stages[i - 1] ?? shards
        const absent = (from: typeof shards, other: typeof shards): string =>
          few(from.flatMap(({ id }) => (other.some((shard) => shard.id === id) ? [] : [id])))
        return [
          i === 0 ? 'before' : stages.length === 2 ? 'after' : `after step ${i}`,
          formatNumber(shards.length),
          absent(shards, before),
          absent(before, shards),
          ...(weighted ? [few(shards.map(({ id, weight }) => `${id}: ${formatNumber(weight)}`))] : []),
        ]
      }),
    ),
  ]
}

/** The first of many words. */
function few(words: readonly string[]): string {
  if (words.length === 0) return '-'
  return words.length <= 16 ? words.join(', ') : `${words.slice(0, 16).join(', ')} and ${words.length - 16} more`
}

/** More shards than this are told by their extremes; all of them are in the plan's JSON. */
const MOST = 64

/** The emptiest, the middle and the fullest shard of each scheme afterwards. */
function extremes(schemes: readonly SchemePlan[]): string {
  return table(
    [{ title: 'Scheme' }, ...right('Fewest keys', 'Median', 'Most keys')],
    schemes.map(({ scheme, steps }) => {
      const keys = (steps.at(-1)?.after ?? []).map((shard) => shard.keys)
      return [scheme, ...[smallest(keys), median(keys), largest(keys)].map(numberOr)]
    }),
  )
}

/** Keys per shard, before and after, in the orientation that makes the narrower table. */
export function keySection({ schemes }: ShardPlan): string[] {
  if (schemes.length === 0) return []
  const last = ({ steps }: SchemePlan) => steps.at(-1)?.after ?? []
  const ids = [...new Set(schemes.flatMap((scheme) => [...scheme.before, ...last(scheme)].map(({ id }) => id)))]
  const cell = (scheme: SchemePlan, id: string): string => {
    const keys = (shards: SchemePlan['before']): string => {
      const shard = shards.find((other) => other.id === id)
      return shard === undefined ? '-' : formatNumber(shard.keys)
    }
    return `${keys(scheme.before)} → ${keys(last(scheme))}`
  }
  const names = schemes.map(({ scheme }) => scheme)
  if (ids.length > MOST) return ['## Keys per shard', extremes(schemes)]
  return [
    '## Keys per shard',
    ids.length <= schemes.length
      ? table(
          [{ title: 'Scheme' }, ...right(...ids)],
          schemes.map((scheme, i) => [names[i] ?? '', ...ids.map((id) => cell(scheme, id))]),
        )
      : table(
          [{ title: 'Shard' }, ...right(...names)],
          ids.map((id) => [id, ...schemes.map((scheme) => cell(scheme, id))]),
        ),
  ]
}

/** How uneven requests are where some keys are asked for more than others; nothing for keys that are all alike. */
export function trafficSection({ schemes, keys }: ShardPlan): string[] {
  if (keys.exponent === null) return []
  const rows = schemes.map((scheme) => {
    const after = scheme.steps.at(-1)?.after ?? []
    const hottest = after.toSorted((a, b) => b.traffic - a.traffic)[0]
    return [
      scheme.scheme,
      scheme.peak_to_mean.toFixed(3),
      scheme.traffic_peak_to_mean.toFixed(3),
      hottest?.id ?? '-',
      hottest === undefined ? '-' : formatShare(hottest.traffic),
    ]
  })
  return [
    '## Requests per shard',
    table(
      [
        { title: 'Scheme' },
        ...right('Keys, peak/mean', 'Requests, peak/mean'),
        { title: 'Hottest shard' },
        ...right('Its share of the requests'),
      ],
      rows,
    ),
    `Requests follow Zipf's law with exponent ${formatNumber(keys.exponent)}: the shard of the most popular keys is the hottest, however evenly the keys lie.`,
  ]
}

/** From where to where keys move: the largest movements in words, all of them in the chart. */
export function movementSection({ schemes, stages }: ShardPlan): string[] {
  const moving = schemes.filter(({ steps }) => steps.some(({ movement }) => movement.length > 0))
  if (moving.length === 0) return []
  const rows = moving.map(({ scheme, steps }) => {
    const ways = steps.flatMap(({ movement }) => movement.filter(({ keys }) => keys > 0))
    const largest = ways.toSorted((a, b) => b.keys - a.keys).slice(0, 3)
    return [
      scheme,
      formatNumber(ways.length),
      list(largest.map(({ from, to, keys }) => `${from} to ${to} (${formatNumber(keys)})`)),
    ]
  })
  return [
    '## Movement between shards',
    table(
      [
        { title: 'Scheme' },
        ...right('Pairs of shards'),
        { title: `Largest movements${stages.length > 2 ? ' of all steps' : ''}` },
      ],
      rows,
    ),
  ]
}

/** What each scheme is, with which parameters it was run, and where it comes from. */
export function sourceSection({ schemes }: ShardPlan): string[] {
  if (schemes.length === 0) return []
  return [
    '## Sources',
    table(
      ['Scheme', 'What it does', 'Parameters', 'Source'].map((title) => ({ title })),
      schemes.map(({ scheme, summary, parameters, source }) => [
        scheme,
        summary,
        Object.entries(parameters)
          .map(([name, value]) => `${plain(name)}=${plain(String(value))}`)
          .join(', ') || '-',
        source,
      ]),
    ),
  ]
}
