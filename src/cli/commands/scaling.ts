import { join } from 'node:path'
import type { Command } from 'commander'
import { COMPARISON_SCHEMA, type ComparedVariant, type Comparison, type Level } from '../../core/comparison.js'
import { unknownValueError, usageError } from '../../core/errors.js'
import { DEFAULT_MARGIN } from '../../core/experiment.js'
import { number } from '../../core/parameters/kinds.js'
import { formatDuration } from '../../core/units.js'
import { createRunFolder } from '../../store/run-folder.js'
import type { BenchOptions } from '../bench-options.js'
import { carryOut, commandOf } from '../carry-out.js'
import { examineVariants, expectedRunMs } from '../comparing.js'
import type { Lab } from '../lab.js'
import { addLoadOptions } from '../load-options.js'
import { addProbeOptions } from '../probe-options.js'
import { addStackOptions } from '../stack-options.js'
import { type Settings, settingsOf } from '../variants.js'

interface ScalingOptions extends BenchOptions {
  replicas: string
  /** False with --no-vertical. */
  vertical: string | boolean
  blocks: string
}

/** What can be multiplied, and how much of it at most. */
const FAMILIES: Readonly<Record<string, { most: number; what: string }>> = {
  lb: { most: 64, what: 'API instances behind the balancer' },
  repl: { most: 8, what: 'standbys' },
  'shard-scaling': { most: 16, what: 'shards' },
}

const DEFAULT_LEVELS = '1,2,3,4,6,8'
const DEFAULT_VERTICAL = '2,4'
const DEFAULT_BLOCKS = '5'
/** Connections for each instance of the largest level: enough that none idles for want of a request. */
const CONNECTIONS_EACH = 40
const FEWEST_CONNECTIONS = 100

export function add(command: Command, lab: Lab): void {
  command
    .description(
      "Measures the capacity (closed loop) of 1, 2, 3, ... instances in blocks of runs on fresh processes, and fits Amdahl's law and the Universal Scalability Law to it. One larger instance is held against as many smaller ones at the same budget. Every other number of the load is the same on all levels.",
    )
    .argument('<family>', `what is multiplied: ${Object.keys(FAMILIES).join(', ')}`)
    .option('--replicas <list>', 'the levels', DEFAULT_LEVELS)
    .option('--vertical <list>', `lb: also one instance of so many workers (or --cpus) (default: ${DEFAULT_VERTICAL})`)
    .option('--no-vertical', 'more instances alone')
    .option('--blocks <n>', 'blocks: runs of each level', DEFAULT_BLOCKS)
  addLoadOptions(command)
  addProbeOptions(addStackOptions(command))
    .option('--out <dir>', 'where reports go', 'reports')
    .option('--quiet', 'one line per run')
    .option('--json', 'the results as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      `
Examples:
  $ scalelab scaling lb                                      about eight minutes
  $ scalelab scaling lb --replicas 1,2,3,4 --no-vertical --blocks 3
  $ scalelab scaling lb --work cpu --cpu-time 2ms            real work: where does this machine end?
  $ scalelab scaling shard-scaling --replicas 1,2,3,4
  $ scalelab compare --resume                                go on after Ctrl-C

Amdahl's law is fitted from three levels on, the Universal Scalability Law from six. Numbers of your own: scalelab fit.`,
    )
    .action((family: string, options: ScalingOptions) => scaling(lab, family, options))
}

