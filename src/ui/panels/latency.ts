import type { Percentiles } from '../../core/record.js'
import type { Snapshot } from '../../core/snapshot.js'
import { milliseconds } from '../figures.js'
import type { Line, Span, Tone } from '../style.js'
import { LABEL_WIDTH, label } from './rates.js'

const WIDEST = 10
const UNIT = '   ms'
const COLUMNS = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p99.9', 'p99_9'],
  ['max', 'max'],
] as const satisfies readonly (readonly [string, keyof Percentiles])[]

/** The names of the percentiles. */
export function latencyHead(width: number): Line {
  const cells = columnWidth(width)
  const unit = LABEL_WIDTH + COLUMNS.length * cells + UNIT.length <= width ? UNIT : ''
  return [[label(''), 'dim'], ...COLUMNS.map(([name]): Span => [name.padStart(cells), 'dim']), [unit, 'dim']]
}

/** From the moment a request was due to its answer: what a client would see. */
export function responseLine(snapshot: Snapshot, width: number): Line {
  return figures('response', snapshot.response_ms, 'strong', width)
}

/** From the real send: below the response time by what requests waited in the generator. */
export function serviceLine(snapshot: Snapshot, width: number): Line {
  return figures('service', snapshot.service_ms, 'plain', width)
}

function figures(name: string, percentiles: Percentiles, tone: Tone, width: number): Line {
  return [
    [label(name), 'dim'],
    ...COLUMNS.map(([, key]): Span => [milliseconds(percentiles[key]).padStart(columnWidth(width)), tone]),
  ]
}

function columnWidth(width: number): number {
  return Math.max(1, Math.min(WIDEST, Math.floor((width - LABEL_WIDTH) / COLUMNS.length)))
}
