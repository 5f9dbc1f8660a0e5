import type { ShardPlan } from '../../core/shard-plan.js'
import { formatRatio } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import { barChart } from './bars.js'
import type { Svg } from './svg.js'

/** Share of the keys that change shards by scheme, against the least that even shards ask for; null without a scheme. */
export function movedFraction({ schemes, stages }: ShardPlan): Svg | null {
  const unnecessary = schemes.some(({ unnecessary_fraction }) => unnecessary_fraction > 0)
  const percent = (share: number): string => formatValue(share, 'share')
  return barChart({
    title: 'Keys that move',
    subtitle: `share of all keys${stages.length > 2 ? ', in one move from first to last' : ''}; the dark line is the least for even shards${unnecessary ? '; orange: moved without need' : ''}`,
    description: schemes
      .map(
        ({ scheme, moved_fraction, minimum_fraction }) =>
          `${scheme} moves ${percent(moved_fraction)} (minimum ${percent(minimum_fraction)})`,
      )
      .join(', '),
    axis: 'share of the keys',
    format: (value) => `${Math.round(value * 1_000) / 10} %`,
    bars: schemes.map((scheme) => ({
      name: scheme.scheme,
      value: scheme.moved_fraction - scheme.unnecessary_fraction,
      errors: scheme.unnecessary_fraction,
      mark: scheme.minimum_fraction,
      words: `${percent(scheme.moved_fraction)}${scheme.minimum_fraction === 0 ? '' : ` · ${formatRatio(scheme.moved_fraction / scheme.minimum_fraction)}`}`,
      fill: 'f0',
    })),
  })
}
