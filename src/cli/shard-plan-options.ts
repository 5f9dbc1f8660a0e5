import { type Command, Option } from 'commander'
import { usageError } from '../core/errors.js'
import { nearest } from '../core/nearest.js'
import { choice, number } from '../core/parameters/kinds.js'
import type { KeyChoice } from '../lab/planned-shards.js'
import { KEY_SHAPES, MOST_KEYS } from '../placing/keys.js'
import { type ShardStage, sameStage, stageOf } from '../placing/stages.js'
import { HASH_NAMES, type SchemeOptions, type ShardingScheme } from '../strategies/sharding/port.js'
import { DEFAULT_SCHEME_OPTIONS, SHARDING_SCHEMES } from '../strategies/sharding/registry.js'

/** Shards that are planned for: nothing runs, so there can be many. */
const MOST_SHARDS = 1_000
/** Points of a ring, of all shards together. */
const MOST_POINTS = 1_000_000
/** As in YCSB, whose workloads draw keys by Zipf's law with this exponent. */
const ZIPF_EXPONENT = 0.99
const LARGEST_TABLE = 10_000_000
const ALL = 'all'

/** Flags of a plan, as commander gives them. */
export interface ShardPlanOptions {
  keys?: string
  keyFile?: string
  distribution?: string
  from?: string
  fromWeights?: string
  to?: string
  toWeights?: string[]
  lose?: string[]
  scheme: string[]
  hash: string
  vnodes: string
  epsilon: string
  tableSize: string
  seed: string
  speed: boolean
  out: string
  json?: boolean
}

/** Adds the flags of a plan. */
export function addShardPlanOptions(command: Command): Command {
  const repeated = (value: string, previous: string[] | undefined): string[] => [...(previous ?? []), value]
  return command
    .option('--from <n>', 'shards there are, each of weight 1 (default: 3)')
    .option('--to <list>', 'shards there will be, as in 4, or several steps, as in 4,5,6 (default: one more)')
    .option('--from-weights <list>', 'instead of --from: the weight of each shard, as in 1,1,2')
    .addOption(
      new Option(
        '--to-weights <list>',
        'instead of --to: the weight of each shard afterwards; once more for every further step',
      ).argParser(repeated),
    )
    .addOption(
      new Option(
        '--lose <shards>',
        'instead of --to: which shards are lost, as in shard-2 or shard-1,shard-3',
      ).argParser(repeated),
    )
    .addOption(
      new Option('--scheme <list>', `all, or of ${SHARDING_SCHEMES.map(({ name }) => name).join(', ')}`)
        .argParser((value: string, previous: string[]) => [
          ...(command.getOptionValueSource('scheme') === 'default' ? [] : previous),
          ...value.split(','),
        ])
        .default([ALL], ALL),
    )
    .option('--keys <n>', 'how many keys, as in 50000, 1e6 or 10M (default: 1e6)')
    .option(
      '--distribution <shape>',
      `uniform: random ids; sequential: user-000000001 and on; zipf[:exponent]: the same, asked for by Zipf's law (default: uniform)`,
    )
    .option('--key-file <file>', 'keys of your own instead, one per line')
    .option('--hash <name>', `for schemes that prescribe none: ${HASH_NAMES.join(', ')}`, DEFAULT_SCHEME_OPTIONS.hash)
    .option('--vnodes <n>', 'rings: points of a shard of weight 1', String(DEFAULT_SCHEME_OPTIONS.vnodes))
    .option(
      '--epsilon <x>',
      'bounded: a shard holds at most (1 + x) of its share',
      String(DEFAULT_SCHEME_OPTIONS.epsilon),
    )
    .option('--table-size <prime>', 'maglev: entries of its table', String(DEFAULT_SCHEME_OPTIONS.tableSize))
    .option('--seed <n>', 'seed of random ids', '1')
    .option('--no-speed', 'do not time lookups')
    .option('--out <dir>', 'where reports go', 'reports')
    .option('--json', 'the plan as JSON on stdout, and nothing else there')
}

/**
 * The sets of shards, from what there is over every step.
 * @throws LabError (usage) for what cannot be read, and for a step that changes nothing
 */
