import { COMPARISON_SCHEMA, type ComparedRun, type Comparison } from '../core/comparison.js'
import { DEFAULT_MARGIN } from '../core/experiment.js'
import type { RunRecord } from '../core/record.js'
import { nameRuns } from '../core/run-names.js'
import { bearing, doubtsOf } from '../core/validity.js'
import { type ComparedResults, comparedResults } from '../stats/compared-runs.js'
import { defaultMetrics } from '../stats/deciding-metric.js'
import { repeats } from './differences.js'
import { list } from './quantities.js'

/** A run that is there. */
export interface GatheredRun {
  record: RunRecord
  /** Of its folder, from that of the comparison. */
  path: string
}

/** More runs than this are not all named in the question. */
const MOST_NAMED = 5

/** A short name for runs that are put together, for a folder: "single-lb-3". */
export function gatheredName(records: readonly RunRecord[]): string {
  return [...new Set(records.map(({ scenario }) => scenario))].join('-').slice(0, 60)
}

/**
 * Runs that are there, as a comparison: those that repeat one another are one variant, the first of each one block, and so on.
 * @param command what was typed to put them together
 */
export function gatherRuns(
  runs: readonly GatheredRun[],
  command: string,
): { comparison: Comparison; results: ComparedResults } {
  const groups = repeatsOf(runs)
  const names = nameRuns(groups.map(([{ record }]) => record))
  const name = gatheredName(runs.map(({ record }) => record))
  const times = (read: (record: RunRecord) => string): string[] => runs.map(({ record }) => read(record)).toSorted()
  const [startedAt = ''] = times((record) => record.started_at)
  const blocks = Array.from({ length: Math.max(...groups.map((group) => group.length)) }, (_, block) =>
    groups.flatMap((group, i): ComparedRun[] => {
      const run = group[block]
      if (run === undefined) return []
      const { status, ended_at } = run.record
      return [
        {
          block: block + 1,
          variant: names[i] ?? '',
          record: run.path,
          doubts: [...(status === 'complete' ? [] : [status]), ...doubtsOf(bearing(run.record))],
          failure: null,
          ended_at,
        },
      ]
    }),
  )
  const comparison: Comparison = {
    schema: COMPARISON_SCHEMA,
    id: `${name}/${startedAt}`,
    kind: 'compare',
    name,
    question: `How do ${names.length > MOST_NAMED ? `${names[0]} and ${names.length - 1} more runs` : list(names)} differ?`,
    reading: null,
    command,
    started_at: startedAt,
    ended_at: times((record) => record.ended_at).at(-1) ?? null,
    status: 'complete',
    seed: 1,
    // Where one was run once, nothing can be judged.
    blocks: Math.min(...groups.map((group) => group.length)),
    gathered: true,
    margin: DEFAULT_MARGIN,
    metrics: defaultMetrics(modeOf(runs), actOf(runs)),
    baseline: names[0] ?? '',
    set: {},
    act: null,
    variants: groups.map(([{ record }], i) => ({
      name: names[i] ?? '',
      scenario: record.scenario,
      set: {},
      failure: null,
    })),
    order: blocks.map((block) => block.map(({ variant }) => variant)),
    runs: blocks.flat(),
    levels: [],
    draws: null,
    expect: [],
  }
  const records = new Map(runs.map(({ path, record }) => [path, record]))
  return { comparison, results: comparedResults(comparison, records) }
}

function repeatsOf(runs: readonly GatheredRun[]): [GatheredRun, ...GatheredRun[]][] {
  const groups: [GatheredRun, ...GatheredRun[]][] = []
  for (const run of runs) {
    const group = groups.find(([first]) => repeats(first.record, run.record))
    if (group === undefined) groups.push([run])
    else group.push(run)
  }
  return groups
}

/** Where some loops are open, what all have is a latency. */
function modeOf(runs: readonly GatheredRun[]): RunRecord['load']['mode'] {
  return runs.every(({ record }) => record.load.mode === 'closed') ? 'closed' : 'open'
}

function actOf(runs: readonly GatheredRun[]): 'drill' | 'reshard' | null {
  if (runs.every(({ record }) => record.trial !== undefined)) return 'drill'
  return runs.every(({ record }) => record.reshard !== undefined) ? 'reshard' : null
}
