import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { EXIT, LabError, usageError } from '../../core/errors.js'
import type { RunRecord } from '../../core/record.js'
import { type SourceRun, withPaths, writeCompared } from '../../lab/report-files.js'
import type { ComparedResults } from '../../stats/compared-runs.js'
import { writeComparisonFile } from '../../store/comparison-folder.js'
import { type FoundDocument, readDocument } from '../../store/document.js'
import { createRunFolder, openRunFolder } from '../../store/run-folder.js'
import { commandOf, comparedDocument, printCompared } from '../carry-out.js'
import type { Lab } from '../lab.js'
import type { ReportKind } from '../report-kind.js'
import { REPORT_KINDS } from '../report-kinds.js'
import { printSummary } from './bench.js'

interface ReportOptions {
  out: string
  diff?: true
  json?: true
}

type Result = FoundDocument<ReportKind>

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Writes a report anew from its record: report.md with its charts, the same as one HTML file, and its tables as CSV. Takes the folder of anything that has a report: runs, comparisons, drills, guards, shard plans, fits, diffs. Several runs: each one anew, and a comparison of all, the first being the baseline.',
    )
    .argument('<folders...>', 'folders of results, the JSON in them, or reports/<scenario> for its latest run')
    .option('--diff', 'two records of one experiment: what changed from the first to the second')
    .option('--out <dir>', 'where comparisons and diffs go', 'reports')
    .option('--json', 'the records, or the diff, as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ scalelab report reports/lb-3                            its latest run, written again
  $ scalelab report reports/single reports/lb-3             two runs compared
  $ scalelab report reports/drills/2026-11-20T15-41-57Z     all trials of a drill
  $ scalelab report --diff reports/lb-3/2026-11-20T12-11-33Z reports/lb-3/latest`,
    )
    .action((paths: string[], options: ReportOptions) =>
      options.diff === true ? diff(lab, paths, options) : rebuild(lab, paths, options),
    )
}

async function rebuild(lab: Lab, paths: readonly string[], options: ReportOptions): Promise<void> {
  const found = await readable(lab, paths)
  const rebuilt: Result[] = []
  const reports: string[] = []
  for (const result of found) {
    await skipping(lab, found.length, async () => {
      reports.push(await result.kind.rebuild(result.value, openRunFolder(result.folder), lab))
      rebuilt.push(result)
    })
  }
  if (rebuilt.length === 0) throw usageError(`none of ${paths.length} could be reported: see above`)
  const runs = rebuilt.filter(isRun)
  const [only] = runs
  const compared =
    runs.length > 1
      ? await gather(
          lab,
          runs.map(({ value, folder }) => ({ record: value, folder })),
          options.out,
        )
      : null
  if (compared !== null) reports.push(compared.report)
  if (options.json === true) {
    const [first, ...more] = rebuilt
    if (more.length === 0) return lab.document(first?.value)
    const documents = rebuilt.filter((result) => compared === null || !isRun(result)).map(({ value }) => value)
    if (compared === null) return lab.document({ documents })
    const document = comparedDocument(compared.results, compared.report)
    return lab.document(documents.length === 0 ? document : { ...document, documents })
  }
  if (compared !== null) await printCompared(lab, compared.results)
  else if (only !== undefined) await printSummary(lab, only.value, null)
  if (only !== undefined) lab.print('')
  tell(lab, reports)
}

/** Several runs as a comparison, kept as one that was planned would be. */
async function gather(
  lab: Lab,
  runs: readonly SourceRun[],
  out: string,
): Promise<{ results: ComparedResults; report: string }> {
  const { gatheredName, gatherRuns } = await import('../../report/gathered.js')
  const name = gatheredName(runs.map(({ record }) => record))
  const { path } = await createRunFolder(join(out, 'experiments'), name, new Date())
  const { comparison, results } = gatherRuns(withPaths(runs, path), commandOf(lab.os.argv))
  await writeComparisonFile(path, comparison)
  return { results, report: await writeCompared(path, results) }
}

/** Two documents of one kind, the older one first. */
async function diff(lab: Lab, paths: readonly string[], { out, json }: ReportOptions): Promise<void> {
  const [first, second, ...more] = paths
  if (first === undefined || second === undefined || more.length > 0) {
    throw usageError(
      `--diff takes two records, and ${paths.length === 1 ? 'one was' : `${paths.length} were`} given`,
      'As in scalelab report --diff reports/lb-3/2026-11-20T12-11-33Z reports/lb-3/latest',
    )
  }
  const [older, newer] = [await readDocument(first, REPORT_KINDS), await readDocument(second, REPORT_KINDS)]
  if (older.kind !== newer.kind) {
    throw usageError(
      `${first} is a ${nameOf(older.kind)} and ${second} a ${nameOf(newer.kind)}: they cannot be held against one another`,
    )
  }
  if (older.kind.diff === undefined) {
    const able = REPORT_KINDS.filter((kind) => kind.diff !== undefined).map(nameOf)
    throw usageError(
      `there is no difference of two records of the kind ${nameOf(older.kind)}`,
      `Of these there is: ${able.join(', ')}`,
    )
  }
  if ((await realpath(older.folder)) === (await realpath(newer.folder))) {
    throw usageError(`${first} and ${second} are the same record`)
  }
  const diffed = await older.kind.diff(older, newer, out)
  if (json === true) return lab.document(diffed.json)
  lab.print(`${await diffed.text(lab.look())}\n`)
  tell(lab, [diffed.report])
}

/** What can be read of these, each once; what cannot is told and left out. @throws LabError (usage) when none can */
async function readable(lab: Lab, paths: readonly string[]): Promise<Result[]> {
  const found: Result[] = []
  for (const path of paths) {
    await skipping(lab, paths.length, async () => void found.push(await readDocument(path, REPORT_KINDS)))
  }
  if (found.length === 0) throw usageError(`none of ${paths.length} could be reported: see above`)
  // reports/lb-3/*/ matches the newest run twice: by its name and as latest.
  const folders = await Promise.all(found.map(({ folder }) => realpath(folder)))
  return found.filter((_, index) => folders.indexOf(folders[index] ?? '') === index)
}

/** Of several, one that cannot be read or is damaged must not cost the others. */
async function skipping(lab: Lab, of: number, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    // A full disk is no fault of a record: it would fail the others as well.
    if (of === 1 || !(error instanceof LabError) || error.exitCode !== EXIT.usage) throw error
    lab.remark(`skipped: ${error.message}`)
  }
}

function isRun(result: Result): result is Result & { value: RunRecord } {
  return nameOf(result.kind) === 'run'
}

/** "run" of "scalelab/run@1". */
function nameOf({ schema }: ReportKind): string {
  return schema.replace(/^.*\//, '').replace(/@.*$/, '')
}

/** Where the last report is in every format, and where the others are. */
function tell(lab: Lab, reports: readonly string[]): void {
  const last = reports.at(-1)
  if (last === undefined) return
  for (const report of reports.slice(0, -1)) lab.print(`Rebuilt: ${report}`)
  lab.print(`Report:  ${last}`)
  lab.print(`HTML:    ${last.replace(/\.md$/, '.html')}`)
  lab.print(`Tables:  ${join(last, '..', 'tables')}`)
}
