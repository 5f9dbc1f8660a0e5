import { findMetric } from '../core/metrics.js'
import type { RunRecord } from '../core/record.js'
import { attempts, type WritesRecord } from '../core/replication.js'
import { formatNumber } from '../core/units.js'
import { formatValue } from '../core/verdict.js'
import type { Column } from './columns.js'
import { median, nearestRank } from './quantiles.js'

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
