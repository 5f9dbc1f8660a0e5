import { formatNumber } from '../../core/units.js'
import type { ReshardRun } from '../reshard-words.js'
import { columnPanels } from './column-panels.js'
import type { Svg } from './svg.js'

/** Users per shard before and after a migration, as SQL counted them; null where nothing was counted. */
export function movedKeys({ reshard }: ReshardRun): Svg | null {
  const { before, after } = reshard
  const ids = [...new Set([...before, ...after].map(({ id }) => id))]
  if (ids.length === 0) return null
  const keysOf = (counts: typeof before, id: string): number | null =>
    counts.find((shard) => shard.id === id)?.keys ?? null
  return columnPanels({
    title: 'Users per shard',
    subtitle: 'counted by SQL before and after the migration',
    description: ids
      .map((id) => `${id}: ${[before, after].map((counts) => formatNumber(keysOf(counts, id) ?? 0)).join(' to ')}`)
      .join(', '),
    series: [
      { words: 'before', fill: 'fillplan', opacity: 0.55 },
      { words: 'after', fill: 'f0' },
    ],
    panels: [
      {
        title: '',
        note: '',
        shards: ids.map((id) => ({ id, values: [keysOf(before, id), keysOf(after, id)], mark: null })),
      },
    ],
  })
}
