import type { RequestKind } from './load.js'
import type { Metric } from './metric.js'
import type { RunRecord } from './record.js'
import type { Lag } from './replication.js'

/** Reads that may lag (sessions, products), reads that may not (stocks), and writes: who answered them. */
const LAGGING = ['read', 'browse'] as const
const STRICT = ['stock'] as const
const WRITING = ['write', 'order'] as const

/** Heartbeat lag of every standby that was measured. */
function lags(record: RunRecord): Lag[] {
  return (record.replication?.standbys ?? [])
    .map(({ heartbeat_ms }) => heartbeat_ms)
    .filter(({ samples }) => samples > 0)
}

function highest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}

function meanLag(record: RunRecord): number | null {
  const measured = lags(record)
  const samples = measured.reduce((sum, lag) => sum + lag.samples, 0)
  return samples === 0 ? null : measured.reduce((sum, lag) => sum + (lag.mean ?? 0) * lag.samples, 0) / samples
}

/** Answers of these kinds by the servers that `of` names; null without any answer of these kinds. */
function answers(
  record: RunRecord,
  kinds: readonly RequestKind[],
  of: (id: string) => boolean,
): { part: number; all: number } | null {
  const counts = (record.databases ?? []).map(({ id, kinds: by }) => ({
    id,
    count: kinds.reduce((sum, kind) => sum + (by[kind] ?? 0), 0),
  }))
  const all = counts.reduce((sum, { count }) => sum + count, 0)
  const part = counts.reduce((sum, { id, count }) => sum + (of(id) ? count : 0), 0)
  return all === 0 ? null : { part, all }
}

function shareOf(record: RunRecord, kinds: readonly RequestKind[], of: 'primary' | 'standbys'): number | null {
  const { replication } = record
  // Of a run in which the primary changed, the end does not say who was what when it answered.
  if (replication === undefined || record.trial?.role === 'primary') return null
  const standbys = replication.standbys.map(({ id }) => id)
  const found = answers(record, kinds, (id) => (of === 'primary' ? id === replication.primary : standbys.includes(id)))
  return found === null ? null : found.part / found.all
}

/** Largest |share - 1/n| / (1/n) over the n standbys, of what standbys answered. */
function readSpread(record: RunRecord): number | null {
  const ids = record.replication?.standbys.map(({ id }) => id) ?? []
  if (record.databases === undefined || ids.length < 2) return null
  const shares = ids.map((id) => answers(record, LAGGING, (other) => other === id)?.part ?? 0)
  const all = shares.reduce((sum, count) => sum + count, 0)
  return all === 0 ? null : Math.max(...shares.map((count) => Math.abs((count * ids.length) / all - 1)))
}

