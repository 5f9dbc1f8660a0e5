import type { RunRecord } from '../core/record.js'
import { nameRuns } from '../core/run-names.js'
import { drillTargetOf } from '../core/trial.js'
import { pooled } from './pooled.js'

/** A drill's record: one that holds a trial. */
export type DrillRecord = RunRecord & { trial: NonNullable<RunRecord['trial']> }

/** One column of a comparison: a run, or repeated drills of one kind, or a run with the drills on the same stack. */
export interface Column {
  name: string
  /** What rates and latencies are read from: the run itself, or the drills as one. */
  record: RunRecord
  /** The runs behind it; of a run with drills the run alone. */
  runs: readonly [RunRecord, ...RunRecord[]]
  /** The drills behind it; none for a run without. */
  drills: readonly DrillRecord[]
}

export function isDrill(record: RunRecord): record is DrillRecord {
  return record.trial !== undefined
}

/**
 * The columns of a comparison, in the order of the records. Drills of one fault on one node under the same load on the
 * same stack are one column; where there is one run without a drill on that stack, they join it, so that capacity and
 * recovery stand in one column.
 */
export function columnsOf(records: readonly RunRecord[]): Column[] {
  const groups = groupsOf(records)
  const joined = new Map(groups.flatMap((drills) => hostOf(drills, groups).map((host) => [drills, host] as const)))
  const kept = groups.filter((group) => !joined.has(group))
  const names = nameRuns(kept.map(([first]) => first))
  return kept.map((group, i) => {
    const guests = [...joined].filter(([, host]) => host === group).flatMap(([drills]) => drills)
    return {
      name: names[i] ?? '',
      record: pooled(group),
      runs: group,
      drills: [...group, ...guests].filter(isDrill),
    }
  })
}

type Group = [RunRecord, ...RunRecord[]]

/** Drills that repeat one another together, every other record by itself. */
function groupsOf(records: readonly RunRecord[]): Group[] {
  const groups: Group[] = []
  for (const record of records) {
    const group = groups.find(([first]) => isDrill(first) && isDrill(record) && drillOf(first) === drillOf(record))
    if (group === undefined) groups.push([record])
    else group.push(record)
  }
  return groups
}

/** The run that drills join: the only one on their stack, and they the only drills on it. */
function hostOf(drills: Group, groups: readonly Group[]): [Group] | [] {
  if (!isDrill(drills[0])) return []
  const same = groups.filter((group) => group !== drills && stackOf(group[0]) === stackOf(drills[0]))
  const [host, ...more] = same
  return host === undefined || more.length > 0 || isDrill(host[0]) || host[0].reshard !== undefined ? [] : [host]
}

function stackOf(record: RunRecord): string {
  // Seeds differ from trial to trial, ports from stack to stack; a drill's detector is no part of the stack.
  const { seed: _seed, port: _port, detector: _detector, ...stack } = record.parameters
  return JSON.stringify([record.engine, record.scenario, stack])
}

function drillOf(record: DrillRecord): string {
  const { trial, load, parameters } = record
  const { mode, stages, connections, workload } = load
  const mix = workload === undefined ? null : [workload.mix, workload.keys, workload.consistency]
  const rate = mode === 'open' ? (stages[0]?.rps ?? null) : null
  return JSON.stringify([
    stackOf(record),
    parameters.detector ?? null,
    trial.fault,
    drillTargetOf(trial),
    mode,
    rate,
    connections,
    mix,
  ])
}
