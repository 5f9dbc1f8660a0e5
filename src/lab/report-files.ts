import { join, relative } from 'node:path'
import type { CapacityRecord } from '../core/capacity.js'
import type { ClaimsRecord } from '../core/claims.js'
import { GUARD_SCHEMA, type GuardReport } from '../core/detection.js'
import { LabError } from '../core/errors.js'
import type { RunRecord } from '../core/record.js'
import { type ReportSources, SOURCES_SCHEMA } from '../core/report-sources.js'
import type { ScalingData } from '../core/scaling-data.js'
import type { ShardPlan } from '../core/shard-plan.js'
import type { Report } from '../report/report-of.js'
import type { ComparedResults } from '../stats/compared-runs.js'
import type { Fits } from '../stats/fits/fits.js'
import { createRunFolder, openRunFolder, type RunFolder } from '../store/run-folder.js'

// What draws reports is loaded when there is one to draw: it would double the time that every command takes to start.

/** A run, and the folder that it lies in. */
export interface SourceRun {
  record: RunRecord
  folder: string
}

/** Writes the report of a run into its folder, in every format. @returns the path of report.md */
export async function writeRunReport(folder: RunFolder, record: RunRecord): Promise<string> {
  const { renderReport } = await import('../report/markdown.js')
  return writeAll(folder, record, renderReport)
}

/** Writes the report of several drills into a folder of its own, `<out>/drills/<time>`. @returns the path of report.md */
export async function writeDrills(
  out: string,
  records: readonly RunRecord[],
  folders: readonly string[],
): Promise<string> {
  const folder = await createRunFolder(out, 'drills', new Date())
  const runs = records.map((record, i) => ({ record, folder: folders[i] ?? '' }))
  await writeSources(folder, { report: 'drills', runs: [...folders] })
  return writeDrillsInto(folder, runs)
}

/** The same into a folder that is there. */
export async function writeDrillsInto(folder: RunFolder, runs: readonly SourceRun[]): Promise<string> {
  const { renderDrills } = await import('../report/drills.js')
  const records = runs.map(({ record }) => record)
  return writeAll(folder, records, (outside) =>
    renderDrills(outside, outside[0]?.scenario ?? 'drills', linksFrom(folder, runs)),
  )
}

/** Writes the report of a guard into `<out>/guard/<time>`, its figures as JSON beside it. @returns the path of report.md */
export async function writeGuard(out: string, report: Omit<GuardReport, 'schema'>): Promise<string> {
  const folder = await createRunFolder(out, 'guard', new Date())
  const guard: GuardReport = { schema: GUARD_SCHEMA, ...report }
  await folder.writeFile('guard.json', `${JSON.stringify(guard, null, 2)}\n`)
  return writeGuardInto(folder, guard)
}

/** The same into a folder that is there. */
export async function writeGuardInto(folder: RunFolder, guard: GuardReport): Promise<string> {
  const { renderGuard } = await import('../report/detection.js')
  return writeAll(folder, guard, renderGuard)
}

/** Writes the report of a comparison of variants into its folder. @returns the path of report.md */
export async function writeCompared(path: string, results: ComparedResults): Promise<string> {
  const folder = openRunFolder(path)
  if (results.comparison.kind === 'scaling') {
    const { renderScaling } = await import('../report/scaling-experiment.js')
    return writeAll(folder, results, renderScaling)
  }
  const { renderCompared } = await import('../report/compared.js')
  return writeAll(folder, results, renderCompared)
}

/** Writes what came of claims as claims.json, and its report, into a folder. @returns the path of report.md */
export async function writeClaims(folder: RunFolder, record: ClaimsRecord): Promise<string> {
  await folder.writeFile('claims.json', `${JSON.stringify(record, null, 2)}\n`)
  const { renderClaimsReport } = await import('../report/claims.js')
  return writeAll(folder, record, renderClaimsReport)
}

