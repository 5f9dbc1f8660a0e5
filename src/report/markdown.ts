import type { RunRecord, Verdict } from '../core/record.js'
import { fromTo } from '../core/units.js'
import { type Column, columnsOf, type DrillRecord, isDrill } from '../stats/columns.js'
import { pooledVerdicts } from '../stats/pooled.js'
import { scalingGroups, scalingVerdicts } from '../stats/shard-scaling.js'
import { runLead } from './answer.js'
import { latencyComparison, latencyDistribution } from './charts/distribution.js'
import { drillMarks, drillTimeline } from './charts/drill.js'
import { shardScaling } from './charts/growth.js'
import { reshardMarks, reshardTimeline } from './charts/migration.js'
import { lagOverTime, latencyOverTime, rateOverTime } from './charts/over-time.js'
import type { NamedMark } from './charts/run-clock.js'
import { rateComparison, sharePerInstance } from './charts/runs.js'
import { movedKeys, shardLoad } from './charts/shards.js'
import { drillCommand, repeatCommand } from './command.js'
import { comparisonLead } from './comparison-answer.js'
import { list } from './quantities.js'
import { type Report, reportOf } from './report-of.js'
import { isReshard, type ReshardRun } from './reshard-words.js'
import { differenceSection, spreadSection } from './sections/comparability.js'
import { evennessSection, rateSection, responseSection, runSection } from './sections/compared-runs.js'
import { replicatedSection, shardedSection } from './sections/compared-stacks.js'
import { databaseSection } from './sections/databases.js'
import { distributionSection } from './sections/distribution.js'
import { drillLoad, drillSection } from './sections/drill.js'
import { environmentSection } from './sections/environment.js'
import { eventSection } from './sections/events.js'
import { latencySection } from './sections/latency.js'
import { limitSection } from './sections/limits.js'
import { methodSection } from './sections/method.js'
import { readCheckSection } from './sections/read-checks.js'
import { replicationSection } from './sections/replication.js'
import { reshardCounts, reshardLoad, reshardMoves, reshardSection } from './sections/reshard.js'
import { scalingSection } from './sections/shard-scaling.js'
import { shardSection } from './sections/shards.js'
import { theorySection } from './sections/theory.js'
import { throughputSection } from './sections/throughput.js'
import { validitySection } from './sections/validity.js'
import { verdictSection, verdictTable } from './sections/verdicts.js'
import { writeSection } from './sections/writes.js'
import { stackWords } from './stack-words.js'
import { plain } from './table.js'

/**
 * The report of one run. A pure function of the record: the same record gives the same bytes, whenever and wherever.
 */
export function renderReport(record: RunRecord): Report {
  const charts = withoutMissing({
    'rate-over-time.svg': record.timeline.length === 0 ? null : rateOverTime(record),
    'latency-over-time.svg': latencyOverTime(record, marksOf(record)),
    'latency-distribution.svg': latencyDistribution(record),
    'share-per-instance.svg': sharePerInstance(record),
    'lag-over-time.svg': lagOverTime(record),
    'shards.svg': shardLoad(record),
    'keys-per-shard.svg': isReshard(record) ? movedKeys(record) : null,
    'reshard-timeline.svg': isReshard(record) ? reshardTimeline(record) : null,
    'drill-timeline.svg': record.trial === undefined ? null : drillTimeline(record.trial),
  })
  const overTime = picture(charts, 'latency-over-time.svg', 'p50 and p99 of the response time over time')
  const parts = [
    `Run \`${record.id}\`, ${fromTo(record.started_at, record.ended_at)}.`,
    verdictSection(record),
    ...(isDrill(record) ? drillParts(record, charts, overTime) : []),
    ...(isReshard(record) ? reshardParts(record, charts, overTime) : []),
    throughputSection(record),
    ...picture(charts, 'rate-over-time.svg', 'Offered and achieved rate over time'),
    latencySection(record),
    ...picture(charts, 'latency-distribution.svg', 'Percentiles of response and service time'),
    ...(isDrill(record) || isReshard(record) ? [] : overTime),
    ...theorySection(record),
    distributionSection(record),
    ...picture(charts, 'share-per-instance.svg', 'Share of the answers per instance'),
    ...databaseSection(record),
    ...shardSection(record),
    ...picture(charts, 'shards.svg', 'Share of users and requests per shard'),
    ...replicationSection(record),
    ...picture(charts, 'lag-over-time.svg', 'Replication lag of each standby over time'),
    ...writeSection(record),
    ...readCheckSection(record),
    eventSection(record),
    ...(record.reading === null ? [] : [`## How to read the answer\n\n${plain(record.reading)}`]),
    methodSection(record),
    validitySection(record),
    limitSection(record),
    environmentSection(record),
  ]
  return reportOf({
    title: `${record.scenario}: ${plain(stackWords(record))}`,
    lead: runLead(record),
    authors: [record.author],
    parts,
    charts,
  })
}

