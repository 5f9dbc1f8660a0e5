import { realpath } from 'node:fs/promises'
import type { Command } from 'commander'
import { openRunFolder, readRecord } from '../../store/run-folder.js'
import type { Lab } from '../lab.js'
import { writeComparison, writeRunReport } from '../report-files.js'

export function addReport(program: Command, lab: Lab): void {
  program
    .command('report')
    .summary('rebuild the report of a run, or put several side by side')
    .description(
      'Writes report.md and its charts anew from run.json. With several runs: each one anew, and a comparison of all, the first being the baseline.',
    )
    .argument('<runs...>', 'run folders, run.json files, or reports/<scenario> for its latest run')
    .option('--out <dir>', 'where the comparison goes', 'reports')
    .option('--json', 'the records as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ scalelab report reports/lb-3\n  $ scalelab report reports/single reports/lb-3\n  $ scalelab report reports/lb-3/*/',
    )
    .action(async (paths: string[], options: { out: string; json?: boolean }) => {
      const found = await Promise.all(paths.map((path) => readRecord(path)))
      // reports/lb-3/*/ matches the newest run twice: by its name and as latest.
      const folders = await Promise.all(found.map((run) => realpath(run.folder)))
      const runs = found.filter((_, index) => folders.indexOf(folders[index] ?? '') === index)
      const records = runs.map((run) => run.record)
      const reports: string[] = []
      for (const { record, folder } of runs) reports.push(await writeRunReport(openRunFolder(folder), record))
      if (records.length > 1) {
        reports.push(
          await writeComparison(
            options.out,
            records,
            runs.map((run) => run.folder),
          ),
        )
      }
      if (options.json === true) return lab.printJson(records.length === 1 ? records[0] : { runs: records })
      const { renderComparisonTable, renderSummary } = await import('../../ui/tables.js')
      const [first] = records
      if (records.length > 1) lab.print(renderComparisonTable(records, lab.look()))
      else if (first !== undefined) lab.print(renderSummary(first, lab.look()))
      lab.print(`Report: ${reports.at(-1) ?? ''}`)
    })
}