/** Figures of replicated stacks and of drills; null for every other record. */
export const REPLICATION_METRICS = [
  {
    name: 'replication.lag_ms.mean',
    short: 'lag',
    label: 'mean replication lag (heartbeat)',
    unit: 'ms',
    better: 'less',
    read: meanLag,
  },
  {
    name: 'replication.lag_ms.p99',
    short: 'lag_p99',
    label: 'replication lag p99 (heartbeat, the slowest standby)',
    unit: 'ms',
    better: 'less',
    read: (record: RunRecord) => highest(lags(record).map(({ p99 }) => p99)),
  },
  {
    name: 'replication.lag_ms.max',
    short: 'lag_max',
    label: 'longest replication lag (heartbeat)',
    unit: 'ms',
    better: 'less',
    read: (record: RunRecord) => highest(lags(record).map(({ max }) => max)),
  },
  {
    name: 'reads.stale_share',
    short: 'stale_share',
    label: "reads that missed the client's own write",
    unit: 'share',
    better: 'less',
    read: ({ reads }: RunRecord) => (reads === undefined || reads.checked === 0 ? null : reads.stale / reads.checked),
  },
  {
    name: 'reads.stale',
    short: 'stale',
    label: "reads that missed the client's own write",
    unit: 'reads',
    better: 'less',
    read: ({ reads }: RunRecord) => reads?.stale ?? null,
  },
  {
    name: 'reads.backwards',
    short: 'backwards',
    label: 'reads that went back in time',
    unit: 'reads',
    better: 'less',
    read: ({ reads }: RunRecord) => reads?.backwards ?? null,
  },
  {
    name: 'writes.lost',
    short: 'lost_writes',
    label: 'acknowledged writes that are gone',
    unit: 'writes',
    better: 'less',
    read: ({ writes }: RunRecord) => writes?.lost?.length ?? null,
  },
  {
    name: 'writes.duplicated',
    short: 'duplicated',
    label: 'writes made more than once',
    unit: 'writes',
    better: 'less',
    read: ({ writes }: RunRecord) => writes?.duplicated?.length ?? null,
  },
  {
    name: 'writes.unknown',
    short: 'unknown_writes',
    label: 'writes that nobody knows the end of',
    unit: 'writes',
    better: 'less',
    read: ({ writes }: RunRecord) => writes?.unknown ?? null,
  },
  {
    name: 'databases.read_spread',
    short: 'read_spread',
    label: 'largest deviation of a standby from an equal share of the reads',
    unit: 'share',
    better: 'less',
    read: readSpread,
  },
  {
    name: 'databases.lagging_reads_on_standbys',
    short: 'reads_on_standbys',
    label: 'reads that may lag, answered by standbys',
    unit: 'share',
    read: (record: RunRecord) => shareOf(record, LAGGING, 'standbys'),
  },
  {
    name: 'databases.strict_reads_on_primary',
    short: 'strict_on_primary',
    label: 'reads that may not lag, answered by the primary',
    unit: 'share',
    read: (record: RunRecord) => shareOf(record, STRICT, 'primary'),
  },
  {
    name: 'databases.writes_on_primary',
    short: 'writes_on_primary',
    label: 'writes answered by the primary',
    unit: 'share',
    read: (record: RunRecord) => shareOf(record, WRITING, 'primary'),
  },
  {
    name: 'stack.up_ms',
    short: 'up',
    label: 'time to bring the stack up',
    unit: 'ms',
    better: 'less',
    read: ({ up_ms }: RunRecord) => up_ms ?? null,
  },
  {
    name: 'drill.rto_ms',
    short: 'rto',
    label: 'recovery time (RTO)',
    unit: 'ms',
    better: 'less',
    read: ({ trial }: RunRecord) => trial?.rto_ms ?? null,
  },
  {
    name: 'drill.recovered',
    short: 'recovered',
    label: 'drills after which service came back',
    unit: 'share',
    better: 'more',
    read: ({ trial }: RunRecord) => (trial === undefined ? null : trial.rto_ms === null ? 0 : 1),
  },
  {
    name: 'drill.detected_ms',
    short: 'detected',
    label: 'time until the failure was detected',
    unit: 'ms',
    better: 'less',
    read: ({ trial }: RunRecord) => trial?.detected_ms ?? null,
  },
  {
    name: 'drill.lost',
    short: 'drill_lost',
    label: 'acknowledged writes lost in the drill (RPO)',
    unit: 'writes',
    better: 'less',
    read: ({ trial }: RunRecord) => trial?.lost.length ?? null,
  },
  {
    name: 'drill.back_ms',
    short: 'back',
    label: 'time until the old node served again',
    unit: 'ms',
    better: 'less',
    read: ({ trial }: RunRecord) => trial?.back_ms ?? null,
  },
  {
    name: 'drill.failed_requests',
    short: 'failed',
    label: 'requests that failed in the drill',
    unit: 'requests',
    better: 'less',
    read: ({ trial }: RunRecord) => trial?.failed_requests ?? null,
  },
] as const satisfies readonly Metric[]
