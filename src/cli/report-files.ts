import { join, relative } from 'node:path'
import type { ClaimsRecord } from '../core/claims.js'
import type { RunRecord } from '../core/record.js'
import type { ShardPlan } from '../core/shard-plan.js'
import type { GuardReport } from '../report/detection.js'
import type { ComparedResults } from '../stats/compared-runs.js'
import { createRunFolder, openRunFolder, type RunFolder } from '../store/run-folder.js'

// What draws reports is loaded when there is one to draw: it would double the time that every command takes to start.

/** Writes report.md and its charts into a run's folder. @returns the path of report.md */
export async function writeRunReport(folder: RunFolder, record: RunRecord): Promise<string> {
  const { renderReport } = await import('../report/markdown.js')
  return writeAll(folder, renderReport(record))
}

/** Writes the comparison of several runs into a folder of its own, `<out>/comparisons/<time>`. @returns the path of report.md */
export async function writeComparison(
  out: string,
  records: readonly RunRecord[],
  folders: readonly string[],
): Promise<string> {
  const folder = await createRunFolder(out, 'comparisons', new Date())
  const sources = folders.map((path) => relative(folder.path, join(path, 'report.md')))
  const { renderComparison } = await import('../report/markdown.js')
  return writeAll(folder, renderComparison([...records], sources))
}

/** Writes the report of several drills into a folder of its own, `<out>/drills/<time>`. @returns the path of report.md */
export async function writeDrills(
  out: string,
  records: readonly RunRecord[],
  folders: readonly string[],
): Promise<string> {
  const folder = await createRunFolder(out, 'drills', new Date())
  const sources = folders.map((path) => relative(folder.path, join(path, 'report.md')))
  const { renderDrills } = await import('../report/drills.js')
  return writeAll(folder, renderDrills(records, records[0]?.scenario ?? 'drills', sources))
}

/** Writes the report of a guard into `<out>/guard/<time>`, its figures as JSON beside it. @returns the path of report.md */
export async function writeGuard(out: string, report: GuardReport): Promise<string> {
  const folder = await createRunFolder(out, 'guard', new Date())
  await folder.writeFile('guard.json', `${JSON.stringify(report, null, 2)}\n`)
  const { renderGuard } = await import('../report/detection.js')
  return writeAll(folder, { markdown: renderGuard(report), charts: {} })
}

/** Writes the report of a comparison of variants into its folder. @returns the path of report.md */
export async function writeCompared(path: string, results: ComparedResults): Promise<string> {
  const { renderCompared } = await import('../report/compared.js')
  return writeAll(openRunFolder(path), renderCompared(results))
}

/** Writes what came of claims as claims.json, and its report, into a folder. @returns the path of report.md */
export async function writeClaims(folder: RunFolder, record: ClaimsRecord): Promise<string> {
  await folder.writeFile('claims.json', `${JSON.stringify(record, null, 2)}\n`)
  const { renderClaimsReport } = await import('../report/claims.js')
  return writeAll(folder, renderClaimsReport(record))
}

/** Writes the plan as JSON and its report into a folder. @returns the path of report.md */
export async function writeShardPlan(folder: RunFolder, plan: ShardPlan): Promise<string> {
  await folder.writeFile('plan.json', `${JSON.stringify(plan, null, 2)}\n`)
  const { renderShardPlan } = await import('../report/shard-plan.js')
  return writeAll(folder, renderShardPlan(plan))
}

async function writeAll(
  folder: RunFolder,
  { markdown, charts }: { markdown: string; charts: Record<string, string> },
): Promise<string> {
  for (const [name, svg] of Object.entries(charts)) await folder.writeFile(name, svg)
  await folder.writeFile('report.md', markdown)
  return join(folder.path, 'report.md')
}
