import { usageError } from '../core/errors.js'
import type { MOVE } from '../core/parameters/move.js'
import type { Values } from '../core/parameters/row.js'
import { stackParametersSchema } from '../core/parameters.js'
import type { ShardMap } from '../core/shard-map.js'
import type { Stack } from '../engines/port.js'
import type { Job } from '../lab/reshard/resharding.js'
import { isSharded } from '../lab/stack/databases.js'
import { shardingNow } from '../lab/stack/shard-views.js'
import { Fleet, type ShardControl } from '../sharding/fleet.js'
import type { Migration, MoveOptions } from '../sharding/migration-store.js'
import { migrationOf } from '../sharding/reshard.js'
import { planReshard } from '../sharding/reshard-plan.js'
import { countShards } from '../sharding/shard-count.js'
import { targetOf } from '../sharding/target.js'
import type { WeightedShard } from '../strategies/sharding/port.js'
import { SHARDING_SCHEMES, shardingScheme } from '../strategies/sharding/registry.js'
import type { Lab } from './lab.js'

/** What is to move. */
export interface MoveFlags extends Values<typeof MOVE> {
  resume?: boolean
  rollback?: boolean
  dryRun?: boolean
}

const DEFAULT_CHUNK_ROWS = 500
const DEFAULT_BATCH_ROWS = 2_000

/** Refuses what cannot be meant, before anything is looked at. @throws LabError (usage) */
export function checkMoveFlags(stack: Stack, flags: MoveFlags): void {
  if (!isSharded(stack)) {
    throw usageError(`${stack.meta.name} has no shards`, 'Bring a stack of shards up: scalelab up shard-3')
  }
  const { to, scheme, resume, rollback, dryRun } = flags
  if (resume === true && rollback === true) throw usageError('--resume and --rollback exclude each other')
  if (resume !== true && rollback !== true) return
  const way = resume === true ? '--resume' : '--rollback'
  if (dryRun === true) throw usageError(`--dry-run counts what a new migration would move: leave ${way} out`)
  const idle = Object.entries({ to, scheme, 'shard-weights': flags.shardWeights }).find(
    ([, value]) => value !== undefined,
  )
  if (idle !== undefined) throw usageError(`${way} goes by what was begun: leave --${idle[0]} out`)
}

/**
 * What these flags ask of a running stack, counted by SQL; nothing is changed yet.
 * @returns null where --resume or --rollback finds nothing under way
 * @throws LabError (usage) when nothing would move, or a migration is under way; ShardAway
 */
export async function reshardJob(lab: Lab, stack: Stack, control: ShardControl, flags: MoveFlags): Promise<Job | null> {
  const given = moveOptions(flags)
  const fleet = await Fleet.of(control)
  try {
    const underWay = await migrationOf(fleet)
    if (flags.resume === true || flags.rollback === true) {
      if (underWay === null) return null
      const { id, plan, before } = underWay
      const back = flags.rollback === true && canGoBack(underWay, fleet)
      if (flags.rollback === true && !back) {
        lab.remark(
          `Every row had moved, and a shard is gone already: the rest is completed. Back: scalelab reshard --to ${underWay.from.shards.length}`,
        )
      }
      return { kind: back ? 'rollback' : 'resume', id, plan, before, options: given }
    }
    if (underWay !== null) {
      throw usageError(
        `a migration from ${counted(underWay.from.shards.length)} to ${counted(underWay.to.shards.length)} is under way`,
        'Take it up with scalelab reshard --resume, or take it back with scalelab reshard --rollback',
      )
    }
    return await begun(lab, stack, fleet, flags, given)
  } finally {
    fleet.close()
  }
}

/** Whether all shards are there that the rows would go back to: once all have moved, they are removed one by one. */
function canGoBack({ state, from }: Migration, fleet: Fleet): boolean {
  return state !== 'moved' || from.shards.every(({ id }) => fleet.ids.includes(id))
}

