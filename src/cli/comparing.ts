import { join, relative } from 'node:path'
import { type ComparedVariant, type Comparison, isOneBlock } from '../core/comparison.js'
import { EXIT, LabError, runError, usageError } from '../core/errors.js'
import type { ActSettings } from '../core/experiment.js'
import type { Load } from '../core/load.js'
import type { Metric } from '../core/metric.js'
import { findMetric } from '../core/metrics.js'
import type { RunRecord } from '../core/record.js'
import { parseSlo } from '../core/slo.js'
import { parseDuration } from '../core/units.js'
import { bearing, doubtsOf } from '../core/validity.js'
import { quietly } from '../lab/context.js'
import { measure } from '../lab/measure/measure.js'
import type { Subject } from '../lab/measure/subject.js'
import { startOwnStack } from '../lab/stack/own-stack.js'
import { type Measured, runBlocks } from '../run/blocks.js'
import { isVoidFor } from '../stats/void.js'
import { RUNS_FOLDER, readComparedRecords, writeComparisonFile } from '../store/comparison-folder.js'
import { wantsUnicode } from '../ui/choose-view.js'
import { createCompareProgress, type VariantProgress } from '../ui/progress/compare-progress.js'
import { createLook } from '../ui/style.js'
import { drillRun, reshardRun } from './acted-runs.js'
import type { BenchOptions } from './bench-options.js'
import { subjectOfScenario } from './bench-subject.js'
import type { Lab } from './lab.js'
import { runSettings } from './probe-options.js'
import { optionsOf } from './variants.js'

/** A comparison, and the records of its runs by the folder that it names. */
export interface ComparedRuns {
  comparison: Comparison
  records: ReadonlyMap<string, RunRecord>
}

/** What a run costs beside its load: bringing the stack up and down, connecting, draining; milliseconds. */
const AROUND_MS = 2_500
/** Load before a drill, and before and after a migration, in milliseconds. */
const BASELINE_MS = 2_000
/** What a drill or a migration should take, in milliseconds. */
const ACT_MS = 10_000

/**
 * Runs the blocks of a comparison that are still to be run, and keeps every run in its folder.
 * @returns the comparison with all its runs, whatever its status
 */
export async function compareBlocks(
  lab: Lab,
  folder: string,
  begun: Comparison,
  options: Pick<BenchOptions, 'json' | 'quiet'>,
): Promise<ComparedRuns> {
  const records = new Map(await readComparedRecords(folder, begun, (what) => lab.remark(what)))
  const metric = findMetric(begun.metrics[0] ?? '')
  if (metric === undefined) throw new Error(`no metric ${begun.metrics[0]}`)
  const { stderr, env } = lab.os
  // Of one block every run is shown by itself while it is measured.
  const isTTY = stderr.isTTY === true && options.quiet !== true && !isOneBlock(begun)
  const progress = createCompareProgress({
    write: (text) => (options.json === true && !isTTY ? undefined : stderr.write(text)),
    isTTY,
    look: createLook({ colour: isTTY && lab.look().colour, unicode: wantsUnicode(env) }),
    columns: () => stderr.columns || 80,
  })
  let state: Comparison = begun
  let took: number[] = []
  let since = performance.now()
  const show = (running: { variant: string; block: number } | null, done: number, total: number): void =>
    progress.update({
      running,
      blocks: state.blocks,
      done,
      total,
      leftMs: (total - done) * (mean(took) ?? expectedRunMs(state)),
      figure: `${metric.label}${metric.unit === '' ? '' : `, ${metric.unit}`}`,
      variants: state.variants.map((variant) => progressOf(variant, state, records, metric)),
    })
  try {
    const comparison = await runBlocks({
      comparison: begun,
      async measure(variant, block) {
        const { record, path } = await measureVariant(lab, folder, state, variant, block)
        records.set(path, record)
        return { record: path, doubts: doubtsOf(bearing(record)) } satisfies Measured
      },
      async save(next) {
        state = next
        await writeComparisonFile(folder, next)
      },
      onStart({ block, variant, done, total }) {
        since = performance.now()
        show({ block, variant }, done, total)
      },
      onEnd({ variant, failure, doubts, block }) {
        took = [...took, performance.now() - since]
        if (failure !== null) progress.note(`${variant} cannot run, and is left out from here on: ${failure}`)
        else if (doubts.length > 0) progress.note(`block ${block}, ${variant}: ${doubts.join(', ')}`)
      },
      signal: lab.os.signal,
      wallClock: () => new Date(),
    })
    return { comparison, records }
  } finally {
    progress.close()
  }
}

