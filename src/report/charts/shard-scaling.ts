import { scaleLinear } from 'd3-scale'
import { formatNumber, formatRatio } from '../../core/units.js'
import type { ScalingGroup } from '../../stats/shard-scaling.js'
import { baseAxis, chart, type Plot, valueAxis } from './frame.js'
import { type EndLabel, endLabels } from './labels.js'
import { cutText, el, line, type Svg, text, textWidth } from './svg.js'
import { SERIES_COLOURS, WIDTH } from './theme.js'

const HEIGHT = 380
const DOT = 4.5

/** Speed-up over the number of shards, a line for each group beside the linear one; null without a group. */
export function shardScaling(groups: readonly ScalingGroup[]): Svg | null {
  const all = groups.flatMap(({ points }) => [...points])
  if (all.length === 0) return null
  const names = scalingNames(groups)
  const words = names.map((name) => cutText(name, 150))
  const room = Math.max(...[...words, 'linear'].map((name) => textWidth(name) * 1.14)) + 50
  const plot: Plot = { left: 60, right: WIDTH - room, top: 74, bottom: HEIGHT - 56 }
  const counts = [...new Set(all.map(({ shards }) => shards))].toSorted((a, b) => a - b)
  const [fewest = 1, most = 1] = [counts[0], counts.at(-1)]
  const linear = most / Math.min(...groups.map(({ points }) => points[0].shards))
  const x = scaleLinear([fewest, most], [plot.left + 24, plot.right - 24])
  const y = scaleLinear([0, Math.max(linear, ...all.map(({ speedup }) => speedup))], [plot.bottom, plot.top]).nice(5)
  const ticks = y.ticks(5).map((value) => ({ at: y(value), label: `${formatNumber(value)}x` }))
  const labels: EndLabel[] = [
    { words: 'linear', x: x(most), y: y(linear), stroke: 'plan' },
    ...groups.map(({ points }, i) => {
      const last = points.at(-1) ?? points[0]
      return { words: words[i] ?? '', x: x(last.shards), y: y(last.speedup), stroke: `s${i % SERIES_COLOURS}` }
    }),
  ]
  return chart(
    {
      title: 'Capacity by number of shards',
      subtitle: 'speed-up over the fewest shards; the dashed line is linear growth',
      description: groups
        .map(
          ({ points }, i) =>
            `${names[i]}: ${points.map(({ shards, speedup }) => `${formatRatio(speedup)} with ${shards}`).join(', ')}`,
        )
        .join('; '),
    },
    HEIGHT,
    [
      ...valueAxis(plot, ticks),
      line(x(fewest), y(1), x(most), y(linear), 'line dash1 plan'),
      ...groups.map(({ points }, i) =>
        el('path', {
          class: `line s${i % SERIES_COLOURS}`,
          d: `M${points.map(({ shards, speedup }) => `${Math.round(x(shards) * 10) / 10} ${Math.round(y(speedup) * 10) / 10}`).join('L')}`,
        }),
      ),
      ...groups.flatMap(({ points }, i) =>
        points.map(({ shards, speedup }) =>
          el('circle', { class: `f${i % SERIES_COLOURS}`, cx: x(shards), cy: y(speedup), r: DOT }),
        ),
      ),
      ...figures(groups, x, y),
      ...baseAxis(
        plot,
        counts.map((shards) => ({ at: x(shards), label: formatNumber(shards) })),
        'shards',
      ),
      ...endLabels(labels, plot.right + 30, plot.top + 6, plot.bottom - 4),
    ],
  )
}

/** The speed-up below each point, where no other point stands there. */
function figures(
  groups: readonly ScalingGroup[],
  x: (shards: number) => number,
  y: (speedup: number) => number,
): Svg[] {
  return groups.flatMap(({ points }) =>
    points.slice(1).flatMap(({ shards, speedup }) => {
      const others = groups.flatMap((group) => group.points.filter((point) => point.shards === shards))
      const taken = others.some((other) => other.speedup < speedup && y(other.speedup) - y(speedup) < 30)
      if (taken) return []
      return [text(formatRatio(speedup), { x: x(shards), y: y(speedup) + 20, class: 'small halo', anchor: 'middle' })]
    }),
  )
}

/** What tells groups apart: how keys are drawn, and the scheme where it differs. */
export function scalingNames(groups: readonly ScalingGroup[]): string[] {
  const schemes = new Set(groups.map(({ scheme }) => scheme)).size > 1
  const keys = new Set(groups.map((group) => group.keys)).size > 1
  const names = groups.map((group) =>
    [...(keys || !schemes ? [group.keys] : []), ...(schemes ? [group.scheme] : [])].join(', '),
  )
  return names.map((name, i) =>
    names.indexOf(name) === names.lastIndexOf(name)
      ? name
      : `${name} #${names.slice(0, i + 1).filter((other) => other === name).length}`,
  )
}
