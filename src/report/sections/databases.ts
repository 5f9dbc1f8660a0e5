import { REQUEST_KINDS } from '../../core/load.js'
import { findMetric } from '../../core/metrics.js'
import type { RunRecord } from '../../core/record.js'
import { formatNumber, formatShare } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import { list } from '../quantities.js'
import { table } from '../table.js'
import { MEANING } from './request-kinds.js'

/** Which database server answered what, by the header `X-DB-Node`; nothing where no answer named one. */
export function databaseSection(record: RunRecord): string[] {
  const { databases = [] } = record
  // The section on shards says the same of them, and more.
  if (databases.length === 0 || record.sharding !== undefined) return []
  const kinds = REQUEST_KINDS.filter((kind) => databases.some((server) => (server.kinds[kind] ?? 0) > 0))
  const total = (server: (typeof databases)[number]): number =>
    kinds.reduce((sum, kind) => sum + (server.kinds[kind] ?? 0), 0)
  const all = databases.reduce((sum, server) => sum + total(server), 0)
  return [
    '## Reads and writes by server',
    table(
      [{ title: 'Server' }, ...[...kinds, 'all', 'share'].map((title) => ({ title, align: 'right' as const }))],
      databases.map((server) => [
        server.id,
        ...kinds.map((kind) => formatNumber(server.kinds[kind] ?? 0)),
        formatNumber(total(server)),
        all === 0 ? '-' : formatShare(total(server) / all),
      ]),
    ),
    [
      `Answers by the server that gave them (\`X-DB-Node\`), those of the warm-up among them: ${list(kinds.map((kind) => `${kind} is ${MEANING[kind]}`))}.`,
      ...shares(record),
      ...(record.trial?.role === 'primary' ? ['The primary changed during the run: both names have writes.'] : []),
    ].join(' '),
  ]
}

/** The figures behind the claims, in words; those that the record does not give are left out. */
function shares(record: RunRecord): string[] {
  const words = [
    ['databases.writes_on_primary', 'of the writes', 'the primary'],
    ['databases.strict_reads_on_primary', 'of the reads of stock', 'the primary'],
    ['databases.lagging_reads_on_standbys', 'of the reads of sessions and products', 'standbys'],
  ] as const
  const told = words.flatMap(([metric, what, by]) => {
    const value = findMetric(metric)?.read(record) ?? null
    return value === null ? [] : [`${formatValue(value, 'share')} ${what} by ${by}`]
  })
  return told.length === 0 ? [] : [`Answered were ${list(told)}.`]
}
