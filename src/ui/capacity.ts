import type { CapacityProbe, CapacityRecord } from '../core/capacity.js'
import { capacityAnswer } from '../core/capacity-answer.js'
import { isLaboratory } from '../core/capacity-judgement.js'
import { formatDuration, formatNumber } from '../core/units.js'
import { formatValue } from '../core/verdict.js'
import { milliseconds } from './figures.js'
import { paint, type Tone } from './style.js'
import type { TextOptions } from './table.js'
import { displayWidth, oneLine, truncate, wrap } from './width.js'

/** The answer of a search for the terminal: its first sentence strong. */
export function renderCapacity(record: CapacityRecord, { width, colour }: TextOptions): string {
  const [first = '', ...rest] = capacityAnswer(record)
  const tone: Tone = record.confirmed ? 'strong' : 'warn'
  return [
    ...wrap(oneLine(first), width).map((line) => paint(line, tone, colour)),
    ...(rest.length === 0 ? [] : wrap(oneLine(rest.join(' ')), width)),
  ].join('\n')
}

const WORDS: Record<'true' | 'false' | 'null', readonly [string, Tone]> = {
  true: ['holds', 'good'],
  false: ['missed', 'bad'],
  null: ['in doubt', 'warn'],
}

/** What came of the closed loop, as a line of progress. */
export function maximumLine({ maximum_rps: rps, maximum }: CapacityRecord, { width, colour }: TextOptions): string {
  const doubts = maximum?.doubts.filter(isLaboratory) ?? []
  const reached = `closed loop   ${formatNumber(rps ?? 0).padStart(7)}/s  is the most that ${maximum?.connections ?? 0} connections get`
  const line = doubts.length === 0 ? reached : `${reached} (${doubts.join(', ')})`
  return paint(truncate(line, width), doubts.length === 0 ? 'plain' : 'warn', colour)
}

/** What came of a probe, as a line of progress: its phase and rate, whether the objective held, and why not. */
export function probeLine(probe: CapacityProbe, { width, colour }: TextOptions): string {
  const [word, tone] = WORDS[`${probe.holds}`]
  const head = `${probe.phase.padEnd(12)}  ${formatNumber(probe.rps).padStart(7)}/s  `
  const errors = probe.errors === null ? '' : `, errors ${formatValue(probe.errors, 'share')}`
  const extra =
    probe.holds === true ? [] : (probe.reason ?? '').split('; ').filter((reason) => !reason.includes(' missed with '))
  const figures = `p50 ${milliseconds(probe.p50_ms)} ms, p99 ${milliseconds(probe.p99_ms)} ms${errors}${extra.length === 0 || extra[0] === '' ? '' : `; ${extra.join('; ')}`}`
  const room = width - displayWidth(head) - 10
  return `${head}${paint(word.padEnd(10), tone, colour)}${truncate(oneLine(figures), Math.max(0, room))}`
}

/** What is being probed, where the answer lies as far as is known, and how long it will take. */
export function probingLine(
  step: { rps: number; phase: string; bracket: { low: number; high: number } },
  leftMs: number | null,
): string {
  const { low, high } = step.bracket
  const left = leftMs === null ? '' : `, about ${formatDuration(leftMs)} left`
  return `${step.phase} at ${formatNumber(step.rps)}/s; between ${formatNumber(low)} and ${formatNumber(high)}/s${left}`
}