/** One run of a variant on fresh processes; of many silently. */
async function measureVariant(
  loud: Lab,
  folder: string,
  comparison: Comparison,
  variant: ComparedVariant,
  block: number,
): Promise<{ record: RunRecord; path: string }> {
  const lab = isOneBlock(comparison) ? loud : quietly(loud)
  const options: BenchOptions = {
    ...flagsOf(comparison, variant),
    // Of its own for each block, and the same for all of one: chance that they share is no difference between them.
    seed: comparison.seed + block,
    out: join(folder, RUNS_FOLDER),
  }
  const names = comparison.variants.map(({ scenario }) => scenario)
  const subject = await subjectOfScenario(lab, variant.scenario, names, options)
  const run =
    comparison.act === null
      ? await measure({
          lab,
          subject,
          objectives: options.slo === undefined ? [] : parseSlo(options.slo),
          ...runSettings(options),
        })
      : await acted(lab, subject, comparison.act, options)
  if (run.record.status === 'failed') {
    const cause = run.record.events.findLast(({ level }) => level === 'error')?.text
    throw runError(cause ?? 'the run failed', `See ${run.folder.path}`)
  }
  if (run.record.load.ledger.ok === 0 && run.record.status === 'complete') {
    throw runError(`no request to ${run.record.target} was answered well`, `See ${run.folder.path}`)
  }
  return { record: run.record, path: relative(folder, run.folder.path) }
}

/** A run beside whose load something acts, on a stack of its own. */
async function acted(
  lab: Lab,
  { scenario, scenarioFile, system }: Subject,
  act: NonNullable<ActSettings>,
  options: BenchOptions,
): ReturnType<typeof drillRun> {
  if (system.kind !== 'start') throw new Error('a variant brings its stack up')
  const about = { scenario, scenarioFile, purpose: 'compare' } as const
  const stack = await startOwnStack(lab, about, system.decision, system.start)
  try {
    if (act.kind === 'reshard')
      return await reshardRun({ lab, options }, stack, { to: act.to, baselineMs: BASELINE_MS })
    const { node, fault } = act
    return await drillRun({ lab, options }, stack, {
      node,
      fault,
      baselineMs: BASELINE_MS,
      seed: options.seed ?? 1,
    })
  } finally {
    await stack.down()
  }
}

function flagsOf({ set }: Comparison, variant: ComparedVariant): Partial<BenchOptions> {
  const common = optionsOf(set)
  const own = optionsOf(variant.set)
  const header = [...(common.header ?? []), ...(own.header ?? [])]
  const kinds = own.image?.map((text) => text.split('=', 1)[0])
  const image = [
    ...(common.image ?? []).filter((text) => !kinds?.includes(text.split('=', 1)[0])),
    ...(own.image ?? []),
  ]
  // Of flags that may be repeated some are given to all and some to one.
  return {
    ...common,
    ...own,
    ...(header.length === 0 ? {} : { header }),
    ...(image.length === 0 ? {} : { image }),
  }
}

/**
 * Looks at every variant before anything is started. A mistake in one is a mistake in the command; what this machine lacks for
 * one is noted in it, and the others go on.
 * @returns how they are loaded, too
 * @throws LabError (usage) that names the variant, or where some are loaded in another way than others
 */
export async function examineVariants(
  lab: Lab,
  comparison: Comparison,
): Promise<{ comparison: Comparison; mode: Load['mode'] }> {
  const names = comparison.variants.map(({ scenario }) => scenario)
  const variants: ComparedVariant[] = []
  const modes = new Set<Load['mode']>()
  for (const variant of comparison.variants) {
    try {
      const { load } = await subjectOfScenario(lab, variant.scenario, names, { ...flagsOf(comparison, variant) })
      modes.add(load.mode)
      variants.push(variant)
    } catch (error) {
      if (!(error instanceof LabError)) throw error
      if (error.exitCode === EXIT.usage) {
        throw new LabError(`variant ${variant.name}: ${error.message}`, {
          exitCode: error.exitCode,
          ...(error.hint === undefined ? {} : { hint: error.hint }),
        })
      }
      variants.push({ ...variant, failure: error.message })
    }
  }
  if (modes.size > 1) {
    throw usageError(
      'some variants run an open loop and some a closed one, which answer different questions',
      'Give all the same load: --max for capacity, or --rps for latency at a rate',
    )
  }
  return { comparison: { ...comparison, variants }, mode: [...modes][0] ?? 'closed' }
}

/** What a run should take, by its load. */
export function expectedRunMs({ set, act }: Comparison): number {
  const { duration, warmup, stages } = set
  const staged = (stages ?? '').split(',').map((stage) => stage.split(':')[0] ?? '')
  const counted =
    stages === undefined
      ? parseDuration(duration ?? '10s', '--duration')
      : staged.reduce((sum, text) => sum + parseDuration(text, '--stages'), 0)
  return AROUND_MS + parseDuration(warmup ?? '2s', '--warmup') + (act === null ? counted : ACT_MS)
}

function progressOf(
  { name, failure }: ComparedVariant,
  { runs }: Comparison,
  records: ReadonlyMap<string, RunRecord>,
  metric: Metric,
): VariantProgress {
  const mine = runs.filter((run) => run.variant === name)
  const values = mine.flatMap((run) => {
    const record = isVoidFor(run, metric) ? undefined : records.get(run.record ?? '')
    return record === undefined ? [] : (metric.read(record) ?? [])
  })
  return { name, values, voided: mine.filter((run) => run.record !== null && isVoidFor(run, metric)).length, failure }
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
