import type { RunRecord } from '../../core/record.js'
import { formatShare } from '../../core/units.js'
import { fairShares } from '../../stats/shards.js'
import { columnPanels } from './column-panels.js'
import type { Svg } from './svg.js'

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
    format: (share) => `${Math.round(share * 1_000) / 10} %`,
    panels: [
      {
        title: '',
        note: '',
        shards: shards.map((shard, i) => ({
          id: shard.id,
          values: [shard.keys === null || keys === 0 ? null : shard.keys / keys, shard.share],
          mark: fair[i] ?? null,
        })),
      },
    ],
  })
}
