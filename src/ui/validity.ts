import type { RunRecord, Validity } from '../core/record.js'
import { remedyFor } from '../core/remedies.js'
import { bearing, doubtBy, doubtsOf, formatChecked, meaningOf } from '../core/validity.js'
import { paint, type Tone } from './style.js'
import type { TextOptions } from './table.js'
import { hang } from './verdicts.js'
import { oneLine } from './width.js'

/** What can be done about a failed check of a run; null where nothing is known. */
type Remedy = (row: Validity) => string | null

/**
 * What was checked about a run, in one line: its doubts, or how many checks hold; then each failed check with what to do.
 * Their figures are in the report. A doubt forbids reading a winner off the figures.
 */
export function renderValidity(validity: readonly Validity[], options: TextOptions, remedy?: Remedy): string {
  return [heading('', validity, options), ...failures(validity, options, remedy)].join('\n')
}

/** The same of one run of several. */
export function renderRunValidity(name: string, record: RunRecord, options: TextOptions): string {
  const validity = bearing(record)
  return [
    heading(`${name}: `, validity, options),
    ...failures(validity, options, (row) => remedyFor(row, record)),
  ].join('\n')
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

/** Each failed check, what it means, and what to do. */
export function failures(validity: readonly Validity[], options: TextOptions, remedy: Remedy = () => null): string[] {
  return validity.filter(({ ok }) => !ok).map((row) => failure(row, remedy(row), options))
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

function failure(row: Validity, remedy: string | null, options: TextOptions): string {
  const { check, value, limit, unit } = row
  const measured = value === null ? 'unknown' : formatChecked(value, unit)
  const what = `! ${check} ${measured} (limit ${formatChecked(limit, unit)}): ${meaningOf(row)}.`
  return lines(remedy === null ? what : `${what} ${remedy}`, 'warn', options)
}

/** Text in lines; those after the first stand two cells in. */
function lines(text: string, tone: Tone, { width, colour }: TextOptions): string {
  const clean = oneLine(text)
  const margin = /^ */.exec(text)?.[0].length ?? 0
  return hang(clean.trimStart(), 2, width)
    .map((line, index) => paint(index === 0 ? ' '.repeat(margin) + line.slice(2) : line, tone, colour))
    .join('\n')
}
