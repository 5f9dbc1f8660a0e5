import type { RunRecord } from '../core/record.js'
import { dayAndTime } from '../core/units.js'
import { diffRecords, type Repeats, type RunDiff } from '../stats/run-diff.js'
import { changesBetween } from './changes.js'
import { latencyComparison, type NamedRun } from './charts/distribution.js'
import { rateComparison } from './charts/runs.js'
import { repeatCommand } from './command.js'
import { diffLead } from './diff-answer.js'
import { drawn, picture, type Report, reportOf } from './report-of.js'
import { changeTable, figureTable, runTable, scatterWords, validityTable, verdictParts } from './sections/diff.js'
import { plain } from './table.js'

/** Two runs, the repeats of each, and where their own reports are. */
export interface DiffInput {
  older: RunRecord
  newer: RunRecord
  repeats?: Repeats
  /** Links to the reports of the older and the newer run. */
  sources?: readonly [string, string]
}

/** The report of what became different between two runs. A pure function of the records. */
export function renderDiff({ older, newer, repeats = { old: [], new: [] }, sources }: DiffInput): Report {
  const diff = diffRecords(older, newer, repeats)
  const changes = changesBetween(older, newer)
  const runs = namedRuns(older, newer)
  const charts = drawn({ 'diff-rate.svg': rateComparison(runs), 'diff-latency.svg': latencyComparison(runs) })
  const parts = [
    '## The runs',
    runTable(runs, sources),
    '## What was changed',
    changeTable(changes),
    '## Figures side by side',
    figureTable(diff),
    scatterWords(diff),
    ...picture(charts, 'diff-rate.svg', 'Goodput of both runs'),
    ...picture(charts, 'diff-latency.svg', 'Percentiles of the response time of both runs'),
    '## Verdicts',
    ...verdictParts(diff),
    '## Validity of both',
    validityTable(diff),
    limits(diff),
    '## To repeat it',
    ['```sh', ...new Set([older, newer].map(repeatCommand)), '```'].join('\n'),
  ]
  return reportOf({
    title: `${title(older, newer, runs)}`,
    lead: diffLead(older, newer, diff, changes),
    authors: [older.author, newer.author],
    parts,
    charts,
  })
}

/** Runs named by when they were. */
function namedRuns(older: RunRecord, newer: RunRecord): [NamedRun, NamedRun] {
  const named = (record: RunRecord, age: string): NamedRun => ({
    name: `${age}, ${dayAndTime(record.started_at)}`,
    record,
  })
  return [named(older, 'older'), named(newer, 'newer')]
}

function title(older: RunRecord, newer: RunRecord, [one, other]: [NamedRun, NamedRun]): string {
  const [was, is] = [one, other].map(({ name }) => name.replace(/^\w+, /, ''))
  return older.scenario === newer.scenario
    ? `${plain(older.scenario)}: ${was} against ${is}`
    : `${plain(older.scenario)} of ${was} against ${plain(newer.scenario)} of ${is}`
}

function limits(diff: RunDiff): string {
  const points = [
    ...(diff.same_experiment
      ? []
      : ['The two runs asked different questions: what differs is the experiment, before it is anything else.']),
    'Two runs of different days differ in whatever nobody wrote down: the heat of the machine, its neighbours, what else ran on it. What was changed on purpose is one candidate among these.',
    'Everything that was changed was changed together: a difference cannot be laid to one of several changes.',
    'Percentiles are those of each run; they are not averaged over repeats.',
  ]
  return `## What limits the answer\n\n${points.map((point) => `- ${point}`).join('\n')}`
}
