import type { CapacityProbe, CapacityRecord } from '../core/capacity.js'
import { isLaboratory } from '../core/capacity-judgement.js'
import { formatDuration, formatNumber } from '../core/units.js'
import { formatValue } from '../core/value.js'
import { milliseconds } from './figures.js'
import { paint, type Tone } from './style.js'
import type { TextOptions } from './table.js'
import { displayWidth, oneLine, truncate } from './width.js'

const WORDS: Record<'true' | 'false' | 'null', readonly [string, Tone]> = {
  true: ['holds', 'good'],
  false: ['missed', 'bad'],
  null: ['in doubt', 'warn'],
}

/** What came of the closed loop, as a line of progress. */
export function maximumLine(
  { maximum_rps: rps, maximum }: Pick<CapacityRecord, 'maximum_rps' | 'maximum'>,
  { width, colour }: TextOptions,
): string {
  const doubts = maximum?.doubts.filter(isLaboratory) ?? []
  const words: readonly [string, Tone] = doubts.length === 0 ? ['reached', 'plain'] : WORDS.null
  const why = doubts.length === 0 ? `over ${maximum?.connections ?? 0} connections` : doubts.join(', ')
  return progressLine('closed loop', rps ?? 0, words, why, { width, colour })
}

/** What came of a probe, as a line of progress: its phase and rate, whether the objective held, and why not. */
export function probeLine(probe: CapacityProbe, options: TextOptions): string {
  const { phase, rps, holds, reason, p50_ms, p99_ms, errors } = probe
  // What was missed with how much stands in the figures already.
  const reasons = (reason ?? '').split('; ').filter((text) => text !== '' && !text.includes(' missed with '))
  const figures = [
    `p99 ${milliseconds(p99_ms)} ms`,
    // A line holds either the median or what was wrong.
    ...(holds === true ? [`p50 ${milliseconds(p50_ms)} ms`] : []),
    ...(errors === null || errors === 0 ? [] : [`errors ${formatValue(errors, 'share')}`]),
  ]
  return progressLine(phase, rps, WORDS[`${holds}`], [figures.join(', '), ...reasons].join('; '), options)
}

function progressLine(
  phase: string,
  rps: number,
  [word, tone]: readonly [string, Tone],
  words: string,
  { width, colour }: TextOptions,
): string {
  const head = `${phase.padEnd(12)}  ${formatNumber(rps).padStart(7)}/s  `
  const room = Math.max(0, width - displayWidth(head) - 10)
  return `${head}${paint(word.padEnd(10), tone, colour)}${truncate(oneLine(words), room)}`
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
