import { join, relative } from 'node:path'
import type { Comparison } from '../core/comparison.js'
import { writeAll, writeSources } from '../lab/report-files.js'
import { type ComparedResults, comparedResults } from '../stats/compared-runs.js'
import { readComparedRecords } from '../store/comparison-folder.js'
import { createRunFolder, type RunFolder } from '../store/run-folder.js'
import type { Diffed, Documented } from './report-kind.js'

/** Holds the newer of two comparisons against the older one, and writes it to `<out>/diffs/<time>`. */
export async function diffComparisons(
  one: Documented<Comparison>,
  other: Documented<Comparison>,
  out: string,
): Promise<Diffed> {
  const inTurn = Date.parse(one.value.started_at) <= Date.parse(other.value.started_at)
  const [older, newer] = inTurn ? [one, other] : [other, one]
  const folder = await createRunFolder(out, 'diffs', new Date())
  await writeSources(folder, { report: 'comparison-diff', runs: [older.folder, newer.folder] })
  return writeComparedDiffInto(folder, older, newer)
}

/** Writes the difference into a folder that is there. */
export async function writeComparedDiffInto(
  folder: RunFolder,
  older: Documented<Comparison>,
  newer: Documented<Comparison>,
): Promise<Diffed> {
  const [old, recent] = [await resultsOf(older), await resultsOf(newer)]
  const { comparedDiffLead, diffCompared, renderComparedDiff } = await import('../report/compared-diff.js')
  const links = [older, newer].map((each) => relative(folder.path, join(each.folder, 'report.md')))
  const report = await writeAll(folder, { old, recent }, (results) =>
    renderComparedDiff(results.old, results.recent, links),
  )
  const { rows, ...diff } = diffCompared(old, recent)
  return {
    report,
    json: {
      old: older.value.id,
      new: newer.value.id,
      ...diff,
      effects: rows.map(({ old: before, new: after, agree }) => ({
        metric: before.metric.name,
        variant: before.variant,
        old: before.judged,
        new: after.judged,
        agree,
      })),
      report,
    },
    async text(look) {
      const [{ renderComparedDiffTable }, { leadText }, { oneLine, wrap }] = await Promise.all([
        import('../ui/compared-diff.js'),
        import('../report/lead.js'),
        import('../ui/width.js'),
      ])
      return `${renderComparedDiffTable(rows, look)}\n\n${wrap(oneLine(leadText(comparedDiffLead({ rows, ...diff }))), look.width).join('\n')}`
    },
  }
}

async function resultsOf({ value, folder }: Documented<Comparison>): Promise<ComparedResults> {
  return comparedResults(value, await readComparedRecords(folder, value, () => undefined))
}
