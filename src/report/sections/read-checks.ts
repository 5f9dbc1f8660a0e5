import type { RunRecord } from '../../core/record.js'
import type { ReadsRecord, ReplicationRecord } from '../../core/replication.js'
import { formatNumber } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import { largest } from '../../stats/quantiles.js'
import { ms, numberOr } from '../quantities.js'
import { plain, table } from '../table.js'

const CONSISTENCY: Record<string, string> = {
  default: 'what the API holds right for each entity: sessions and products may lag, stock and orders may not',
  eventual: 'any standby, however far behind',
  'read-your-writes': "a server that has the client's own last write",
  strong: 'the primary',
}

/** Reads held against what the same client had written and read before. */
export function readCheckSection({ reads, replication }: RunRecord): string[] {
  if (reads === undefined) return []
  const meaning = CONSISTENCY[reads.consistency]
  const asked = `Reads asked for \`${plain(reads.consistency)}\`${meaning === undefined ? '' : ` (${meaning})`}.`
  if (reads.checked === 0) return ['## Read checks', `${asked} No read met a key that had been written before.`]
  return ['## Read checks', asked, checkTable(reads), findings(reads, replication)]
}

function checkTable({ checked, stale, backwards, age_ms }: ReadsRecord): string {
  const columns = ['Checked', 'Stale', 'Of those checked', 'Backwards', 'Age ms: p50', 'p95', 'p99', 'max']
  return table(
    columns.map((title) => ({ title, align: 'right' as const })),
    [
      [
        formatNumber(checked),
        formatNumber(stale),
        formatValue(stale / checked, 'share'),
        formatNumber(backwards),
        ...[age_ms.p50, age_ms.p95, age_ms.p99, age_ms.max].map(numberOr),
      ],
    ],
  )
}

function findings({ stale, age_ms }: ReadsRecord, replication: ReplicationRecord | undefined): string {
  const meaning =
    'Stale reads missed a write that had been acknowledged to the same client before they were sent; their age is the time since then. Backwards reads returned an older version than an earlier read had.'
  if (stale === 0) return `${meaning} There was no stale read.`
  const heartbeat = largest((replication?.standbys ?? []).flatMap(({ heartbeat_ms }) => heartbeat_ms.max ?? []))
  return [
    meaning,
    ...(heartbeat === null
      ? []
      : [
          `The oldest was ${ms(age_ms.max)} old; the heartbeat, measured apart from it, says at most ${ms(heartbeat)}.`,
        ]),
  ].join(' ')
}
