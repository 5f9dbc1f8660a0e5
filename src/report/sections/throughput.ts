import type { RunRecord } from '../../core/record.js'
import { formatNumber } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import { table } from '../table.js'

/** Rates, the ledger of requests in full, answers by status and losses by cause. */
export function throughputSection(record: RunRecord): string {
  const { ledger, statuses, losses, connect_failures = {} } = record.load
  const named = Object.entries(statuses).map(([status, number]) => `${status}: ${formatNumber(number)}`)
  const failures = Object.entries(connect_failures).map(([code, number]) => `${code}: ${formatNumber(number)}`)
  const causes = Object.entries(losses).map(([cause, number]) => `${cause}: ${formatNumber(number)}`)
  return [
    '## Throughput',
    rates(record),
    ...(overtaking(record)
      ? ['More was achieved than offered: answers to requests of the warm-up came in the counted part.']
      : []),
    'Where every request that was due in the counted part ended:',
    ledgerTable(ledger),
    [
      named.length === 0 ? 'There was no answer of any status.' : `Answers by status: ${named.join(', ')}.`,
      ...(causes.length === 0 ? [] : [`Lost requests by cause: ${causes.join(', ')}.`]),
      ...(failures.length === 0 ? [] : [`Connections that could not be made, by cause: ${failures.join(', ')}.`]),
      ...imbalance(ledger),
    ].join(' '),
    ...errorTable(record),
  ].join('\n\n')
}

/** What the first answer of each error said. */
function errorTable({ load }: RunRecord): string[] {
  const { errors = [] } = load
  if (errors.length === 0) return []
  return [
    'What the first answer of each error said:',
    table(
      [{ title: 'Status', align: 'right' }, { title: 'Answers', align: 'right' }, { title: 'Type' }, { title: 'Body' }],
      errors.map(({ status, answers, content_type, body, more }) => [
        String(status),
        formatNumber(answers),
        content_type ?? '-',
        body === null ? 'no text' : body === '' ? 'empty' : `${body}${more ? ' ...' : ''}`,
      ]),
    ),
  ]
}

function rates({ load }: RunRecord): string {
  const offered = load.offered_rps
  const ofOffered = (value: number): string =>
    offered === null || offered === 0 ? '-' : formatValue(value / offered, 'share')
  return table(
    [{ title: 'Rate' }, { title: 'Requests/s', align: 'right' }, { title: 'Of the offered rate', align: 'right' }],
    [
      offered === null
        ? ['offered (none: a closed loop sends when it was answered)', '-', '-']
        : ['offered', formatNumber(offered), formatValue(1, 'share')],
      ['achieved: answers of any status', formatNumber(load.achieved_rps), ofOffered(load.achieved_rps)],
      ['goodput: answers below 400', formatNumber(load.goodput_rps), ofOffered(load.goodput_rps)],
    ],
  )
}

/** Rates count answers by when they came, the ledger counts requests by when they were due. */
function overtaking({ load }: RunRecord): boolean {
  return load.offered_rps !== null && load.achieved_rps > load.offered_rps * 1.005
}

function ledgerTable(ledger: RunRecord['load']['ledger']): string {
  const columns = ['due', 'sent', 'ok', 'HTTP error', 'lost', 'unfinished']
  const values = [ledger.due, ledger.sent, ledger.ok, ledger.http_error, ledger.lost, ledger.unfinished]
  return table(
    [{ title: '' }, ...columns.map((title) => ({ title, align: 'right' as const }))],
    [
      ['requests', ...values.map(formatNumber)],
      ['of those due', ...values.map((value) => (ledger.due === 0 ? '-' : formatValue(value / ledger.due, 'share')))],
    ],
  )
}

/** Every due request must have ended somewhere; a ledger that does not add up is said so, not mended. */
function imbalance({ due, ok, http_error, lost, unfinished }: RunRecord['load']['ledger']): string[] {
  const difference = due - (ok + http_error + lost + unfinished)
  return difference === 0
    ? []
    : [
        `**The ledger does not add up**: ${formatNumber(difference)} due requests are not accounted for. Please report this as a bug.`,
      ]
}