async function scaling(lab: Lab, family: string, options: ScalingOptions): Promise<void> {
  const known = FAMILIES[family]
  if (known === undefined) throw unknownValueError('family', family, Object.keys(FAMILIES))
  if (options.rps !== undefined || options.stages !== undefined) {
    throw usageError(
      'capacity is measured by a closed loop: --rps and --stages would offer the same to every level',
      'Latency at a rate: scalelab compare lb-2 lb-4 --rps 900',
    )
  }
  const levels = levelsOf('--replicas', options.replicas, known.most)
  if (levels.length < 3) {
    throw usageError(
      `--replicas ${options.replicas}: a law needs at least three levels`,
      `As in --replicas ${DEFAULT_LEVELS}`,
    )
  }
  const largest = levels.at(-1) ?? 1
  const grown = verticalOf(family, levels, options)
  const variants = [
    ...levels.map((n) => ({
      level: n,
      way: 'horizontal' as const,
      variant: variantOf(`${family}-${n}`, `${family}-${n}`, {}),
    })),
    ...grown.levels.map((n) => ({
      level: n,
      way: 'vertical' as const,
      variant: variantOf(`single ${grown.key}=${n * grown.unit}`, 'single', { [grown.key]: String(n * grown.unit) }),
    })),
  ]
  const startedAt = new Date()
  const planned: Comparison = {
    schema: COMPARISON_SCHEMA,
    id: `scaling-${family}/${startedAt.toISOString()}`,
    kind: 'scaling',
    name: `scaling-${family}`,
    question: `How does capacity grow with the number of ${known.what}?`,
    reading: null,
    command: commandOf(lab.os.argv),
    ...(await lab.signed()),
    started_at: startedAt.toISOString(),
    ended_at: null,
    status: 'running',
    seed: options.seed ?? 1,
    blocks: number('--blocks', options.blocks, 2, 200),
    margin: DEFAULT_MARGIN,
    metrics: ['load.achieved_rps'],
    baseline: variants[0]?.variant.name ?? '',
    set: {
      duration: '8s',
      warmup: '2s',
      connections: String(Math.max(FEWEST_CONNECTIONS, CONNECTIONS_EACH * largest)),
      ...settingsOf(options),
      max: 'true',
    },
    act: null,
    variants: variants.map(({ variant }) => variant),
    order: [],
    runs: [],
    levels: variants.map(({ level, way, variant }): Level => ({ variant: variant.name, way, n: level })),
    draws: null,
    expect: [],
  }
  const { comparison } = await examineVariants(lab, planned)
  const folder = await createRunFolder(join(options.out, 'experiments'), planned.name, startedAt)
  if (options.json !== true) {
    const runs = comparison.blocks * comparison.variants.length
    lab.remark(
      `${comparison.blocks} blocks of ${comparison.variants.length} levels, about ${formatDuration(runs * expectedRunMs(comparison))}`,
    )
  }
  await carryOut(lab, folder.path, comparison, options)
}

function variantOf(name: string, scenario: string, set: Settings): ComparedVariant {
  return { name, scenario, set, failure: null }
}

/** Distinct whole numbers in rising order. @throws LabError (usage) */
function levelsOf(flag: string, text: string, most: number): number[] {
  const levels = text.split(',').map((part) => number(flag, part.trim(), 1, most))
  const twice = levels.find((level, i) => levels.indexOf(level) !== i)
  if (twice !== undefined) throw usageError(`${flag}: ${twice} is given twice`, 'Repeats are what --blocks is for')
  return levels.toSorted((a, b) => a - b)
}

/** What is grown instead of multiplied: workers of the calibrated model, or the processor limit of the one container. */
function verticalOf(
  family: string,
  levels: readonly number[],
  options: ScalingOptions,
): { levels: readonly number[]; key: 'workers' | 'cpus'; unit: number } {
  const asked = typeof options.vertical === 'string' ? options.vertical : null
  const limited = options.cpus !== undefined
  const unit = limited
    ? number('--cpus', options.cpus ?? '', 0.01, 1_024, false)
    : number('--workers', options.workers ?? '1', 1, 1_000)
  const key = limited ? 'cpus' : 'workers'
  const none = { levels: [], key, unit } as const
  if (options.vertical === false) return none
  const modelled = (options.work ?? 'model') === 'model' && options.app === undefined && options.appImage === undefined
  if (family !== 'lb' || (!limited && !modelled)) {
    if (asked === null) return none
    throw usageError(
      family === 'lb'
        ? '--vertical: one process of real work uses one processor, however large the machine'
        : `--vertical: a larger instance is known of lb alone, not of ${family}`,
      'With the Docker engine --cpus limits what an instance has; with --work model it has --workers',
    )
  }
  const grown = asked === null ? [2, 4].filter((n) => levels.includes(n)) : levelsOf('--vertical', asked, 64)
  const stray = grown.find((n) => !levels.includes(n))
  if (stray !== undefined) {
    throw usageError(
      `--vertical ${stray}: there is no level of ${stray} to hold it against`,
      `Levels: ${levels.join(', ')}`,
    )
  }
  return { levels: grown, key, unit }
}
