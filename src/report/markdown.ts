import type { RunRecord } from '../core/record.js'
import { actionsOf } from '../core/record-actions.js'
import { fromTo } from '../core/units.js'
import { runLead } from './answer.js'
import { latencyDistribution } from './charts/distribution.js'
import { drillMarks, drillTimeline } from './charts/drill.js'
import { reshardMarks, reshardTimeline } from './charts/migration.js'
import { lagOverTime, latencyOverTime, rateOverTime } from './charts/over-time.js'
import type { NamedMark } from './charts/run-clock.js'
import { sharePerInstance } from './charts/runs.js'
import { movedKeys, shardLoad } from './charts/shards.js'
import { type DrillRecord, isDrill } from './drill-words.js'
import { drawn, picture, type Report, reportOf } from './report-of.js'
import { isReshard, type ReshardRun } from './reshard-words.js'
import { actionSection } from './sections/actions.js'
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
import { shardSection } from './sections/shards.js'
import { theorySection } from './sections/theory.js'
import { throughputSection } from './sections/throughput.js'
import { validitySection } from './sections/validity.js'
import { verdictSection } from './sections/verdicts.js'
import { writeSection } from './sections/writes.js'
import { stackWords } from './stack-words.js'
import { plain } from './table.js'

/**
 * The report of one run. A pure function of the record: the same record gives the same bytes, whenever and wherever.
 */
export function renderReport(record: RunRecord): Report {
  const charts = drawn({
    'rate-over-time.svg': record.timeline.length === 0 ? null : rateOverTime(record, actionMarks(record)),
    'latency-over-time.svg': latencyOverTime(record, marksOf(record)),
    'latency-distribution.svg': latencyDistribution(record),
    'share-per-instance.svg': sharePerInstance(record),
    'lag-over-time.svg': lagOverTime(record, actionMarks(record)),
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
    ...actionSection(record),
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
  return isReshard(record) ? reshardMarks(record) : actionMarks(record)
}

/** More actions than this are not named in charts: their events are numbered there, as without any. */
const MARKED = 8

/** When each action began, while the load ran. */
function actionMarks(record: RunRecord): NamedMark[] {
  const begun = actionsOf(record).flatMap(({ action, by, began_ms }) =>
    began_ms === null || by === 'end' ? [] : [{ t_ms: began_ms, words: action }],
  )
  return begun.length > MARKED ? [] : begun
}
