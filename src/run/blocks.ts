import { type ComparedRun, type ComparedVariant, type Comparison, isOneBlock } from '../core/comparison.js'
import { LabError } from '../core/errors.js'
import { findMetric } from '../core/metrics.js'
import { seededRandom } from '../core/random.js'
import { isVoidFor } from '../stats/void.js'

/** A run that has ended, as the comparison remembers it. */
export interface Measured {
  /** Folder of its record, below the comparison's own. */
  record: string
  /** Validity checks that it failed, in words. */
  doubts: readonly string[]
}

export interface RunStarting {
  block: number
  variant: string
  /** Runs that have ended, and how many there will be as it looks now. */
  done: number
  total: number
}

export interface BlocksInput {
  /** As planned, or with the runs of an earlier command that was cut off. */
  comparison: Comparison
  /** One run on fresh processes. @throws LabError when the variant cannot run; the signal's reason */
  measure(variant: ComparedVariant, block: number): Promise<Measured>
  /** Called before the first run and after each: what it was given is what a crash leaves. */
  save(comparison: Comparison): Promise<void>
  onStart(run: RunStarting): void
  onEnd(run: ComparedRun): void
  signal: AbortSignal
  wallClock: () => Date
}

/** Blocks beyond those asked for, as a share of them, that make up for blocks with a run in doubt. */
const EXTRA = 0.5

/**
 * Runs the blocks of a comparison: each holds every variant once, in an order of its own (randomised complete blocks, Fisher
 * 1935), so that what the machine does to all of a block does not look like a difference, nor the place within it.
 *
 * A variant that cannot run is noted and left out from then on. A block with a run in doubt by the laboratory is made up for by
 * another, up to half as many as were asked for; a single one is not, as it shows figures and judges nothing.
 * @returns the comparison with all its runs; 'interrupted' when the signal fired, 'failed' when a variant could not run
 * @throws whatever save throws, and what is no LabError; what had been saved stays
 */
export async function runBlocks(input: BlocksInput): Promise<Comparison> {
  let { comparison } = input
  const save = async (change: Partial<Comparison>): Promise<void> => {
    comparison = { ...comparison, ...change }
    await input.save(comparison)
  }
  await save({ status: 'running', ended_at: null })
  const end = async (status: Comparison['status']): Promise<Comparison> => {
    await save({ status, ended_at: input.wallClock().toISOString() })
    return comparison
  }
  for (let block = 1; ; block++) {
    if (input.signal.aborted) return end('interrupted')
    if (block > limitOf(comparison) || wholeBlocks(comparison).length >= comparison.blocks) break
    if (comparison.order.length < block) await save({ order: [...comparison.order, orderOf(comparison, block)] })
    for (const name of comparison.order[block - 1] ?? []) {
      const variant = comparison.variants.find((candidate) => candidate.name === name)
      if (variant === undefined || variant.failure !== null || hasRun(comparison, block, name)) continue
      input.onStart({ block, variant: name, done: comparison.runs.length, total: expectedRuns(comparison) })
      const run = await measured(input, variant, block)
      if (run === null) return end('interrupted')
      const variants = comparison.variants.map((other) =>
        other.name === name && run.failure !== null ? { ...other, failure: run.failure } : other,
      )
      await save({ runs: [...comparison.runs, run], variants })
      input.onEnd(run)
      if (liveVariants(comparison).length < needed(comparison)) return end('failed')
    }
  }
  return end(comparison.variants.some(({ failure }) => failure !== null) ? 'failed' : 'complete')
}

/** One run, or null where it was cut off. */
async function measured(
  { measure, signal, wallClock }: BlocksInput,
  variant: ComparedVariant,
  block: number,
): Promise<ComparedRun | null> {
  const ended = (run: Pick<ComparedRun, 'record' | 'doubts' | 'failure'>): ComparedRun => ({
    block,
    variant: variant.name,
    ...run,
    ended_at: wallClock().toISOString(),
  })
  try {
    const { record, doubts } = await measure(variant, block)
    return signal.aborted ? null : ended({ record, doubts: [...doubts], failure: null })
  } catch (error) {
    if (signal.aborted) return null
    if (!(error instanceof LabError)) throw error
    return ended({ record: null, doubts: [], failure: error.message })
  }
}

/** A seeded shuffle of the variants (Fisher and Yates), another for each block. */
export function orderOf({ seed, variants }: Comparison, block: number): string[] {
  const names = variants.map(({ name }) => name)
  const random = seededRandom(seed * 10_007 + block)
  for (let i = names.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const [a, b] = [names[i] ?? '', names[j] ?? '']
    names[i] = b
    names[j] = a
  }
  return names
}

function liveVariants({ variants }: Comparison): ComparedVariant[] {
  return variants.filter(({ failure }) => failure === null)
}

/** How many variants make a comparison: of a variant with itself one. */
function needed({ kind }: Comparison): number {
  return kind === 'aa' ? 1 : 2
}

function hasRun({ runs }: Comparison, block: number, variant: string): boolean {
  return runs.some((run) => run.block === block && run.variant === variant)
}

/** Blocks in which every variant that can run did, none in doubt of the deciding figure. */
function wholeBlocks(comparison: Comparison): number[] {
  const live = liveVariants(comparison)
  const deciding = findMetric(comparison.metrics[0] ?? '')
  if (deciding === undefined) throw new Error(`no metric ${comparison.metrics[0]}`)
  return comparison.order.flatMap((_, index) => {
    const block = index + 1
    const whole = live.every(({ name }) =>
      comparison.runs.some((run) => run.block === block && run.variant === name && !isVoidFor(run, deciding)),
    )
    return whole ? [block] : []
  })
}

function limitOf(comparison: Comparison): number {
  const { blocks } = comparison
  return isOneBlock(comparison) ? 1 : blocks + Math.ceil(blocks * EXTRA)
}

/** Runs that there will be if no further one is in doubt. */
function expectedRuns(comparison: Comparison): number {
  const live = liveVariants(comparison).length
  const begun = comparison.order.length
  const open = comparison.order.slice(-1).flatMap((names) => names.filter((name) => !hasRun(comparison, begun, name)))
  const last = open.length > 0 ? begun - 1 : begun
  const whole = wholeBlocks(comparison).filter((block) => block <= last).length
  const more = Math.min(comparison.blocks - whole, limitOf(comparison) - last)
  return comparison.runs.filter(({ block }) => block <= last).length + Math.max(0, more) * live
}
