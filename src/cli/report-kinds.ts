import { join } from 'node:path'
import { CAPACITY_FILE, CAPACITY_SCHEMA, type CapacityRecord, capacityRecordSchema } from '../core/capacity.js'
import type { Comparison } from '../core/comparison.js'
import { GUARD_SCHEMA, type GuardReport, guardReportSchema } from '../core/detection.js'
import { LabError, usageError } from '../core/errors.js'
import type { RunRecord } from '../core/record.js'
import { type ReportSources, reportSourcesSchema, SOURCES_SCHEMA } from '../core/report-sources.js'
import { SCALING_DATA_SCHEMA, type ScalingData, scalingDataSchema } from '../core/scaling-data.js'
import { SHARD_PLAN_SCHEMA, type ShardPlan, shardPlanSchema } from '../core/shard-plan.js'
import {
  type SourceRun,
  withPaths,
  writeCapacity,
  writeCompared,
  writeDrillsInto,
  writeGuardInto,
  writeRunReport,
  writeScalingFitInto,
  writeShardPlanInto,
} from '../lab/report-files.js'
import { comparedResults } from '../stats/compared-runs.js'
import { fitScaling } from '../stats/fits/fits.js'
import { COMPARISON_DOCUMENT, readComparedRecords } from '../store/comparison-folder.js'
import { readDocument } from '../store/document.js'
import { RUN_DOCUMENT, type RunFolder, readRecord } from '../store/run-folder.js'
import { diffComparisons, writeComparedDiffInto } from './diff-comparisons.js'
import { diffRuns, writeDiffInto } from './diff-runs.js'
import type { Lab } from './lab.js'
import type { ReportKind } from './report-kind.js'

const RUN: ReportKind<RunRecord> = {
  ...RUN_DOCUMENT,
  rebuild: (record, folder) => writeRunReport(folder, record),
  diff: diffRuns,
}

const GUARD: ReportKind<GuardReport> = {
  schema: GUARD_SCHEMA,
  file: 'guard.json',
  parser: guardReportSchema,
  rebuild: (guard, folder) => writeGuardInto(folder, guard),
}

const SHARD_PLAN: ReportKind<ShardPlan> = {
  schema: SHARD_PLAN_SCHEMA,
  file: 'plan.json',
  parser: shardPlanSchema,
  rebuild: (plan, folder) => writeShardPlanInto(folder, plan),
}

const FITS: ReportKind<ScalingData> = {
  schema: SCALING_DATA_SCHEMA,
  file: 'fits.json',
  parser: scalingDataSchema,
  rebuild: (data, folder) => writeScalingFitInto(folder, data, fitScaling(data.points)),
}

const SOURCES: ReportKind<ReportSources> = {
  schema: SOURCES_SCHEMA,
  file: 'sources.json',
  parser: reportSourcesSchema,
  rebuild: rebuildOverRuns,
}

const CAPACITY: ReportKind<CapacityRecord> = {
  schema: CAPACITY_SCHEMA,
  file: CAPACITY_FILE,
  parser: capacityRecordSchema,
  rebuild: (record, folder) => writeCapacity(folder, record),
}

const COMPARISON: ReportKind<Comparison> = {
  ...COMPARISON_DOCUMENT,
  async rebuild(comparison, folder, lab) {
    const records = await readComparedRecords(folder.path, comparison, (what) => lab.remark(`skipped: ${what}`))
    if (comparison.gathered === true && records.size < 2) throw tooFew(folder, comparison.runs.length, records.size, 2)
    return writeCompared(folder.path, comparedResults(comparison, records))
  },
  diff: diffComparisons,
}

/**
 * Everything that `scalelab report` can make again, by the `schema` in its JSON. A new kind of result is one entry. In a
 * folder that holds several the first counts.
 */
export const REPORT_KINDS: readonly ReportKind[] = [RUN, SOURCES, GUARD, SHARD_PLAN, COMPARISON, CAPACITY, FITS]

/** A report over several runs, from what is left of them. */
async function rebuildOverRuns(sources: ReportSources, folder: RunFolder, lab: Lab): Promise<string> {
  if (sources.report === 'comparison-diff') {
    const [older, newer] = await Promise.all(
      sources.runs.map((path) => readDocument(join(folder.path, path), [COMPARISON_DOCUMENT])),
    )
    if (older === undefined || newer === undefined) throw usageError(`${folder.path}: it takes two comparisons`)
    return (await writeComparedDiffInto(folder, older, newer)).report
  }
  const read = (paths: readonly string[]): Promise<SourceRun[]> => readRuns(folder, paths, lab)
  const runs = await read(sources.runs)
  const needed = sources.report === 'drills' ? 1 : 2
  if (runs.length < needed) throw tooFew(folder, sources.runs.length, runs.length, needed)
  if (sources.report === 'comparison') {
    const { gatherRuns } = await import('../report/gathered.js')
    const command = ['scalelab', 'report', ...sources.runs.map((run) => join(folder.path, run))].join(' ')
    return writeCompared(folder.path, gatherRuns(withPaths(runs, folder.path), command).results)
  }
  if (sources.report === 'drills') return writeDrillsInto(folder, runs)
  const { old = [], new: recent = [] } = sources.repeats ?? {}
  const [older, newer] = runs as [SourceRun, SourceRun]
  return (await writeDiffInto(folder, older, newer, { old: await read(old), new: await read(recent) })).report
}

function tooFew({ path }: RunFolder, all: number, left: number, needed: number): LabError {
  return usageError(
    `${path}: of the ${all} runs that it was made from ${left} can be read, and it takes ${needed}`,
    'Its report stays as it is',
  )
}

/** Runs by their paths from a folder; those that cannot be read are told, and left out. */
async function readRuns({ path }: RunFolder, paths: readonly string[], lab: Lab): Promise<SourceRun[]> {
  const runs: SourceRun[] = []
  for (const source of paths) {
    try {
      runs.push(await readRecord(join(path, source)))
    } catch (error) {
      if (!(error instanceof LabError)) throw error
      lab.remark(`skipped: ${error.message}`)
    }
  }
  return runs
}
