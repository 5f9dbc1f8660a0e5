import type { Validity } from '../core/record.js'
import { doubtBy, doubtsOf, formatChecked, unmeasured } from '../core/validity.js'
import { paint, type Tone } from './style.js'
import type { TextOptions } from './table.js'
import { hang } from './verdicts.js'
import { oneLine } from './width.js'

/**
 * What was checked about a run: the doubts in their words, each failed check with what to do, then the figures of those
 * that hold, and what was not measured. Printed with every result; a doubt forbids reading a winner off the figures.
 */
export function renderValidity(validity: readonly Validity[], options: TextOptions): string {
  const sound = headingOf(validity) === null
  return [heading('', validity, options), ...failures(validity, options), ...figures(sound, validity, options)].join(
    '\n',
  )
}

/** The same of one run of several: its doubts in full, else that there are none. */
export function renderRunValidity(name: string, validity: readonly Validity[], options: TextOptions): string {
  return [heading(`${name}: `, validity, options), ...failures(validity, options)].join('\n')
}

function heading(start: string, validity: readonly Validity[], options: TextOptions): string {
  const doubt = headingOf(validity)
  if (doubt !== null) {
    return lines(`${start}${doubt}: no verdict on the system, and no winner is named.`, 'bad', options)
  }
  if (validity.length === 0) {
    return lines(`${start}Validity: nothing was checked, so treat the figures with care.`, 'warn', options)
  }
  const held = validity.filter(({ value }) => value !== null).length
  const others = held === validity.length ? '' : `; ${validity.length - held} could not be measured`
  return lines(`${start}Validity: ${held} ${held === 1 ? 'check holds' : 'checks hold'}${others}.`, 'dim', options)
}

function failures(validity: readonly Validity[], options: TextOptions): string[] {
  return validity.filter(({ ok }) => !ok).map((row) => failure(row, options))
}

function figures(sound: boolean, validity: readonly Validity[], options: TextOptions): string[] {
  const holding = validity.filter(({ ok, value }) => ok && value !== null)
  return [
    ...(holding.length === 0 ? [] : [`  ${sound ? '' : 'holds: '}${holding.map(figure).join('; ')}`]),
    ...unmeasured(validity).map((text) => `  not measured: ${text}`),
  ].map((text) => lines(text, 'dim', options))
}

/** "generator-limited (generator-cpu): what it means": the word of the result first, then what says so. */
export function doubtText(check: string, text: string): string {
  const word = doubtBy(check)
  return word === undefined ? `${oneLine(check)}: ${oneLine(text)}` : `${word} (${check}): ${oneLine(text)}`
}

/** The doubts of a run as a heading, "GENERATOR-LIMITED, NOT STEADY"; null when there are none. */
function headingOf(validity: readonly Validity[]): string | null {
  const unknown = validity.filter(({ ok, check }) => !ok && doubtBy(check) === undefined)
  const words = [
    ...doubtsOf(validity).map((doubt) => doubt.toUpperCase()),
    ...unknown.map(({ check }) => oneLine(check)),
  ]
  return words.length === 0 ? null : words.join(', ')
}

function failure({ check, value, limit, unit, meaning }: Validity, options: TextOptions): string {
  const measured = value === null ? 'unknown' : formatChecked(value, unit)
  return lines(`! ${check} ${measured} (limit ${formatChecked(limit, unit)}): ${meaning}`, 'warn', options)
}

function figure({ check, value, unit }: Validity): string {
  return `${check} ${value === null ? '-' : formatChecked(value, unit)}`
}

/** Text in lines; those after the first stand two cells in. */
function lines(text: string, tone: Tone, { width, colour }: TextOptions): string {
  const clean = oneLine(text)
  const margin = /^ */.exec(text)?.[0].length ?? 0
  return hang(clean.trimStart(), 2, width)
    .map((line, index) => paint(index === 0 ? ' '.repeat(margin) + line.slice(2) : line, tone, colour))
    .join('\n')
}