export function stagesOf(options: ShardPlanOptions): ShardStage[] {
  const first = firstStage(options)
  const stages = [first, ...laterStages(first, options)]
  stages.slice(1).forEach((stage, step) => {
    const before = stages[step] ?? []
    if (!sameStage(before, stage)) return
    throw usageError(
      `nothing changes from ${describe(before)} to ${describe(stage)}`,
      'Another number: --to 4. Other weights: --to-weights 1,1,2. A lost shard: --lose shard-2',
    )
  })
  return stages
}

function firstStage({ from, fromWeights }: ShardPlanOptions): ShardStage {
  if (from !== undefined && fromWeights !== undefined) {
    throw usageError('--from and --from-weights exclude each other', 'A weight per shard says how many there are')
  }
  if (fromWeights !== undefined) return stageOf(weights('--from-weights', fromWeights))
  return stageOf(new Array<number>(shardCount('--from', from ?? '3')).fill(1))
}

function laterStages(first: ShardStage, { to, toWeights, lose }: ShardPlanOptions): ShardStage[] {
  const given = [
    ...(to === undefined ? [] : ['--to']),
    ...(toWeights === undefined ? [] : ['--to-weights']),
    ...(lose === undefined ? [] : ['--lose']),
  ]
  if (given.length > 1) {
    throw usageError(`${given.join(' and ')} exclude each other`, 'Give one of --to, --to-weights, --lose')
  }
  if (toWeights !== undefined) return toWeights.map((text) => stageOf(weights('--to-weights', text)))
  if (lose !== undefined) return [without(first, lose.join(','))]
  const counts = (to ?? String(Math.min(MOST_SHARDS, first.length + 1))).split(',')
  // Who stays keeps its weight.
  const weightOf = (index: number): number => first[index]?.weight ?? 1
  return counts.map((text) => stageOf(Array.from({ length: shardCount('--to', text.trim()) }, (_, i) => weightOf(i))))
}

function shardCount(flag: string, text: string): number {
  if (/^[\d.]+(,[\d.]+)+$/.test(text)) {
    throw usageError(`${flag}: "${text}" is a list`, `Weights go to ${flag}-weights ${text}`)
  }
  return number(flag, text, 1, MOST_SHARDS)
}

function weights(flag: string, text: string): number[] {
  const list = text.split(',').map((weight) => number(flag, weight.trim(), 0.001, 1_000, false))
  if (list.length > MOST_SHARDS) throw usageError(`${flag}: ${list.length} shards are more than ${MOST_SHARDS}`)
  return list
}

function without(stage: ShardStage, text: string): ShardStage {
  const ids = stage.map(({ id }) => id)
  const lost = new Set(text.split(',').map((id) => id.trim()))
  for (const id of lost) {
    if (ids.includes(id)) continue
    const close = nearest(id, ids)
    const allowed = `Allowed: ${stage.length === 1 ? 'shard-1' : `shard-1 to shard-${stage.length}`}`
    throw usageError(
      `--lose: there is no shard "${id}"`,
      close === undefined ? allowed : `Did you mean "${close}"?\n${allowed}`,
    )
  }
  if (lost.size === stage.length) {
    throw usageError(
      `--lose: ${stage.length === 1 ? 'the only shard' : `all ${stage.length} shards`} cannot be lost`,
      'One must stay, for the keys to go to',
    )
  }
  return stage.filter(({ id }) => !lost.has(id))
}

function describe(stage: ShardStage): string {
  const equal = stage.every(({ weight }) => weight === stage[0]?.weight)
  if (equal) return `${stage.length} ${stage.length === 1 ? 'shard' : 'equal shards'}`
  return `${stage.length} shards of weights ${stage.map(({ weight }) => weight).join(',')}`
}

/** @throws LabError (usage) */
export function schemesOf({ scheme }: ShardPlanOptions): { schemes: readonly ShardingScheme[]; all: boolean } {
  const names = scheme.map((name) => name.trim())
  const allowed = [ALL, ...SHARDING_SCHEMES.map(({ name }) => name)]
  for (const name of names) choice('--scheme', name, allowed)
  if (names.includes(ALL)) return { schemes: SHARDING_SCHEMES, all: true }
  return { schemes: SHARDING_SCHEMES.filter(({ name }) => names.includes(name)), all: false }
}

