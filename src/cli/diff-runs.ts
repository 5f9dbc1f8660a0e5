import { readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { LabError } from '../core/errors.js'
import type { RunRecord } from '../core/record.js'
import { bearing, doubtsOf } from '../core/validity.js'
import { linksFrom, type SourceRun, writeAll, writeSources } from '../lab/report-files.js'
import { createRunFolder, type RunFolder, readRecord } from '../store/run-folder.js'
import type { Diffed, Documented } from './report-kind.js'

/** Runs that lie beside a run and repeat it, for each side of a difference. */
interface Beside {
  old: readonly SourceRun[]
  new: readonly SourceRun[]
}

/** What was made within so many milliseconds of a run repeats it; what was made later is another day's. */
const SAME_DAY_MS = 12 * 3_600_000
/** More runs than this are not read in search of repeats: the newest count. */
const MOST_READ = 300

/** Holds the newer of two runs against the older one, with the repeats beside them, and writes it to `<out>/diffs/<time>`. */
export async function diffRuns(one: Documented<RunRecord>, other: Documented<RunRecord>, out: string): Promise<Diffed> {
  const inTurn = Date.parse(one.value.started_at) <= Date.parse(other.value.started_at)
  const [older, newer] = inTurn ? [one, other] : [other, one]
  const [old, recent] = [older, newer].map(({ value, folder }): SourceRun => ({ record: value, folder })) as [
    SourceRun,
    SourceRun,
  ]
  const beside = await repeatsOf(old, recent)
  const folder = await createRunFolder(out, 'diffs', new Date())
  const paths = (runs: readonly SourceRun[]): string[] => runs.map((run) => run.folder)
  await writeSources(folder, {
    report: 'diff',
    runs: [older.folder, newer.folder],
    repeats: { old: paths(beside.old), new: paths(beside.new) },
  })
  return writeDiffInto(folder, old, recent, beside)
}

/** Writes the difference into a folder that is there. */
export async function writeDiffInto(
  folder: RunFolder,
  older: SourceRun,
  newer: SourceRun,
  beside: Beside,
): Promise<Diffed> {
  const [{ renderDiff }, { changesBetween }, { diffLead }, { leadText }, { CHANGE_WORDS }, { diffRecords }] =
    await Promise.all([
      import('../report/diff.js'),
      import('../report/changes.js'),
      import('../report/diff-answer.js'),
      import('../report/lead.js'),
      import('../report/sections/diff.js'),
      import('../stats/run-diff.js'),
    ])
  const records = (runs: readonly SourceRun[]): RunRecord[] => runs.map(({ record }) => record)
  const repeats = { old: records(beside.old), new: records(beside.new) }
  const [one = '', other = ''] = linksFrom(folder, [older, newer])
  const outside = { older: older.record, newer: newer.record, repeats }
  const report = await writeAll(folder, outside, (runs) => renderDiff({ ...runs, sources: [one, other] }))
  const diff = diffRecords(older.record, newer.record, repeats)
  const changes = changesBetween(older.record, newer.record)
  const lead = leadText(diffLead(older.record, newer.record, diff, changes))
  const told = ({ record }: SourceRun) => ({ id: record.id, started_at: record.started_at, status: record.status })
  return {
    report,
    json: { old: told(older), new: told(newer), changes, ...diff, report },
    async text(look) {
      const { renderDiffTable } = await import('../ui/diff.js')
      const heads = headsOf(older.record, newer.record)
      return renderDiffTable(diff, { ...heads, changes, lead, changeWords: CHANGE_WORDS }, look)
    },
  }
}

/** When each was, as short as tells them apart; with their scenarios where these differ. */
function headsOf(older: RunRecord, newer: RunRecord): { older: string; newer: string } {
  const length = older.started_at.slice(0, 16) === newer.started_at.slice(0, 16) ? 19 : 16
  const head = ({ scenario, started_at }: RunRecord): string => {
    const time = started_at.slice(0, length).replace('T', ' ')
    return older.scenario === newer.scenario ? time : `${scenario} ${time}`
  }
  return { older: head(older), newer: head(newer) }
}

/**
 * Sound runs with the same settings and versions that lie beside the two, and were made within twelve hours of one: each
 * goes to the one that it is nearer to.
 */
async function repeatsOf(older: SourceRun, newer: SourceRun): Promise<{ old: SourceRun[]; new: SourceRun[] }> {
  const { repeats } = await import('../report/differences.js')
  const taken = new Set([older, newer].map(({ folder }) => resolve(folder)))
  const parents = new Set([older, newer].map(({ folder }) => dirname(resolve(folder))))
  const found = { old: [] as SourceRun[], new: [] as SourceRun[] }
  for (const parent of parents) {
    for (const run of await runsIn(parent, taken)) {
      const [toOld, toNew] = [older, newer].map(({ record }) => apart(record, run.record)) as [number, number]
      const [side, nearest] = toOld <= toNew ? (['old', older] as const) : (['new', newer] as const)
      if (Math.min(toOld, toNew) > SAME_DAY_MS || !sound(run.record)) continue
      if (repeats(nearest.record, run.record) && sameVersions(nearest.record, run.record)) found[side].push(run)
    }
  }
  return found
}

async function runsIn(parent: string, taken: ReadonlySet<string>): Promise<SourceRun[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => [])
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const runs: SourceRun[] = []
  for (const name of names.toSorted().slice(-MOST_READ)) {
    const folder = join(parent, name)
    if (taken.has(folder)) continue
    try {
      runs.push(await readRecord(folder))
    } catch (error) {
      // Not asked for by name: what cannot be read here is no repeat.
      if (!(error instanceof LabError)) throw error
    }
  }
  return runs
}

function apart(one: RunRecord, other: RunRecord): number {
  return Math.abs(Date.parse(one.started_at) - Date.parse(other.started_at))
}

function sound(record: RunRecord): boolean {
  return record.status === 'complete' && doubtsOf(bearing(record)).length === 0
}

function sameVersions(one: RunRecord, other: RunRecord): boolean {
  const { software } = one.environment
  const entries = Object.entries(software)
  return (
    entries.length === Object.keys(other.environment.software).length &&
    entries.every(([name, version]) => other.environment.software[name] === version)
  )
}
