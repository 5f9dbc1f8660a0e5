import { usageError } from '../core/errors.js'
import type { Metric } from '../core/metric.js'
import { seededRandom } from '../core/random.js'
import { judgeComparison } from './comparison.js'
import type { ComparisonVerdict, JudgeOptions } from './paired-comparison.js'
import { wilsonInterval } from './wilson.js'

/** What recorded runs of one variant measured: for each metric, by its name, a value or null for every run. */
export type RecordedValues = Readonly<Record<string, readonly (number | null)[]>>

export interface RecordedRuns {
  /** The first one decides. */
  metrics: readonly [Metric, ...Metric[]]
  baseline: RecordedValues
  /** Runs of another variant; null to compare the baseline with itself (A/A). */
  variant: RecordedValues | null
}

export interface DrawOptions extends JudgeOptions {
  /** How many comparisons to draw, at least 1. */
  comparisons: number
  /** Runs of either side in one comparison. */
  blocks: number
}

/** How often a difference was found. */
export interface Alarms {
  /** Comparisons that named one. */
  alarms: number
  /** Of all comparisons, 0 to 1: of false alarms for A/A, of the power to find what is there for A/B. */
  rate: number
  /** Wilson's 95 % interval of the rate, as if the comparisons shared no runs. */
  interval: [number, number]
}

export interface DrawnComparisons {
  comparisons: number
  blocks: number
  /** What the deciding metric came to. */
  deciding: Alarms & { verdicts: Record<ComparisonVerdict, number> }
  /** Comparisons with an alarm in any metric. */
  any: Alarms
}

const FOUND: readonly ComparisonVerdict[] = ['better', 'worse', 'different']

/**
 * Draws comparisons from recorded runs and judges each as a real one: how often does the whole rule find a difference
 * where there is none, or one that is there? For A/A each takes 2 x `blocks` distinct runs and splits them into pairs;
 * for A/B it takes `blocks` distinct runs of each variant. A run may come back in another comparison, so these are not
 * independent of each other.
 * @throws LabError (usage) when there are fewer runs than one comparison needs
 */
export function drawComparisons({ metrics, baseline, variant }: RecordedRuns, options: DrawOptions): DrawnComparisons {
  const { comparisons, blocks, seed } = options
  const own = runsOf(metrics[0], baseline)
  const other = variant === null ? null : runsOf(metrics[0], variant)
  requireRuns(own, other === null ? 2 * blocks : blocks, options)
  if (other !== null) requireRuns(other, blocks, options)
  const random = seededRandom(seed)
  const verdicts: Record<ComparisonVerdict, number> = {
    better: 0,
    worse: 0,
    different: 0,
    equivalent: 0,
    'cannot tell': 0,
    'not tested': 0,
  }
  let any = 0
  for (let i = 0; i < comparisons; i++) {
    const first = distinct(own, other === null ? 2 * blocks : blocks, random)
    const second = other === null ? first.splice(blocks) : distinct(other, blocks, random)
    const values = Object.fromEntries(
      metrics.map(({ name }) => [name, { A: pick(baseline, name, first), B: pick(variant ?? baseline, name, second) }]),
    )
    const judged = judgeComparison(
      { metrics, variants: ['A', 'B'], baseline: 'A', values },
      { ...options, seed: Math.floor(random() * 2 ** 32) },
    )
    for (const { deciding, judged: of } of judged) if (deciding) verdicts[of.verdict]++
    if (judged.some(({ judged: of }) => FOUND.includes(of.verdict))) any++
  }
  const found = FOUND.reduce((sum, verdict) => sum + verdicts[verdict], 0)
  return {
    comparisons,
    blocks,
    deciding: { ...alarms(found, comparisons), verdicts },
    any: alarms(any, comparisons),
  }
}

function alarms(found: number, comparisons: number): Alarms {
  return { alarms: found, rate: found / comparisons, interval: wilsonInterval(found, comparisons) }
}

function runsOf({ name }: Metric, values: RecordedValues): number {
  return values[name]?.length ?? 0
}

function requireRuns(runs: number, needed: number, { blocks }: DrawOptions): void {
  if (runs >= needed) return
  throw usageError(
    `comparisons of ${blocks} blocks are drawn from at least ${needed} runs of a variant, and there are ${runs}`,
    'Record more runs, or draw comparisons of fewer blocks',
  )
}

/** So many of the numbers from 0 to `runs` - 1, each at most once: the beginning of a Fisher-Yates shuffle. */
function distinct(runs: number, count: number, random: () => number): number[] {
  const order = Array.from({ length: runs }, (_, i) => i)
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (runs - i))
    ;[order[i], order[j]] = [order[j] ?? j, order[i] ?? i]
  }
  return order.slice(0, count)
}

function pick(values: RecordedValues, metric: string, runs: readonly number[]): (number | null)[] {
  return runs.map((run) => values[metric]?.[run] ?? null)
}