/** Writes the plan as JSON and its report into a folder. @returns the path of report.md */
export async function writeShardPlan(folder: RunFolder, plan: ShardPlan): Promise<string> {
  await folder.writeFile('plan.json', `${JSON.stringify(plan, null, 2)}\n`)
  return writeShardPlanInto(folder, plan)
}

/** The same without the JSON: it is there. */
export async function writeShardPlanInto(folder: RunFolder, plan: ShardPlan): Promise<string> {
  const { renderShardPlan } = await import('../report/shard-plan.js')
  return writeAll(folder, plan, renderShardPlan)
}

/** Writes the report of a search for a capacity beside its capacity.json. @returns the path of report.md */
export async function writeCapacity(folder: RunFolder, record: CapacityRecord): Promise<string> {
  const { renderCapacityReport } = await import('../report/capacity.js')
  return writeAll(folder, record, renderCapacityReport)
}

/** Writes fitted laws as fits.json and their report into `<out>/fits/<time>`. @returns the path of report.md */
export async function writeScalingFit(out: string, data: ScalingData, fits: Fits): Promise<string> {
  const folder = await createRunFolder(out, 'fits', new Date())
  await folder.writeFile('fits.json', `${JSON.stringify({ ...data, ...fits }, null, 2)}\n`)
  return writeScalingFitInto(folder, data, fits)
}

/** The same without the JSON: it is there. */
export async function writeScalingFitInto(folder: RunFolder, data: ScalingData, fits: Fits): Promise<string> {
  const { renderScalingFit } = await import('../report/scaling-fit.js')
  return writeAll(folder, { fits, data }, (outside) => renderScalingFit(outside.fits, outside.data))
}

/** Notes down what a report over several runs is made from, so that it can be made again. */
export async function writeSources(
  folder: RunFolder,
  { report, runs, repeats }: Omit<ReportSources, 'schema'>,
): Promise<void> {
  const from = (paths: readonly string[]): string[] => paths.map((path) => relative(folder.path, path))
  const sources: ReportSources = {
    schema: SOURCES_SCHEMA,
    report,
    runs: from(runs),
    ...(repeats === undefined ? {} : { repeats: { old: from(repeats.old), new: from(repeats.new) } }),
  }
  await folder.writeFile('sources.json', `${JSON.stringify(sources, null, 2)}\n`)
}

/** Runs by the paths of their folders from another one. */
export function withPaths(runs: readonly SourceRun[], from: string): { record: RunRecord; path: string }[] {
  return runs.map(({ record, folder }) => ({ record, path: relative(from, folder) }))
}

/** Links to the reports of runs from a folder. */
export function linksFrom(folder: RunFolder, runs: readonly SourceRun[]): string[] {
  return runs.map((run) => relative(folder.path, join(run.folder, 'report.md')))
}

/**
 * Writes a report in every format there is: charts, tables as CSV, HTML, and report.md last.
 * @param outside what it is made from, whose texts stay text
 * @returns the path of report.md
 * @throws LabError (environment) where there is no room or no permission
 */
export async function writeAll<T>(folder: RunFolder, outside: T, render: (outside: T) => Report): Promise<string> {
  const [{ quotedReport }, { renderHtml }, { renderTables }] = await Promise.all([
    import('../report/outside.js'),
    import('../report/html.js'),
    import('../report/csv.js'),
  ])
  const report = quotedReport(outside, render)
  try {
    for (const [name, svg] of Object.entries(report.charts)) await folder.writeFile(name, svg)
    await folder.writeTables(renderTables(report))
    await folder.writeFile('report.html', renderHtml(report))
    await folder.writeFile('report.md', report.markdown)
  } catch (error) {
    throw withWayBack(error, folder)
  }
  return join(folder.path, 'report.md')
}

/** What was measured is written before its report: only the report has to be made again. */
function withWayBack(error: unknown, { path }: RunFolder): unknown {
  if (!(error instanceof LabError)) return error
  const { message, exitCode, details, cause } = error
  const hint = [error.hint, `What was measured is whole; write its report later: scalelab report ${path}`]
  return new LabError(message, { exitCode, details, cause, hint: hint.filter((line) => line !== undefined).join('\n') })
}