async function begun(
  lab: Lab,
  stack: Stack,
  fleet: Fleet,
  flags: MoveFlags,
  given: Partial<MoveOptions>,
): Promise<Job> {
  const begun = stackParametersSchema.parse(stack.meta.parameters).sharding
  if (begun === null) throw new Error('a sharded stack has a sharding section')
  const sharding = await shardingNow(lab, stack, begun)
  const map = await newestMap(fleet)
  if (flags.to === undefined && flags.scheme === undefined && flags.shardWeights === undefined) {
    throw usageError('how many shards should there be?', `As in scalelab reshard --to ${map.shards.length + 1}`)
  }
  const scheme = flags.scheme ?? map.scheme
  const to = flags.to ?? map.shards.length
  const weighted = shardingScheme(scheme)?.weighted === true
  if (flags.shardWeights !== undefined && !weighted) {
    throw usageError(`the scheme ${scheme} takes no weights`, `Those that do: ${weightedSchemes().join(', ')}`)
  }
  const shards = shardsOf(map, to, flags.shardWeights, weighted)
  // Where those that join will be is known when they run.
  const placed = shards.map((shard) => ({
    ...shard,
    address: map.shards.find(({ id }) => id === shard.id)?.address ?? '',
  }))
  const target = targetOf(map, scheme, placed, { vnodes: sharding.vnodes })
  const plan = await planReshard(fleet, target)
  const { counts } = await countShards(fleet)
  if (plan.moves.length === 0 && to === map.shards.length && scheme === map.scheme) {
    throw usageError(
      `${stack.meta.name} has ${counted(to)} by ${scheme} already: nothing would move`,
      `As in scalelab reshard --to ${to + 1}`,
    )
  }
  return {
    kind: 'begin',
    id: `${map.shards.length}-${to}-${Date.now().toString(36)}`,
    plan,
    before: counts,
    map,
    sharding,
    scheme,
    shards,
    options: { maxRowsPerSecond: null, chunkRows: DEFAULT_CHUNK_ROWS, batchRows: DEFAULT_BATCH_ROWS, ...given },
  }
}

function weightedSchemes(): string[] {
  return SHARDING_SCHEMES.flatMap(({ name, weighted }) => (weighted ? [name] : []))
}

/** The highest version that a shard knows: each migration has told them all. */
async function newestMap(fleet: Fleet): Promise<ShardMap> {
  const maps = await fleet.each((shard) => shard.map())
  const [newest] = maps.sort((a, b) => b.version - a.version)
  if (newest === undefined) throw new Error('a stack has at least one shard')
  return newest
}

/** The shards that are to be there: those of the map from the first on, and new ones after them. */
function shardsOf(map: ShardMap, to: number, weights: number[] | undefined, keepWeights: boolean): WeightedShard[] {
  if (weights !== undefined && weights.length !== to) {
    throw usageError(
      `--shard-weights: ${weights.length} for ${counted(to)}`,
      `Give one per shard: --shard-weights ${Array(to).fill(1).join(',')}`,
    )
  }
  const kept = map.shards.slice(0, to)
  const names = [...kept.map(({ id }) => id)]
  for (let n = 1; names.length < to; n++) if (!names.includes(`shard-${n}`)) names.push(`shard-${n}`)
  return names.map((id, index) => ({
    id,
    weight: weights?.[index] ?? (keepWeights ? (kept[index]?.weight ?? 1) : 1),
  }))
}

function moveOptions({ maxRowsPerSecond, chunkRows, batchRows }: MoveFlags): Partial<MoveOptions> {
  return {
    ...(maxRowsPerSecond === undefined ? {} : { maxRowsPerSecond }),
    ...(chunkRows === undefined ? {} : { chunkRows }),
    ...(batchRows === undefined ? {} : { batchRows }),
  }
}

function counted(shards: number): string {
  return `${shards} ${shards === 1 ? 'shard' : 'shards'}`
}
