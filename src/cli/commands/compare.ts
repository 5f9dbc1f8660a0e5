import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { COMPARISON_SCHEMA, type Comparison } from '../../core/comparison.js'
import { unknownValueError, usageError } from '../../core/errors.js'
import { DEFAULT_BLOCKS, DEFAULT_MARGIN, type Experiment, QUICK_BLOCKS } from '../../core/experiment.js'
import { findMetric, METRICS } from '../../core/metrics.js'
import { choice, number } from '../../core/parameters/kinds.js'
import { formatDuration } from '../../core/units.js'
import { count, list } from '../../report/quantities.js'
import type { ComparedResults } from '../../stats/compared-runs.js'
import { defaultMetrics } from '../../stats/deciding-metric.js'
import { blocksNeeded } from '../../stats/paired-comparison.js'
import { COMPARISON_DOCUMENT } from '../../store/comparison-folder.js'
import { readDocument } from '../../store/document.js'
import { createRunFolder } from '../../store/run-folder.js'
import type { BenchOptions } from '../bench-options.js'
import { carriedOut, carryOut, commandOf } from '../carry-out.js'
import { examineVariants, expectedRunMs } from '../comparing.js'
import type { Lab } from '../lab.js'
import { addLoadOptions } from '../load-options.js'
import { addProbeOptions } from '../probe-options.js'
import { addStackOptions } from '../stack-options.js'
import { checkSettings, parseVary, type Settings, settingsOf, variantsOf } from '../variants.js'
import { withHeaders } from '../withheld-headers.js'

/** Flags of `compare`, as commander gives them. */
export interface CompareOptions extends BenchOptions {
  vary?: string[]
  baseline?: string
  blocks?: string
  quick?: boolean
  margin?: string
  metrics?: string
  aa?: boolean
  draws?: string
  drill?: string
  drillFault?: string
  reshardTo?: string
  resume?: string | boolean
  force?: boolean
}

