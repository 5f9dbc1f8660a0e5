import { citedSource } from '../core/claims.js'
import type { Verdict } from '../core/record.js'
import { formatValue } from '../core/value.js'
import { paint, type Tone } from './style.js'
import type { TextOptions } from './table.js'
import { oneLine, wrap } from './width.js'

const RESULTS: Record<Verdict['result'], readonly [string, Tone]> = {
  pass: ['PASS', 'good'],
  fail: ['FAIL', 'bad'],
  unknown: ['UNKNOWN', 'warn'],
}
const RESULT_WIDTH = 9

/** A line or more per verdict: the result as a word, the claim, what was expected and what was measured. */
export function renderVerdicts(verdicts: readonly Verdict[], { width, colour }: TextOptions): string {
  return verdicts
    .flatMap((verdict) => {
      const [word, tone] = RESULTS[verdict.result]
      const measured =
        verdict.measured === null ? 'not measured' : `measured ${formatValue(verdict.measured, verdict.unit)}`
      const source = verdict.source === null ? '' : ` (${citedSource(verdict.source)})`
      const reason = verdict.reason === null ? '' : `; ${verdict.reason}`
      const text = `${verdict.claim}${source}: expected ${verdict.expected}, ${measured}${reason}`
      return hang(text, RESULT_WIDTH, width).map((line, index) =>
        index === 0 ? paint(word, tone, colour) + line.slice(word.length) : line,
      )
    })
    .join('\n')
}

/** Text in lines with a margin of `indent` cells. */
export function hang(text: string, indent: number, width: number): string[] {
  return wrap(oneLine(text), Math.max(1, width - indent)).map((line) => ' '.repeat(indent) + line)
}
