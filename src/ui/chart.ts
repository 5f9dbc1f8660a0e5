import type { TickRow } from '../core/record.js'
import type { Glyphs } from './style.js'

/** Ticks further apart than this are still one run: a snapshot holds at most 600 of them. */
const MOST_TICKS = 600

/**
 * One value per chart column, from left to right over the whole run, so that the chart fills up instead of moving.
 * A run too long for its history shows the last part of it, as wide as the history. Several ticks in a column are put
 * together by `combine`; a tick wider than a column fills the columns it covers. Null: nothing known, or the future.
 */
export function timeColumns(
  history: readonly TickRow[],
  pick: (tick: TickRow) => number | null,
  columns: number,
  totalMs: number,
  combine: (values: readonly number[]) => number,
): (number | null)[] {
  const filled: (number | null)[] = Array.from({ length: columns }, () => null)
  const first = history[0]
  const last = history.at(-1)
  if (first === undefined || last === undefined || columns <= 0) return filled
  const tickMs = history.length > 1 ? (last.t_ms - first.t_ms) / (history.length - 1) : last.t_ms
  const whole = totalMs <= MOST_TICKS * tickMs
  const from = whole ? 0 : Math.max(0, last.t_ms - MOST_TICKS * tickMs)
  const until = whole ? Math.max(totalMs, last.t_ms) : Math.max(last.t_ms, MOST_TICKS * tickMs)
  const column = (t: number): number => ((t - from) / (until - from)) * columns
  const buckets: number[][] = Array.from({ length: columns }, () => [])
  for (const tick of history) {
    const value = pick(tick)
    if (value === null || !Number.isFinite(value)) continue
    let start = Math.round(column(tick.t_ms - tickMs))
    let end = Math.round(column(tick.t_ms))
    if (end <= start) {
      start = Math.floor(column(tick.t_ms - tickMs / 2))
      end = start + 1
    }
    for (let at = Math.max(0, start); at < end && at < columns; at++) buckets[at]?.push(value)
  }
  return buckets.map((values) => (values.length === 0 ? null : combine(values)))
}

/**
 * Columns as `height` lines of blocks, the top line first; 0 at the foot, `top` at the full height. A value above 0
 * shows at least the lowest block.
 */
export function drawColumns(values: readonly (number | null)[], top: number, height: number, glyphs: Glyphs): string[] {
  const steps = glyphs.levels.length - 1
  const lines: string[] = []
  for (let row = height - 1; row >= 0; row--) {
    let line = ''
    for (const value of values) {
      if (value === null) {
        line += row === 0 ? glyphs.future : ' '
        continue
      }
      const full = top > 0 ? Math.min(1, value / top) * height * steps : 0
      const level = Math.round(full) - row * steps
      const least = row === 0 && value > 0 ? 1 : 0
      line += glyphs.levels[Math.max(least, Math.min(steps, level))] ?? ' '
    }
    lines.push(line)
  }
  return lines
}

/** A share of a full bar, in parts of a cell, padded to `width` cells. */
export function drawBar(share: number, width: number, glyphs: Glyphs): string {
  const parts = glyphs.parts.length - 1
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width * parts)
  const whole = Math.floor(filled / parts)
  const bar = (glyphs.parts[parts] ?? '').repeat(whole) + (glyphs.parts[filled % parts] ?? '')
  return bar.padEnd(width)
}
