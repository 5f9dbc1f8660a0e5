import { formatDuration } from '../../core/units.js'
import { type Look, paint } from '../style.js'
import { truncate } from '../width.js'

export interface PlanProgressOptions {
  /** Takes text with its line breaks and, on a terminal, escape codes. */
  write: (text: string) => void
  isTTY: boolean
  look: Look
  columns: () => number
  /** Milliseconds, monotonic. */
  now: () => number
}

export interface PlanProgress {
  /** @param what is under way @param done of it, 0 to 1 */
  update(what: string, done: number): void
  /** Takes the line off the terminal. Idempotent. */
  close(): void
}

/** What takes less needs no words about it, in milliseconds. */
const PATIENCE_MS = 800
/** Between two lines where a line cannot be written over. */
const LINE_MS = 10_000
const BAR = 24
const CLEAR_LINE = '\r\x1b[2K'

/** How far something is and how long it will take: a line that is written over, or one every ten seconds. */
export function createPlanProgress({ write, isTTY, look, columns, now }: PlanProgressOptions): PlanProgress {
  const { colour, glyphs } = look
  const begun = now()
  let stage = ''
  let since = begun
  let told = begun
  let live = false

  const draw = (what: string, done: number): void => {
    const elapsed = now() - since
    const left = done > 0.02 ? `, ${formatDuration((elapsed / done) * (1 - done))} left` : ''
    const text = `${Math.floor(done * 100)} %${left}`
    if (!isTTY) {
      write(`${what}: ${text}\n`)
      return
    }
    const filled = Math.round(BAR * done)
    const bar = `${paint(glyphs.over.repeat(filled), 'data', colour)}${paint(glyphs.rest.repeat(BAR - filled), 'dim', colour)}`
    const room = columns() - 1
    const line = `${what}  ${text}`
    const withBar = room >= line.length + BAR + 2
    write(`${CLEAR_LINE}${withBar ? `${what}  ${bar}  ${text}` : truncate(line, room, glyphs.ellipsis)}`)
    live = true
  }

  return {
    update(what, done) {
      const time = now()
      if (what !== stage) {
        stage = what
        since = time
      }
      if (time - begun < PATIENCE_MS || (!isTTY && time - told < LINE_MS)) return
      told = time
      draw(what, Math.min(1, Math.max(0, done)))
    },
    close() {
      if (live) write(CLEAR_LINE)
      live = false
    },
  }
}
