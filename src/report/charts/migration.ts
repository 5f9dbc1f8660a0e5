import { scaleLinear } from 'd3-scale'
import type { Batch } from '../../core/sharding.js'
import { formatDuration, formatNumber } from '../../core/units.js'
import { moveWords, type ReshardRun } from '../reshard-words.js'
import type { Layer } from './chart.js'
import { bar, words } from './layers.js'
import { clockEnd, type NamedMark, overTime } from './run-clock.js'
import { cutText, type Svg } from './svg.js'

/** More pairs of shards than this are drawn by the shard they leave. */
const MOST_ROWS = 12
const ROW = 24
const BAR = 14
/** A hold is short: it would vanish at its true width. */
const NARROWEST = 2

const PARTS = {
  copy: { words: 'copied', fill: 'f0', opacity: 1 },
  catchUp: { words: 'caught up', fill: 'f2', opacity: 1 },
  held: { words: 'held for writing', fill: 'f1', opacity: 1 },
  drop: { words: 'old rows dropped', fill: 'fillplan', opacity: 0.55 },
} as const

/** What was done with each batch and when, a row for each pair of shards; null where no batch was moved. */
export function reshardTimeline(record: ReshardRun): Svg | null {
  const { batches, held_ms } = record.reshard
  if (batches.length === 0) return null
  const few = new Set(batches.map(pairOf)).size <= MOST_ROWS
  const rowOf = few ? pairOf : ({ from }: Batch) => `from ${from}`
  const rows = [...new Set(batches.map(rowOf))]
  const middleOf = (batch: Batch): number => rows.indexOf(rowOf(batch)) + 0.5
  return overTime(record, reshardMarks(record), {
    title: 'Batches over time',
    subtitle: `the rows that moved, ${few ? 'by pair of shards' : 'by the shard they left'}; short holds are drawn wider than they were`,
    description: `${formatNumber(batches.length)} batches; held for writing ${held_ms.p95 === null ? '-' : formatNumber(held_ms.p95)} ms (p95) each.`,
    height: rows.length * ROW + 4,
    // Names stand on the right, so that a moment stands at the same place as in the charts above it.
    y: { scale: scaleLinear([rows.length, 0], [0, 1]), ticks: rows.map((_, i) => ({ value: i + 0.5, label: '' })) },
    legend: Object.values(PARTS),
    above: [
      ...batches.flatMap((batch) => segments(batch, middleOf(batch))),
      // After all segments: what follows a hold must not cover it.
      ...batches.map((batch) => hold(batch, middleOf(batch))),
      ...rows.map((name, i) =>
        words(cutText(name, 112, 12), [clockEnd(record), i + 0.5], { dx: 10, dy: 4, class: 'small' }),
      ),
    ],
  })
}

/** The migration's begin and end as marks for charts over time. */
export function reshardMarks({ reshard }: ReshardRun): NamedMark[] {
  const { started_ms, ended_ms, outcome } = reshard
  return [
    { t_ms: started_ms, words: `migration begins: ${moveWords(reshard)}` },
    { t_ms: ended_ms, words: `${outcome} after ${formatDuration(ended_ms - started_ms)}` },
  ]
}

function pairOf({ from, to }: Batch): string {
  return `${from} → ${to}`
}

/** When a batch was copied, caught up, switched and dropped (ms). */
function moments(batch: Batch) {
  const copied = batch.started_ms + batch.copy_ms
  const caughtUp = copied + batch.catch_up_ms
  const switched = caughtUp + batch.held_ms
  return { copied, caughtUp, switched, dropped: switched + batch.dropped_ms }
}

function segments(batch: Batch, height: number): Layer[] {
  const { copied, caughtUp, switched, dropped } = moments(batch)
  return [
    bar([batch.started_ms, copied], height, PARTS.copy.fill, { thick: BAR }),
    bar([copied, caughtUp], height, PARTS.catchUp.fill, { thick: BAR }),
    bar([switched, dropped], height, PARTS.drop.fill, { thick: BAR, opacity: PARTS.drop.opacity }),
  ]
}

function hold(batch: Batch, height: number): Layer {
  const { caughtUp, switched, dropped } = moments(batch)
  return (frame) => {
    // Among many batches holds would cover all else.
    const least = Math.min(NARROWEST, (frame.x(dropped) - frame.x(batch.started_ms)) / 5)
    return bar([caughtUp, switched], height, PARTS.held.fill, { thick: BAR + 6, least })(frame)
  }
}