const ALPHA = 0.05
const DEFAULT_DURATION = '10s'
const QUICK_DURATION = '6s'
const DEFAULT_WARMUP = '2s'
const DEFAULT_AA_RUNS = 60
const DEFAULT_DRAWS = 100
/** Of a comparison of a variant with itself: each draws two runs a block. */
const FEWEST_AA_RUNS = 2 * QUICK_BLOCKS

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Compares scenarios, strategies, replicas, durabilities, schemes, balancers, engines: whatever a flag can change. Every run is on fresh processes; runs come in blocks that hold each variant once, in a random order. Says per figure whether a variant is better, worse, equivalent, or that it cannot tell.',
    )
    .argument('[scenarios...]', 'one with --vary, or several: single, lb-<n>, repl-<n>, shard-<n>, or files')
    .addOption(
      new Option(
        '--vary <flag=values>',
        'a flag of bench with its values, as in strategy=round-robin,least-conn; also replicas, standbys, shards; may be repeated',
      ).argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]),
    )
    .option('--baseline <variant>', 'what the others are held against (default: the first)')
    .option('--blocks <n>', `blocks (default: ${DEFAULT_BLOCKS})`)
    .option(
      '--quick',
      `as few blocks as can tell anything (${QUICK_BLOCKS} for two variants), runs of ${QUICK_DURATION}`,
    )
    .option('--margin <share>', `differences within it are none that matters (default: ${DEFAULT_MARGIN * 100}%)`)
    .option('--metrics <list>', 'figures by name; the first decides (default: by the load)')
    .option('--aa', 'one scenario against itself: how often would a difference be found where there is none?')
    .option('--draws <n>', `of --aa: comparisons drawn from its runs (default: ${DEFAULT_DRAWS})`)
    .option('--drill <node>', 'each run is a drill, as in failover: primary, standby-1, api-1')
    .option('--drill-fault <kind>', 'of --drill: kill, stop, pause (default: kill)')
    .option('--reshard-to <n>', 'in each run rows move to so many shards, as in reshard')
    .option('--resume [folder]', 'take up a comparison that was cut off (default: the newest)')
    .option('--force', 'also with fewer blocks than can tell anything')
  addLoadOptions(command)
  addProbeOptions(addStackOptions(command))
    .option('--out <dir>', 'where reports go', 'reports')
    .option('--quiet', 'one line per run')
    .option('--json', 'the results as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      `
Examples:
  $ scalelab compare single lb-3                       ten blocks, about four minutes
  $ scalelab compare single lb-3 --quick
  $ scalelab compare lb-3 --vary strategy=round-robin,least-conn,ip-hash --rps 1200 --clients 100
  $ scalelab compare lb-3 --vary balancer=nginx,builtin --vary replicas=2,4
  $ scalelab compare repl-2 --vary durability=local,remote-apply --drill primary
  $ scalelab compare shard-3 --vary scheme=modulo,ring --reshard-to 4
  $ scalelab compare --aa single                       is the verdict itself to be trusted?
  $ scalelab compare --resume

Differences are judged within blocks: an exact sign-flip test, figures in a fixed order, a bootstrap interval, and a margin.
Exit code 4 when a variant could not run; the others are compared all the same.`,
    )
    .action((scenarios: string[], options: CompareOptions) => compare(lab, scenarios, options))
}

async function compare(lab: Lab, scenarios: string[], options: CompareOptions): Promise<void> {
  if (options.resume !== undefined) return resume(lab, scenarios, options)
  const set = { ...defaultLoad(options), ...settingsOf(options) }
  const aa = options.aa === true
  const vary = parseVary(options.vary ?? [])
  if (aa && (scenarios.length !== 1 || options.vary !== undefined)) {
    throw usageError('--aa takes one scenario and varies nothing', 'As in scalelab compare --aa single')
  }
  if (!aa && scenarios.length < 2 && options.vary === undefined) {
    throw usageError(
      scenarios.length === 0 ? 'what is to be compared?' : `${scenarios[0]} alone is nothing to compare`,
      'Name several scenarios, or vary one: scalelab compare lb-3 --vary strategy=round-robin,least-conn\nOne against itself: --aa',
    )
  }
  const [only, ...more] = scenarios
  const base = more.length === 0 && only !== undefined ? { scenario: only } : {}
  const variants = variantsOf({ ...base, vary: { ...(more.length === 0 ? {} : { scenario: scenarios }), ...vary } })
  await begin(lab, options, {
    name: nameOf(scenarios, Object.keys(vary), aa),
    question: questionOf(scenarios, vary, aa),
    set,
    variants,
    aa,
    margin: DEFAULT_MARGIN,
    metrics: undefined,
    act: actOf(options),
    baseline: undefined,
    reading: null,
    expect: [],
  })
}

/** Scenarios compared in one block, each under its own load where no flag gives another: figures, and no verdict. */
export async function compareOnce(lab: Lab, scenarios: string[], options: BenchOptions): Promise<ComparedResults> {
  return begin(
    lab,
    { ...options, blocks: '1', force: true },
    {
      name: nameOf(scenarios, [], false),
      question: questionOf(scenarios, {}, false),
      set: settingsOf(options),
      variants: variantsOf({ vary: { scenario: scenarios } }),
      aa: false,
      margin: DEFAULT_MARGIN,
      metrics: undefined,
      act: null,
      baseline: undefined,
      reading: null,
      expect: [],
    },
  )
}

/** The comparison that an experiment file asks for, flags laid over it. */
export async function runExperiment(lab: Lab, experiment: Experiment, options: CompareOptions): Promise<void> {
  const [asked, how] = askedOf(experiment, options)
  await begin(lab, how, asked)
}

/** What came of an experiment, without a word on the terminal, and the folder that it is kept in. */
export async function conductExperiment(
  lab: Lab,
  experiment: Experiment,
  options: CompareOptions,
): Promise<{ results: ComparedResults; folder: string }> {
  const [asked, how] = askedOf(experiment, options)
  const { comparison, folder } = await planned(lab, how, asked)
  const { results } = await carriedOut(lab, folder, comparison, { json: true, quiet: true })
  return { results, folder }
}

function askedOf(experiment: Experiment, options: CompareOptions): [Asked, CompareOptions] {
  checkSettings(Object.keys(experiment.set), `set of ${experiment.name}`)
  const how: CompareOptions = {
    ...options,
    ...(options.blocks === undefined && options.quick !== true ? { blocks: String(experiment.blocks) } : {}),
    seed: options.seed ?? experiment.seed,
  }
  const asked: Asked = {
    name: experiment.name,
    question: experiment.question.trim(),
    reading: experiment.reading?.trim() ?? null,
    set: {
      ...defaultLoad({ quick: options.quick === true, stages: options.stages ?? experiment.set.stages }),
      ...experiment.set,
      ...(options.quick === true ? { duration: QUICK_DURATION } : {}),
      ...settingsOf(options),
    },
    variants: variantsOf(experiment),
    aa: false,
    margin: experiment.margin,
    metrics: experiment.metrics,
    act: experiment.act,
    baseline: experiment.baseline,
    expect: experiment.expect,
  }
  return [asked, how]
}

interface Asked extends Pick<Comparison, 'name' | 'question' | 'reading' | 'variants' | 'margin' | 'act' | 'expect'> {
  set: Settings
  aa: boolean
  metrics: readonly string[] | undefined
  baseline: string | undefined
}

async function begin(lab: Lab, options: CompareOptions, asked: Asked): Promise<ComparedResults> {
  const { comparison, folder } = await planned(lab, options, asked)
  if (options.json !== true) lab.remark(announcement(comparison))
  return carryOut(lab, folder, comparison, options)
}

/** A comparison that can begin, and the folder that was made for it. */
async function planned(
  lab: Lab,
  options: CompareOptions,
  asked: Asked,
): Promise<{ comparison: Comparison; folder: string }> {
  const { variants } = asked
  const baseline = options.baseline ?? asked.baseline ?? variants[0]?.name ?? ''
  const names = variants.map(({ name }) => name)
  if (!names.includes(baseline)) throw unknownValueError('variant in --baseline', baseline, names)
  for (const { variant, baseline: other } of asked.expect) {
    for (const name of [variant, other ?? baseline]) {
      if (!names.includes(name)) throw unknownValueError('variant in expect', name, names)
    }
  }
  const startedAt = new Date()
  const plan: Comparison = {
    schema: COMPARISON_SCHEMA,
    id: `${asked.name}/${startedAt.toISOString()}`,
    kind: asked.aa ? 'aa' : 'compare',
    name: asked.name,
    question: asked.question,
    reading: asked.reading,
    command: commandOf(lab.os.argv),
    ...(await lab.signed()),
    started_at: startedAt.toISOString(),
    ended_at: null,
    status: 'running',
    seed: options.seed ?? 1,
    blocks: blocksOf(options, asked.aa, variants.length),
    margin: options.margin === undefined ? asked.margin : marginOf(options.margin),
    metrics: [],
    baseline,
    set: asked.set,
    act: asked.act,
    variants,
    order: [],
    runs: [],
    levels: [],
    draws: asked.aa ? number('--draws', options.draws ?? String(DEFAULT_DRAWS), 10, 10_000) : null,
    expect: asked.expect,
  }
  const examined = await examineVariants(lab, { ...plan, metrics: ['load.achieved_rps'] })
  const comparison = { ...examined.comparison, metrics: metricsOf(options.metrics, asked, examined.mode) }
  // Before anything is started: a path that cannot be written fails now.
  const folder = await createRunFolder(join(options.out, 'experiments'), asked.name, startedAt)
  return { comparison, folder: folder.path }
}

async function resume(lab: Lab, scenarios: string[], options: CompareOptions): Promise<void> {
  if (scenarios.length > 0 || options.vary !== undefined) {
    throw usageError('--resume goes on with what was planned: leave scenarios and --vary out')
  }
  const changed = Object.keys(settingsOf(options)).find((flag) => flag !== 'header')
  if (changed !== undefined) {
    throw usageError(`--resume goes on with what was planned: leave --${changed} out`, 'Or begin anew')
  }
  const where = typeof options.resume === 'string' ? options.resume : join(options.out, 'experiments', 'latest')
  const { value: kept, folder } = await readDocument(where, [COMPARISON_DOCUMENT])
  const comparison = { ...kept, set: withHeaders(kept.set, options.header ?? []) }
  if (comparison.status === 'complete') {
    throw usageError(`${folder} has all its runs`, `Its report: scalelab report ${folder}`)
  }
  // What could not run may run now: that is why it is taken up.
  const variants = comparison.variants.map((variant) => ({ ...variant, failure: null }))
  const runs = comparison.runs.filter(({ failure }) => failure === null)
  const { comparison: examined } = await examineVariants(lab, { ...comparison, variants, runs })
  if (options.json !== true) lab.remark(`Taking up ${comparison.name}: ${runs.length} runs are there already.`)
  await carryOut(lab, folder, examined, options)
}

function blocksOf(options: CompareOptions, aa: boolean, variants: number): number {
  if (aa) return number('--blocks', options.blocks ?? String(DEFAULT_AA_RUNS), FEWEST_AA_RUNS, 1_000)
  const needed = blocksNeeded(variants - 1, ALPHA)
  if (options.blocks === undefined) return options.quick === true ? Math.max(QUICK_BLOCKS, needed) : DEFAULT_BLOCKS
  const blocks = number('--blocks', options.blocks, 1, 200)
  if (blocks >= needed || options.force === true) return blocks
  const others = variants - 1
  const p = Math.min(1, (2 / 2 ** blocks) * others)
  throw usageError(
    `--blocks ${blocks}: no difference could be significant, the smallest possible p is ${p.toPrecision(2)}${others > 1 ? ` among ${others} variants` : ''}`,
    `At least ${needed} blocks can tell something; --force runs them all the same`,
  )
}

function marginOf(text: string): number {
  const percent = /^([\d.]+)\s*%$/.exec(text)
  return number('--margin', percent?.[1] === undefined ? text : String(Number(percent[1]) / 100), 0.001, 0.5, false)
}

function metricsOf(
  list: string | undefined,
  { metrics, act }: Pick<Asked, 'metrics' | 'act'>,
  mode: 'open' | 'closed',
): string[] {
  const names = list?.split(',').map((name) => name.trim()) ?? metrics ?? defaultMetrics(mode, act?.kind ?? null)
  return names.map((name) => {
    const metric = findMetric(name)
    if (metric === undefined)
      throw unknownValueError(
        'metric in --metrics',
        name,
        METRICS.map(({ short }) => short),
      )
    return metric.name
  })
}

/** How long and from when, where neither flag nor experiment says it: scenarios are made for one long run. */
function defaultLoad(options: { stages?: unknown; quick?: boolean }): Settings {
  return {
    ...(options.stages === undefined ? { duration: options.quick === true ? QUICK_DURATION : DEFAULT_DURATION } : {}),
    warmup: DEFAULT_WARMUP,
  }
}

function actOf({ drill, drillFault, reshardTo }: CompareOptions): Comparison['act'] {
  if (drill !== undefined && reshardTo !== undefined) throw usageError('--drill and --reshard-to exclude each other')
  if (drill === undefined && drillFault !== undefined) throw usageError('--drill-fault belongs to --drill')
  if (drill !== undefined) {
    return {
      kind: 'drill',
      node: drill,
      fault: choice('--drill-fault', drillFault ?? 'kill', ['kill', 'stop', 'pause']),
    }
  }
  return reshardTo === undefined ? null : { kind: 'reshard', to: number('--reshard-to', reshardTo, 1, 16) }
}

/** A name for the folder: "single-lb-3", "lb-3-strategy". */
function nameOf(scenarios: readonly string[], varied: readonly string[], aa: boolean): string {
  const words = scenarios.map((name) => name.replace(/^.*\//, '').replace(/\.ya?ml$/, ''))
  return [...(aa ? ['aa'] : []), ...words, ...varied].join('-').slice(0, 60)
}

function questionOf(scenarios: readonly string[], vary: Record<string, readonly string[]>, aa: boolean): string {
  const [only] = scenarios
  if (aa) return `How often is ${only} found to differ from itself?`
  const keys = Object.keys(vary)
  if (keys.length === 0) return `How do ${list(scenarios)} differ?`
  return `What does ${keys.map((key) => `${key} (${vary[key]?.join(', ')})`).join(' and ')} change${scenarios.length === 0 ? '' : ` in ${scenarios.join(', ')}`}?`
}

function announcement(comparison: Comparison): string {
  const live = comparison.variants.filter(({ failure }) => failure === null)
  const runs = comparison.blocks * live.length
  const failed = comparison.variants.flatMap(({ name, failure }) =>
    failure === null ? [] : [`${name} cannot run: ${failure}`],
  )
  const what =
    comparison.kind === 'aa'
      ? `${runs} runs of ${live[0]?.name ?? 'nothing'}`
      : `${count(comparison.blocks, 'block')} of ${count(live.length, 'variant')}`
  return [...failed, `${what}, about ${formatDuration(runs * expectedRunMs(comparison))}`].join('\n')
}
