import type { RunRecord } from '../../core/record.js'
import { formatNumber, formatShare } from '../../core/units.js'
import { expectedShares } from '../../stats/distribution.js'
import { barChart } from './bars.js'
import type { Svg } from './svg.js'

/** Share of the answers per instance, with the share each should have; null for fewer than two instances. */
export function sharePerInstance(record: RunRecord): Svg | null {
  const { instances } = record
  if (instances.length < 2) return null
  const expected = expectedShares(instances)
  return barChart({
    title: 'Share per instance',
    subtitle: 'of all answers; the dark line is the share each instance should have by its weight',
    description: instances
      .map(({ id, share }, i) => `${id} answered ${formatShare(share)} (expected ${formatShare(expected[i] ?? 0)})`)
      .join(', '),
    axis: 'share of the answers',
    format: (value) => `${Math.round(value * 1_000) / 10} %`,
    bars: instances.map((instance, i) => ({
      name: instance.id,
      value: instance.share,
      mark: instance.weight > 0 ? (expected[i] ?? 0) : null,
      words: `${formatShare(instance.share)} · ${formatNumber(instance.requests)} requests`,
      fill: instance.weight > 0 ? 'f0' : 'f1',
    })),
  })
}
