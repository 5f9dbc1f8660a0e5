import type { Phase, Snapshot } from '../../core/snapshot.js'
import { formatDuration } from '../../core/units.js'
import { count } from '../figures.js'
import type { Glyphs, Line, Tone } from '../style.js'
import { displayWidth, oneLine, padEnd, padStart, truncate } from '../width.js'

const PHASE_WIDTH = Math.max(...['starting', 'warm-up', 'measuring', 'draining', 'done'].map((phase) => phase.length))

const PHASE_TONES: Record<Phase, Tone> = {
  starting: 'strong',
  'warm-up': 'strong',
  measuring: 'good',
  draining: 'warn',
  done: 'strong',
}

/** What runs where, and at the right how it is loaded. */
export function headerLine(snapshot: Snapshot, width: number, glyphs: Glyphs): Line {
  const between = ` ${glyphs.dot} `
  const load = snapshot.mode === 'open' ? 'open loop' : 'closed loop'
  const right = `${load}, ${count(snapshot.connections)} ${snapshot.connections === 1 ? 'connection' : 'connections'}`
  const scenario = oneLine(snapshot.scenario)
  const rest = [snapshot.engine, snapshot.target]
    .flatMap((part) => (part === null ? [] : [between + oneLine(part)]))
    .join('')
  const room = width - displayWidth(right) - 3
  const left = truncate(scenario + rest, Math.max(0, room), glyphs.ellipsis)
  const name = left.startsWith(scenario) ? scenario : left
  return [
    [' '],
    [name, 'strong'],
    [padEnd(left.slice(name.length), Math.max(0, room - displayWidth(name)), glyphs.ellipsis)],
    [` ${right}`, 'dim'],
  ]
}

/** The question in one line, or what the command has to say, which is more urgent. */
export function questionLine(snapshot: Snapshot, notice: string | null): Line {
  return notice === null ? [[` ${oneLine(snapshot.question)}`, 'dim']] : [[` ! ${oneLine(notice)}`, 'warn']]
}

/** The phase, how much of the run is over, and the time left. */
export function phaseLine(snapshot: Snapshot, width: number, glyphs: Glyphs): Line {
  const { phase, t_ms, total_ms } = snapshot
  const over = phase === 'done' || phase === 'draining'
  const done = over ? 1 : total_ms > 0 ? Math.min(1, Math.max(0, t_ms / total_ms)) : 0
  const left = formatDuration(Math.max(0, total_ms - t_ms))
  const text = over
    ? phase === 'done'
      ? `after ${formatDuration(t_ms)}`
      : 'waiting for the last answers'
    : `${left} left of ${formatDuration(total_ms)}`
  const right = padStart(text, Math.max(28, displayWidth(text)))
  const cells = Math.max(0, width - PHASE_WIDTH - displayWidth(right) - 5)
  const filled = Math.round(done * cells)
  return [
    [` ${phase.padEnd(PHASE_WIDTH)}  `, PHASE_TONES[phase]],
    [glyphs.over.repeat(filled), 'data'],
    [glyphs.rest.repeat(cells - filled), 'dim'],
    [` ${right}`],
  ]
}
