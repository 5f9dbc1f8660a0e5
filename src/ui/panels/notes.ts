import type { RunEvent } from '../../core/record.js'
import type { Snapshot } from '../../core/snapshot.js'
import { seconds } from '../figures.js'
import type { Line, Tone } from '../style.js'
import { doubtText } from '../validity.js'
import { oneLine, wrap } from '../width.js'

const LEVELS: Record<RunEvent['level'], readonly [string, Tone]> = {
  info: [' ', 'plain'],
  warn: ['!', 'warn'],
  error: ['x', 'bad'],
}

/** The doubts about the run so far, in full if `most` lines hold them, else cut to a line each, else counted. */
export function doubtLines(snapshot: Snapshot, width: number, most: number): Line[] {
  const full = wrappedDoubts(snapshot, width)
  if (full.length <= most) return full.map((text): Line => [[text, 'warn']])
  const { doubts } = snapshot
  const shown = doubts.length <= most ? doubts : doubts.slice(0, Math.max(0, most - 1))
  const lines = shown.map((doubt): Line => [[` ! ${doubtText(doubt.check, doubt.text)}`, 'warn']])
  const hidden = doubts.length - shown.length
  if (hidden === 0 || most < 1) return lines
  return [...lines, [[` ! ${hidden} ${lines.length > 0 ? 'more ' : ''}doubts about this run`, 'warn']]]
}

/** Lines that the doubts take in full. */
export function doubtHeight(snapshot: Snapshot, width: number): number {
  return wrappedDoubts(snapshot, width).length
}

function wrappedDoubts({ doubts }: Snapshot, width: number): string[] {
  return doubts.flatMap((doubt) =>
    wrap(doubtText(doubt.check, doubt.text), width - 3).map((line, index) => ` ${index === 0 ? '!' : ' '} ${line}`),
  )
}

/** The last events, the newest at the foot. */
export function eventLines({ events }: Snapshot, most: number): Line[] {
  if (most < 1) return []
  return events.slice(-most).map(({ t_ms, level, text }): Line => {
    const [mark, tone] = LEVELS[level]
    return [
      [` ${seconds(t_ms)} `, 'dim'],
      [`${mark} ${oneLine(text)}`, tone],
    ]
  })
}