/** @throws LabError (usage) */
export function keyChoice({ keys, keyFile, distribution }: ShardPlanOptions): KeyChoice {
  if (keyFile !== undefined) {
    const other = keys !== undefined ? '--keys' : distribution !== undefined ? '--distribution' : null
    if (other !== null)
      throw usageError(`--key-file and ${other} exclude each other`, 'The file says which keys there are')
    return { file: keyFile }
  }
  const [name = '', exponent, ...more] = (distribution ?? 'uniform').split(':')
  const shape = choice('--distribution', name, KEY_SHAPES)
  if (more.length > 0 || (exponent !== undefined && shape !== 'zipf')) {
    throw usageError(`--distribution: cannot read "${distribution}"`, 'Write uniform, sequential, zipf or zipf:1.1')
  }
  return {
    shape,
    count: amount('--keys', keys ?? '1e6', MOST_KEYS),
    exponent: shape === 'zipf' ? number('--distribution', exponent ?? String(ZIPF_EXPONENT), 0.01, 10, false) : null,
  }
}

const FACTORS: Record<string, number> = { k: 1e3, m: 1e6, g: 1e9 }

/** A whole number from 1 as people write large ones: 1e6, 10M, 500k, 1_000_000. */
function amount(flag: string, text: string, most: number): number {
  const match = /^(\d[\d_]*(?:\.\d+)?(?:e\+?\d+)?)([kmg]?)$/i.exec(text.trim())
  // 1.1e6 is no whole number to the last bit.
  const exact =
    match === null ? Number.NaN : Number(match[1]?.replaceAll('_', '')) * (FACTORS[match[2]?.toLowerCase() ?? ''] ?? 1)
  const value = Math.round(exact)
  if (match === null || Math.abs(exact - value) > 1e-6 || value < 1 || value > most) {
    throw usageError(
      `${flag}: "${text}" is not a whole number from 1 to ${most.toLocaleString('en-US')}`,
      'As in 50000, 1e6 or 10M',
    )
  }
  return value
}

/** What schemes are told, besides keys. @throws LabError (usage) */
export function schemeOptionsOf(
  options: ShardPlanOptions,
  stages: readonly ShardStage[],
): Omit<SchemeOptions, 'keys' | 'sample'> {
  const vnodes = number('--vnodes', options.vnodes, 1, 100_000)
  const heaviest = Math.max(...stages.map((stage) => stage.reduce((sum, { weight }) => sum + weight, 0)))
  if (vnodes * heaviest > MOST_POINTS) {
    throw usageError(
      `--vnodes: ${options.vnodes} per unit of weight make a ring of ${Math.round(vnodes * heaviest).toLocaleString('en-US')} points, and ${MOST_POINTS.toLocaleString('en-US')} is the most`,
      'Give fewer vnodes, or smaller weights: 1,1,2 says the same as 100,100,200',
    )
  }
  return {
    hash: choice('--hash', options.hash, HASH_NAMES),
    vnodes,
    epsilon: number('--epsilon', options.epsilon, 0.001, 100, false),
    tableSize: tableSize(options.tableSize, Math.max(...stages.map((stage) => stage.length))),
  }
}

function tableSize(text: string, shards: number): number {
  const size = number('--table-size', text, 2, LARGEST_TABLE)
  if (!isPrime(size)) {
    throw usageError(
      `--table-size: ${text} is not a prime`,
      `Only then does every shard come to every entry. Near it: ${nearestPrimes(size).join(', ')}`,
    )
  }
  if (size < shards) {
    throw usageError(
      `--table-size: ${text} entries are too few for ${shards} shards`,
      `At least ${shards}; for shares within 1 %, 100 per shard`,
    )
  }
  return size
}

function nearestPrimes(size: number): number[] {
  let [below, above] = [size - 1, size + 1]
  while (below >= 2 && !isPrime(below)) below -= 1
  while (!isPrime(above)) above += 1
  return below >= 2 ? [below, above] : [above]
}

function isPrime(value: number): boolean {
  if (value < 2) return false
  for (let divisor = 2; divisor * divisor <= value; divisor++) {
    if (value % divisor === 0) return false
  }
  return true
}

/** @throws LabError (usage) */
export function seedOf({ seed }: ShardPlanOptions): number {
  return number('--seed', seed, 0, 2 ** 31 - 1)
}
