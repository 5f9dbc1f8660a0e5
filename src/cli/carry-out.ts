import { join } from 'node:path'
import { type Comparison, isOneBlock, withoutSecrets } from '../core/comparison.js'
import { runError } from '../core/errors.js'
import { shownHeader } from '../core/header-secrets.js'
import { writeCompared, writeRunReport } from '../lab/report-files.js'
import { findStacks, stateOf } from '../lab/stack/running-stacks.js'
import { type ComparedResults, comparedResults } from '../stats/compared-runs.js'
import { scalingResults } from '../stats/scaling-results.js'
import { withLock } from '../store/lock.js'
import { openRunFolder } from '../store/run-folder.js'
import type { BenchOptions } from './bench-options.js'
import { compareBlocks } from './comparing.js'
import type { Lab } from './lab.js'

/** Runs what is still to be run of a comparison, writes its report, prints what came out, and sets the exit code. */
export async function carryOut(
  lab: Lab,
  folder: string,
  comparison: Comparison,
  options: Pick<BenchOptions, 'json' | 'quiet'>,
): Promise<ComparedResults> {
  const { results, report } = await carriedOut(lab, folder, comparison, options)
  if (options.json === true) lab.document(comparedDocument(results, report))
  else {
    await printCompared(lab, results)
    lab.print(`Report: ${report}`)
  }
  const { status } = results.comparison
  if (status === 'interrupted') {
    lab.remark('Interrupted; every run that had ended is kept. Go on with: scalelab compare --resume')
    lab.os.signal.throwIfAborted()
  }
  if (status === 'failed') {
    const failed = results.comparison.variants.flatMap(({ name, failure }) => (failure === null ? [] : [name]))
    throw runError(`${failed.join(', ')} could not run`, 'See the reason in the report; the others were compared')
  }
  return results
}

/** What a comparison showed in plain words, and its figures. */
export async function printCompared(lab: Lab, results: ComparedResults): Promise<void> {
  const [{ leadText }, { renderLead }] = await Promise.all([import('../report/lead.js'), import('../ui/summary.js')])
  if (results.comparison.kind === 'scaling') {
    const [{ scalingLead }, { renderScaling }] = await Promise.all([
      import('../report/scaling-experiment.js'),
      import('../ui/scaling.js'),
    ])
    lab.print(`${renderLead(leadText(scalingLead(results)), lab.look())}\n\n${renderScaling(results, lab.look())}`)
    return
  }
  const [{ comparedLead }, { renderCompared }] = await Promise.all([
    import('../report/compared-words.js'),
    import('../ui/compared.js'),
  ])
  lab.print(`${renderLead(leadText(comparedLead(results)), lab.look())}\n\n${renderCompared(results, lab.look())}`)
}

/** Runs what is still to be run of a comparison and writes its report. */
export async function carriedOut(
  lab: Lab,
  folder: string,
  comparison: Comparison,
  options: Pick<BenchOptions, 'json' | 'quiet'>,
): Promise<{ results: ComparedResults; report: string }> {
  // Two comparisons at once would measure each other.
  const compared = await withLock(lab.os.stateDir, 'compare', async () => {
    await clearTheStage(lab)
    return compareBlocks(lab, folder, comparison, options)
  })
  const results = comparedResults(withoutSecrets(compared.comparison), compared.records)
  // Where each variant has one run only, the runs are what there is to read.
  for (const [path, record] of isOneBlock(comparison) ? compared.records : []) {
    await writeRunReport(openRunFolder(join(folder, path)), record)
  }
  return { results, report: await writeCompared(folder, results) }
}

/** What a killed command has left would be measured as well, and is removed; other stacks are only told of. */
async function clearTheStage(lab: Lab): Promise<void> {
  const { stacks } = await findStacks(await lab.allEngines())
  for (const stack of stacks) {
    const { name } = stack.meta
    if ((await stateOf(stack, lab)) === 'without owner') {
      await withLock(lab.os.stateDir, name, () => stack.down())
      lab.remark(`Removed ${name}, which a killed command had left.`)
    } else lab.remark(`${name} runs on this machine too, and takes part of it: scalelab down ${name}`)
  }
}

/** The results without the records they come from, which are in the folder. */
export function comparedDocument(results: ComparedResults, report: string): object {
  const { comparison, variants, metrics, cells, judged, claims, drawn } = results
  return {
    ...comparison,
    variants: variants.map(({ pooled: _pooled, runs, ...variant }) => ({ ...variant, runs: runs.length })),
    figures: metrics.map(({ name, label, unit }) => ({ name, label, unit, variants: cells[name] })),
    comparisons: judged.map(({ metric, ...one }) => ({
      metric: metric.name,
      ...one,
      ...one.judged,
      judged: undefined,
    })),
    claims,
    drawn,
    ...(results.comparison.kind === 'scaling' ? scalingResults(results) : {}),
    report,
  }
}

/** What was typed, to be typed again: without values of headers that may be secrets. */
export function commandOf(argv: readonly string[]): string {
  const words = argv
    .slice(2)
    .map((word, i, all) => {
      if (all[i - 1] === '--header') return shownHeader(word)
      return word.startsWith('--header=') ? `--header=${shownHeader(word.slice('--header='.length))}` : word
    })
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  return ['scalelab', ...words.filter((word) => word !== '--json' && word !== '--quiet')].join(' ')
}
