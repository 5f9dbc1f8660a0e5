import type { Batch } from '../../core/sharding.js'
import { formatDuration, formatNumber } from '../../core/units.js'
import { moveWords, type ReshardRun } from '../reshard-words.js'
import { chart, type Plot, WIDTH } from './frame.js'
import { legend } from './legend.js'
import type { NamedMark } from './named-marks.js'
import { cutText, el, line, type Svg, text } from './svg.js'
import { timeAxis } from './time-axis.js'

/** The sides of the chart of the latency over time, so that a moment stands at the same place in both. */
const SIDES = { left: 68, right: WIDTH - 130 }
const TOP = 96
const ROW = 24
const BAR = 14
/** More pairs of shards than this are drawn by the shard they leave. */
const MOST_ROWS = 12
/** A hold is short: it would vanish at its true width. */
const NARROWEST = 2

const PARTS = {
  copy: { words: 'copied', fill: 'f0' },
  catchUp: { words: 'caught up', fill: 'f2' },
  held: { words: 'held for writing', fill: 'f1' },
  drop: { words: 'old rows dropped', fill: 'fillplan', opacity: 0.55 },
} as const

/** What was done with each batch and when, a row for each pair of shards; null where no batch was moved. */
export function reshardTimeline(record: ReshardRun): Svg | null {
  const { batches, held_ms } = record.reshard
  if (batches.length === 0) return null
  const pairs = [...new Set(batches.map(pairOf))]
  const rowOf = pairs.length <= MOST_ROWS ? pairOf : ({ from }: Batch) => `from ${from}`
  const rows = [...new Set(batches.map(rowOf))]
  const plot: Plot = { ...SIDES, top: TOP, bottom: TOP + rows.length * ROW + 4 }
  const axis = timeAxis(record, plot, false)
  // Where the load ended before the migration, its rest is beyond the clock.
  const x = (ms: number): number => Math.min(plot.right, axis.x(ms))
  return chart(
    {
      title: 'Batches over time',
      subtitle: `what was done with the rows that moved, ${pairs.length <= MOST_ROWS ? 'by pair of shards' : 'by the shard they left'}; short holds are drawn wider than they were`,
      description: `${formatNumber(batches.length)} batches; held for writing ${held_ms.p95 === null ? '-' : formatNumber(held_ms.p95)} ms (p95) each.`,
    },
    plot.bottom + 56,
    [
      ...axis.behind,
      ...legend(Object.values(PARTS), SIDES.left, 78),
      ...span(record, x, plot),
      ...rows.flatMap((name, i) => {
        const middle = plot.top + (i + 0.5) * ROW + 2
        const mine = batches.filter((batch) => rowOf(batch) === name)
        return [
          line(plot.left, middle, plot.right, middle, 'grid'),
          ...mine.flatMap((batch) => segments(batch, x, middle)),
          // After all segments: what follows a hold must not cover it.
          ...mine.map((batch) => hold(batch, x, middle)),
          text(cutText(name, 112, 12), { x: plot.right + 10, y: middle + 4, class: 'small' }),
        ]
      }),
      ...axis.front,
    ],
  )
}

/** The migration's begin and end as marks for charts over time. */
export function reshardMarks({ reshard }: ReshardRun): NamedMark[] {
  const length = formatDuration(reshard.ended_ms - reshard.started_ms)
  const end = { moved: 'moved', 'rolled back': 'rolled back', interrupted: 'interrupted', failed: 'failed' }[
    reshard.outcome
  ]
  return [
    { t_ms: reshard.started_ms, words: `migration begins: ${moveWords(reshard)}` },
    { t_ms: reshard.ended_ms, words: `${end} after ${length}` },
  ]
}

function pairOf({ from, to }: Batch): string {
  return `${from} → ${to}`
}

function span({ reshard }: ReshardRun, x: (ms: number) => number, plot: Plot): Svg[] {
  return [reshard.started_ms, reshard.ended_ms].map((moment) =>
    line(x(moment), plot.top - 8, x(moment), plot.bottom, 'mark'),
  )
}

function segments(batch: Batch, x: (ms: number) => number, middle: number): Svg[] {
  const caughtUp = batch.started_ms + batch.copy_ms + batch.catch_up_ms
  const switched = caughtUp + batch.held_ms
  return [
    bar(batch.started_ms, batch.started_ms + batch.copy_ms, PARTS.copy, x, middle),
    bar(batch.started_ms + batch.copy_ms, caughtUp, PARTS.catchUp, x, middle),
    bar(switched, switched + batch.dropped_ms, PARTS.drop, x, middle),
  ]
}

function bar(
  from: number,
  to: number,
  { fill, opacity }: { fill: string; opacity?: number },
  x: (ms: number) => number,
  middle: number,
): Svg {
  return el('rect', {
    class: fill,
    'fill-opacity': opacity === undefined ? undefined : String(opacity),
    x: x(from),
    y: middle - BAR / 2,
    width: x(to) - x(from),
    height: BAR,
  })
}

function hold(batch: Batch, x: (ms: number) => number, middle: number): Svg {
  const from = batch.started_ms + batch.copy_ms + batch.catch_up_ms
  // Among many batches holds would cover all else.
  const narrowest = Math.min(NARROWEST, (x(from + batch.held_ms + batch.dropped_ms) - x(batch.started_ms)) / 5)
  return el('rect', {
    class: PARTS.held.fill,
    x: x(from),
    y: middle - BAR / 2 - 3,
    width: Math.max(narrowest, x(from + batch.held_ms) - x(from)),
    height: BAR + 6,
  })
}
