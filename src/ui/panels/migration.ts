import type { ReshardProgress } from '../../core/sharding.js'
import type { Snapshot } from '../../core/snapshot.js'
import { formatDuration } from '../../core/units.js'
import { count, milliseconds } from '../figures.js'
import type { Glyphs, Line } from '../style.js'
import { displayWidth, oneLine } from '../width.js'

/** Wide enough for "starting shards", so that the bar does not jump. */
const PHASE_WIDTH = 15
const LEAST_BAR = 8

/** A migration in at most two lines: what moves where and how much of it has, then how fast and for how long it held. */
export function migrationLines({ migration }: Snapshot, width: number, most: number, glyphs: Glyphs): Line[] {
  if (migration === null) return []
  return [barLine(migration, width, glyphs), paceLine(migration, glyphs)].slice(0, Math.max(0, most))
}

export function migrationHeight({ migration }: Snapshot): number {
  return migration === null ? 0 : 2
}

/** How much of it has moved, 0 to 1. */
export function movedShare({ phase, moved_rows, total_rows }: ReshardProgress): number {
  if (phase === 'done') return 1
  return total_rows === 0 ? 0 : Math.min(1, moved_rows / total_rows)
}

function barLine(migration: ReshardProgress, width: number, glyphs: Glyphs): Line {
  const { phase, from, to, moved_rows, total_rows, waiting_for } = migration
  const waits = waiting_for !== null
  const what = waits ? `WAITING for ${oneLine(waiting_for)}` : phase
  const where = from === null || to === null ? '' : `${oneLine(from)} to ${oneLine(to)}  `
  const gap = ' '.repeat(Math.max(0, PHASE_WIDTH - displayWidth(what)) + 2)
  const right = ` ${count(moved_rows)} of ${count(total_rows)} rows`
  const cells = Math.max(LEAST_BAR, width - 1 - displayWidth(what + gap + where + right))
  const filled = Math.round(movedShare(migration) * cells)
  return [
    [` ${what}`, waits ? 'bad' : 'strong'],
    [gap + where],
    [glyphs.over.repeat(filled), 'data'],
    [glyphs.rest.repeat(cells - filled), 'dim'],
    [right],
  ]
}

function paceLine(
  { rows_per_s, left_ms, batches, total_batches, longest_held_ms, phase }: ReshardProgress,
  glyphs: Glyphs,
): Line {
  const parts = [
    `batch ${count(batches)} of ${count(total_batches)}`,
    `${count(rows_per_s)} rows/s`,
    ...(longest_held_ms === null ? [] : [`longest hold ${milliseconds(longest_held_ms)} ms`]),
    ...(left_ms === null || phase === 'done' ? [] : [`${formatDuration(left_ms)} left`]),
  ]
  return [[` ${parts.join(` ${glyphs.dot} `)}`, 'dim']]
}
