import type { Ledger } from '../../core/load.js'
import type { Snapshot } from '../../core/snapshot.js'
import { count } from '../figures.js'
import type { Line, Span, Tone } from '../style.js'
import { label } from './rates.js'

const WIDTH = 10

interface Entry {
  name: string
  value: number
  tone: Tone
}

/**
 * Where the requests are. While a run lasts, those without an end are still under way: sent and not answered, or due
 * and not sent (the backlog, which grows when the generator or the system cannot keep up).
 */
function entries(ledger: Ledger): Entry[] {
  const wrong = (value: number, tone: Tone): Tone => (value > 0 ? tone : 'plain')
  return [
    { name: 'sent', value: ledger.sent, tone: 'plain' },
    { name: 'ok', value: ledger.ok, tone: 'plain' },
    { name: 'errors', value: ledger.http_error, tone: wrong(ledger.http_error, 'bad') },
    { name: 'lost', value: ledger.lost, tone: wrong(ledger.lost, 'bad') },
    { name: 'in flight', value: Math.max(0, ledger.sent - ledger.ok - ledger.http_error - ledger.lost), tone: 'plain' },
    { name: 'backlog', value: Math.max(0, ledger.due - ledger.sent), tone: 'plain' },
  ]
}

/** The ledger in columns: names above figures. */
export function ledgerLines(snapshot: Snapshot): Line[] {
  const all = entries(snapshot.ledger)
  return [
    [[label(''), 'dim'], ...all.map(({ name }): Span => [name.padStart(WIDTH), 'dim'])],
    [[label('requests'), 'dim'], ...all.map(({ value, tone }): Span => [count(value).padStart(WIDTH), tone])],
  ]
}

/** The ledger in one line, for small terminals: as many entries as fit. */
export function ledgerLine(snapshot: Snapshot, width: number): Line {
  const line: Span[] = []
  let left = width
  for (const { name, value, tone } of entries(snapshot.ledger)) {
    const figure = `${count(value)} `
    left -= name.length + figure.length + 2
    if (left < 0) break
    line.push([` ${name} `, 'dim'], [figure, tone])
  }
  return line
}