/**
 * Several runs side by side, the first one the baseline of the ratios.
 * @param sources links to the runs' own reports, in the order of the records
 */
export function renderComparison(records: readonly RunRecord[], sources: readonly string[] = []): Report {
  const runs = columnsOf(records)
  const groups = scalingGroups(records)
  const linkOf = ({ runs: behind }: Column): string | undefined =>
    behind.length === 1 ? sources[records.indexOf(behind[0])] : undefined
  const charts = withoutMissing({
    'comparison-rate.svg': rateComparison(runs),
    'comparison-latency.svg': latencyComparison(runs),
    'shard-scaling.svg': shardScaling(groups),
  })
  const verdicts = [
    ...runs.flatMap((column) => verdictsOf(column).map((verdict) => ({ run: column.name, verdict }))),
    ...scalingVerdicts(records).map((verdict) => ({ run: 'all of them', verdict })),
  ]
  const parts = [
    runSection(runs, runs.map(linkOf)),
    ...present(replicatedSection(runs)),
    ...present(shardedSection(runs)),
    ...scalingSection(groups),
    ...picture(charts, 'shard-scaling.svg', 'Speed-up by number of shards, beside linear growth'),
    rateSection(runs),
    ...picture(charts, 'comparison-rate.svg', 'Goodput of each run'),
    responseSection(runs),
    ...picture(charts, 'comparison-latency.svg', 'Percentiles of the response time of each run'),
    ...present(evennessSection(runs)),
    `## Verdicts\n\n${verdictTable(verdicts)}`,
    differenceSection(runs),
    ...present(spreadSection(runs)),
    [
      '## What limits the answer',
      'The limits of each run are in its own report. Runs that were measured one after the other share the noise of the machine at their time only: repeat each before believing a difference of a few per cent.',
    ].join('\n\n'),
    ['## To repeat it', ['```sh', ...runs.flatMap(commandsOf), '```'].join('\n')].join('\n\n'),
  ]
  return reportOf({
    title: `${titleOf(runs)} side by side`,
    lead: comparisonLead(runs),
    authors: records.map(({ author }) => author),
    parts,
    charts,
  })
}

/** A drill with its pictures: when everything happened, and what it did to the latency. */
function drillParts(record: DrillRecord, charts: Record<string, string>, overTime: readonly string[]): string[] {
  return [
    ...drillSection(record),
    ...picture(charts, 'drill-timeline.svg', 'When each thing happened after the fault'),
    ...drillLoad(record),
    ...overTime,
  ]
}

/** A migration with its pictures: what clients felt, the batches below it, and where users lie before and after. */
function reshardParts(record: ReshardRun, charts: Record<string, string>, overTime: readonly string[]): string[] {
  return [
    ...reshardSection(record),
    ...reshardLoad(record),
    ...overTime,
    ...picture(charts, 'reshard-timeline.svg', 'What was done with each batch, and when'),
    ...reshardCounts(record),
    ...picture(charts, 'keys-per-shard.svg', 'Users per shard before and after'),
    ...reshardMoves(record),
  ]
}

/** The moments to name in charts over time. */
function marksOf(record: RunRecord): NamedMark[] {
  if (record.trial !== undefined) return drillMarks(record.trial)
  return isReshard(record) ? reshardMarks(record) : []
}

/** More runs than this are not all named in the title. */
const TITLED = 5

function titleOf(runs: readonly Column[]): string {
  const names = runs.map(({ name }) => name)
  if (names.length <= TITLED) return list(names)
  return `${names[0]} and ${names.length - 1} more runs`
}

/** The verdicts of a column: of its run, and of the drills that joined it. */
function verdictsOf({ record, runs: [first], drills }: Column): Verdict[] {
  return [...record.verdicts, ...(isDrill(first) ? [] : pooledVerdicts(drills.map(({ verdicts }) => verdicts)))]
}

/** The commands behind a column: those of its run, and those of the drills on the same stack. */
function commandsOf({ runs: [first], drills }: Column): string[] {
  const [drill] = drills
  return [
    ...(isDrill(first) ? [] : [repeatCommand(first)]),
    ...(drill === undefined ? [] : [drillCommand(drill, drill.trial, drills.length)]),
  ]
}

function picture(charts: Record<string, string>, file: string, words: string): string[] {
  return file in charts ? [`![${words}](${file})`] : []
}

function present(section: string | null): string[] {
  return section === null ? [] : [section]
}

/** The charts that could be drawn. */
function withoutMissing(charts: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(charts).flatMap(([file, svg]) => (svg === null ? [] : [[file, svg]])))
}
