import type { RunRecord } from '../../core/record.js'
import type { Lag, ReplicationRecord, StandbyRecord } from '../../core/replication.js'
import { formatNumber } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import { numberOr } from '../quantities.js'
import { plain, table } from '../table.js'

const SIGNALS = [
  ['heartbeat, ms', 'heartbeat_ms'],
  ['write lag, ms', 'write_lag_ms'],
  ['flush lag, ms', 'flush_lag_ms'],
  ['replay lag, ms', 'replay_lag_ms'],
  ['to replay, bytes', 'replay_bytes'],
] as const satisfies readonly (readonly [string, keyof StandbyRecord])[]

/** How far each standby was behind, by every signal there is; nothing for a stack without standbys. */
export function replicationSection({ replication }: RunRecord): string[] {
  if (replication === undefined) return []
  if (replication.standbys.length === 0) return ['## Replication\n\nNo standby was seen in the counted part.']
  return [
    '## Replication',
    MEANING,
    settings(replication),
    table(
      [{ title: 'Standby' }, { title: 'State at the end' }, { title: 'Sync state' }],
      replication.standbys.map(({ id, state, sync_state }) => [id, state, sync_state]),
    ),
    table(
      [
        { title: 'Standby' },
        { title: 'Signal' },
        ...['Readings', 'Idle', 'mean', 'p50', 'p95', 'p99', 'max'].map((title) => ({
          title,
          align: 'right' as const,
        })),
      ],
      replication.standbys.flatMap((standby) =>
        SIGNALS.map(([words, signal]) => [standby.id, words, ...figures(standby[signal])]),
      ),
    ),
  ]
}

const MEANING = [
  '**Heartbeat** is the ground truth: a row written on the primary and read back on each standby, both on the one clock of this run; it is how old what a client reads there can be. 0 means that the standby showed the newest row; while nothing is written on the primary there is no reading.',
  '**Write, flush and replay lag** are what the primary says in `pg_stat_replication`: the time until a standby reported that it had written, flushed or applied what was sent. The way of that report back is in them, and where nothing is being written they are NULL, which is counted as idle and never as 0.',
  '**To replay** is WAL that the primary has written and the standby has not yet applied.',
].join(' ')

function settings({ durability, synchronous_standby_names, primary, timeline }: ReplicationRecord): string {
  const names =
    synchronous_standby_names === ''
      ? 'no synchronous standbys: a commit waits for no other server'
      : `\`synchronous_standby_names = '${plain(synchronous_standby_names)}'\``
  const end =
    primary === null
      ? 'At the end no primary was seen.'
      : `At the end the primary is ${plain(primary)}${timeline === null ? '' : `, on timeline ${timeline}`}.`
  return `Durability \`${plain(durability)}\`, ${names}. ${end}`
}

function figures({ samples, idle, mean, p50, p95, p99, max }: Lag): string[] {
  const readings = samples + idle
  return [
    formatNumber(readings),
    readings === 0 ? '-' : formatValue(idle / readings, 'share'),
    ...[mean, p50, p95, p99, max].map(numberOr),
  ]
}
