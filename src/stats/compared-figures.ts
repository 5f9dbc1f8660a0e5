import { findMetric } from '../core/metrics.js'
import type { RunRecord } from '../core/record.js'
import { attempts, type WritesRecord } from '../core/replication.js'
import type { ReshardRecord } from '../core/sharding.js'
import { formatNumber } from '../core/units.js'
import { formatValue } from '../core/value.js'
import type { Column } from './columns.js'
import { median, nearestRank } from './quantiles.js'
import { hottestShard, shardCount } from './shards.js'

/** A figure that columns of a comparison share. */
export interface ComparedFigure {
  name: string
  format: (value: number) => string
  /** Whether a ratio to the first column says something. */
  ratio: boolean
  /** Null where none of the column's runs measured it. */
  read: (column: Column) => number | null
}

type Drills = Column['drills']
type Trial = Drills[number]['trial']

/** What replication and failures add to a comparison of stacks with databases. */
export const REPLICATION_FIGURES: readonly ComparedFigure[] = [
  { name: 'lag mean ms', format: formatNumber, ratio: true, read: middle('replication.lag_ms.mean') },
  { name: 'lag p99 ms', format: formatNumber, ratio: true, read: middle('replication.lag_ms.p99') },
  { name: 'stale reads', format: (value) => formatValue(value, 'share'), ratio: false, read: staleShare },
  {
    name: 'acknowledged writes',
    format: formatNumber,
    ratio: false,
    read: total(({ acknowledged }) => acknowledged),
  },
  { name: 'lost writes', format: formatNumber, ratio: false, read: total(({ lost }) => lost?.length) },
  { name: 'unknown writes', format: formatNumber, ratio: false, read: total(({ unknown }) => unknown) },
  { name: 'trials', format: formatNumber, ratio: false, read: ({ drills }) => drills.length || null },
  { name: 'detected ms', format: formatNumber, ratio: true, read: middleOfTrials(({ detected_ms }) => detected_ms) },
  { name: 'RTO ms', format: formatNumber, ratio: true, read: middleOfTrials(({ rto_ms }) => rto_ms) },
  {
    name: 'RTO p95 ms',
    format: formatNumber,
    ratio: true,
    read: ({ drills }) => nearestRank(recoveries(drills), 0.95),
  },
  { name: 'never back', format: formatNumber, ratio: false, read: neverBack },
  { name: 'up ms', format: formatNumber, ratio: true, read: middle('stack.up_ms') },
]

const share = (value: number): string => formatValue(value, 'share')

/** What shards, and rows that move between them, add to a comparison. */
export const SHARD_FIGURES: readonly ComparedFigure[] = [
  { name: 'shards', format: formatNumber, ratio: false, read: ofRuns(shardCount) },
  { name: 'users, peak/mean', format: (value) => value.toFixed(3), ratio: false, read: ofRuns(keysPeak) },
  {
    name: 'hottest shard',
    format: share,
    ratio: false,
    // While rows move, who answered how much says when they moved.
    read: ofRuns((record) => (record.reshard === undefined ? (hottestShard(record)?.share ?? null) : null)),
  },
  { name: 'rows moved', format: formatNumber, ratio: true, read: ofReshards(({ moved_rows }) => moved_rows) },
  {
    name: 'of all rows',
    format: share,
    ratio: false,
    read: ofReshards(({ moved_rows, plan }) => (plan.rows.total === 0 ? null : moved_rows / plan.rows.total)),
  },
  {
    name: 'minimum, of the users',
    format: share,
    ratio: false,
    read: ofReshards(({ plan: { keys } }) => (keys.total === 0 ? null : keys.minimum / keys.total)),
  },
  {
    name: 'moving took s',
    format: formatNumber,
    ratio: true,
    read: ofReshards(({ started_ms, ended_ms }) => (ended_ms - started_ms) / 1_000),
  },
  { name: 'held p50 ms', format: formatNumber, ratio: true, read: ofReshards(({ held_ms }) => held_ms.p50) },
  { name: 'held p95 ms', format: formatNumber, ratio: true, read: ofReshards(({ held_ms }) => held_ms.p95) },
  { name: 'held max ms', format: formatNumber, ratio: true, read: ofReshards(({ held_ms }) => held_ms.max) },
  {
    name: 'failed requests',
    format: formatNumber,
    ratio: false,
    read: ofRuns(({ reshard, load: { ledger } }) => (reshard === undefined ? null : ledger.http_error + ledger.lost)),
  },
  {
    name: 'misplaced rows',
    format: formatNumber,
    ratio: false,
    read: ofRuns(({ sharding }) => sharding?.misplaced ?? null),
  },
]

function ofRuns(read: (record: RunRecord) => number | null): ComparedFigure['read'] {
  return ({ runs }) => median(runs.map(read).filter((value) => value !== null))
}

function ofReshards(read: (reshard: ReshardRecord) => number | null): ComparedFigure['read'] {
  return ofRuns(({ reshard }) => (reshard === undefined ? null : read(reshard)))
}

/** How many times the mean the fullest shard holds; null where users could not be counted. */
function keysPeak({ sharding }: RunRecord): number | null {
  const keys = (sharding?.shards ?? []).map((shard) => shard.keys).filter((value) => value !== null)
  const sum = keys.reduce((total, value) => total + value, 0)
  return sum === 0 || keys.length !== sharding?.shards.length ? null : Math.max(...keys) / (sum / keys.length)
}

/** The runs and the drills of a column, each once. */
function recordsOf({ runs, drills }: Column): readonly RunRecord[] {
  return [...new Set<RunRecord>([...runs, ...drills])]
}

/** Over the column's runs, the drills that joined one left out: a lag under a failure is another one. */
function middle(metric: string): ComparedFigure['read'] {
  return ({ runs }) =>
    median(runs.map((record) => findMetric(metric)?.read(record) ?? null).filter((value) => value !== null))
}

/** Over the run and the drills of a column; null where nothing was written, or could be read back. */
function total(count: (writes: WritesRecord) => number | undefined): ComparedFigure['read'] {
  return (column) => {
    const counts = recordsOf(column).flatMap(({ writes }) =>
      writes === undefined || attempts(writes) === 0 ? [] : (count(writes) ?? []),
    )
    return counts.length === 0 ? null : counts.reduce((a, b) => a + b)
  }
}

function middleOfTrials(read: (trial: Trial) => number | null): ComparedFigure['read'] {
  return ({ drills }) => median(drills.map(({ trial }) => read(trial)).filter((value) => value !== null))
}

/** Recovery times, those of trials in which service did not come back left out. */
function recoveries(drills: Drills): number[] {
  return drills.map(({ trial }) => trial.rto_ms).filter((value) => value !== null)
}

/** Trials in which service did not come back: their times are in no median, so they are counted. */
function neverBack({ drills }: Column): number | null {
  return drills.filter(({ trial }) => trial.rto_ms === null).length || null
}

function staleShare(column: Column): number | null {
  const reads = recordsOf(column).flatMap((record) => record.reads ?? [])
  const checked = reads.reduce((sum, read) => sum + read.checked, 0)
  return checked === 0 ? null : reads.reduce((sum, read) => sum + read.stale, 0) / checked
}
