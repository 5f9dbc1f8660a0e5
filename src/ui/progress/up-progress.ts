import { formatDuration } from '../../core/units.js'
import { paint, type Tone } from '../style.js'
import { oneLine, truncate } from '../width.js'

/** What an engine tells while it brings a stack up, as far as it is shown. */
export type ProgressEvent =
  | { kind: 'pull'; image: string /** 0 to 1, null when unknown */; done: number | null }
  | { kind: 'starting'; node: string }
  | { kind: 'ready'; node: string; ms: number }
  | { kind: 'note'; text: string }

export interface UpProgressOptions {
  /** Takes text with its line breaks and, on a terminal, escape codes. */
  write: (text: string) => void
  isTTY: boolean
  /** How many nodes there will be. */
  nodes: number
  /** Off when not given. */
  colour?: boolean
  /** Cells of a line, asked for each time because a terminal may be resized; 80 when not given. */
  columns?: () => number
}

export interface UpProgress {
  event(event: ProgressEvent): void
  /** Takes the line about what is under way off the terminal. Idempotent. */
  close(): void
}

/** Pulls are told in quarters where a line cannot be written over. */
const QUARTER = 0.25
const CLEAR_LINE = '\r\x1b[2K'

/**
 * Lines for a stack that comes up: what is done stays; what is under way (pulls with their percentage, nodes that
 * start) stands on a last line of its own on a terminal, and elsewhere is told once.
 */
export function createUpProgress(options: UpProgressOptions): UpProgress {
  const { write, isTTY, nodes, colour = false, columns = () => 80 } = options
  const pulls = new Map<string, number | null>()
  const starting = new Set<string>()
  const told = new Map<string, number>()
  let ready = 0
  let live = false

  const clear = (): void => {
    if (live) write(CLEAR_LINE)
    live = false
  }
  const line = (text: string, tone: Tone): void => {
    clear()
    write(`${paint(text, tone, colour)}\n`)
  }
  const redraw = (): void => {
    clear()
    const under = [
      ...[...pulls].map(([image, done]) => `pulling ${image}${done === null ? '' : ` ${percent(done)}`}`),
      ...(starting.size > 0 ? [`${ready} of ${nodes} ready, starting ${[...starting].join(', ')}`] : []),
    ]
    if (!isTTY || under.length === 0) return
    // One cell less: a line as wide as the terminal would wrap, and could not be taken off.
    write(paint(truncate(`  ${under.join('; ')}`, columns() - 1), 'dim', colour))
    live = true
  }

  const pull = (image: string, done: number | null): void => {
    if (done === 1) {
      if (told.get(image) === 1) return
      told.set(image, 1)
      pulls.delete(image)
      line(`pulled ${image}`, 'plain')
      return
    }
    pulls.set(image, done)
    const quarter = Math.floor((done ?? 0) / QUARTER) * QUARTER
    if (isTTY || quarter <= (told.get(image) ?? -1)) return
    told.set(image, quarter)
    line(`pulling ${image}${done === null ? '' : ` ${percent(quarter)}`}`, 'plain')
  }

  return {
    event(event) {
      switch (event.kind) {
        case 'pull':
          pull(oneLine(event.image), event.done)
          break
        case 'starting':
          starting.add(oneLine(event.node))
          if (!isTTY) line(`starting ${oneLine(event.node)}`, 'plain')
          break
        case 'ready':
          starting.delete(oneLine(event.node))
          ready += 1
          line(`ready ${oneLine(event.node)} after ${formatDuration(event.ms)}`, 'plain')
          break
        case 'note':
          line(oneLine(event.text), 'warn')
          break
      }
      redraw()
    },
    close: clear,
  }
}

function percent(done: number): string {
  return `${Math.round(done * 100)} %`
}
