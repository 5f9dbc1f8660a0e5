import type { Placed, Placement, SchemeOptions, ShardingScheme, WeightedShard } from '../strategies/sharding/port.js'
import { BATCH, type KeyBatch } from './keys.js'
import { renumbered, type ShardStage } from './stages.js'

/** A scheme's placement for one stage, and how its numbers stand for the shards of that stage. */
interface StagePlacement {
  placement: Placement
  /** Index in the stage by index of the placement; null where they are the same. */
  renumbering: Uint16Array | null
}

/** Keys that went from each shard of a stage (row) to each of the next (column); on the way from first to last, too. */
export interface Movement {
  from: ShardStage
  to: ShardStage
  /** Row by row. */
  keys: Float64Array
}

/**
 * One scheme beside the others: it places every key at every stage and counts. Whatever the number of keys, it keeps
 * counters alone.
 */
export class SchemeRun {
  /** By stage, then by shard. */
  readonly keys: readonly Float64Array[]
  readonly requests: readonly Float64Array[]
  /** By step. */
  readonly movements: readonly Movement[]
  /** Keys for which the scheme named no shard that there is. */
  misplaced = 0
  /** Whether a shard left that was not the last, of a scheme that wants just that. */
  readonly isRenumbered: boolean
  private readonly placements: readonly StagePlacement[]
  private readonly across: Movement | null
  /** Where the keys of a batch are, by stage. */
  private readonly owners: readonly Uint16Array[]

  constructor(
    readonly scheme: ShardingScheme,
    readonly stages: readonly ShardStage[],
    readonly options: SchemeOptions,
  ) {
    this.placements = placementsOf(scheme, stages, options)
    this.isRenumbered = this.placements.some(({ renumbering }) => renumbering !== null)
    this.keys = stages.map((stage) => new Float64Array(stage.length))
    this.requests = stages.map((stage) => new Float64Array(stage.length))
    this.owners = stages.map(() => new Uint16Array(BATCH))
    this.movements = stages.slice(1).map((to, step) => movement(stages[step] ?? [], to))
    const [first, last] = [stages[0] ?? [], stages.at(-1) ?? []]
    this.across = stages.length > 2 ? movement(first, last) : null
  }

  /** From the first stage to the last. */
  get overall(): Movement {
    return this.across ?? this.movements[0] ?? movement([], [])
  }

  placementAt(stage: number): Placement | undefined {
    return this.placements[stage]?.placement
  }

  /** The placement of the last stage. */
  get last(): Placement | undefined {
    return this.placementAt(this.stages.length - 1)
  }

  /** The placement of the last stage made anew, as another router would make it. @param keys that it will be asked for */
  anew(keys = this.options.keys): Placement | undefined {
    return placementsOf(this.scheme, this.stages, { ...this.options, keys }).at(-1)?.placement
  }

  /** The placement's index of a shard, as its index in the stage. */
  shardAt(stage: number, owner: number): WeightedShard | undefined {
    return this.stages[stage]?.[this.placements[stage]?.renumbering?.[owner] ?? owner]
  }

  /** Memory of the placement of the last stage, in bytes. */
  get memoryBytes(): number {
    return this.last?.memoryBytes ?? 0
  }

  /** Places a batch of at most BATCH keys. */
  place(batch: KeyBatch): void {
    this.stages.forEach((stage, index) => {
      const [placed, owners, counts] = [this.placements[index], this.owners[index], this.keys[index]]
      if (placed === undefined || owners === undefined || counts === undefined) return
      this.misplaced += ownersOf(batch.keys, placed, stage.length, owners)
      countInto(counts, owners, batch.keys.length)
      weighInto(this.requests[index] ?? counts, owners, batch)
    })
    this.movements.forEach((movement, step) => {
      countMoves(movement, this.owners[step], this.owners[step + 1], batch.keys.length)
    })
    if (this.across !== null) countMoves(this.across, this.owners[0], this.owners.at(-1), batch.keys.length)
  }
}

/**
 * The placements of all stages, each told of the one before it. A scheme that lets only the last shard leave is told of a
 * set that is renumbered, one without weights of none.
 */
function placementsOf(scheme: ShardingScheme, stages: readonly ShardStage[], options: SchemeOptions): StagePlacement[] {
  const placements: StagePlacement[] = []
  let numbered: ShardStage | null = null
  let before: Placed | undefined
  for (const stage of stages) {
    const previous: ShardStage | null = numbered
    numbered = scheme.removes === 'last' && previous !== null ? renumbered(previous, stage) : stage
    const shards: ShardStage = scheme.weighted ? numbered : numbered.map(({ id }) => ({ id, weight: 1 }))
    const followsOn = previous?.every(({ id }, index) => index >= shards.length || shards[index]?.id === id) ?? true
    const placement = scheme.place(shards, options, scheme.removes === 'last' && !followsOn ? undefined : before)
    placements.push({ placement, renumbering: renumberingOf(numbered, stage) })
    before = { shards, placement }
  }
  return placements
}

function renumberingOf(numbered: ShardStage, stage: ShardStage): Uint16Array | null {
  const places = new Map(stage.map(({ id }, index) => [id, index]))
  const renumbering = Uint16Array.from(numbered, ({ id }) => places.get(id) ?? 0)
  return renumbering.every((place, index) => place === index) ? null : renumbering
}

function movement(from: ShardStage, to: ShardStage): Movement {
  return { from, to, keys: new Float64Array(from.length * to.length) }
}

/** @returns how many keys got no shard that there is; they are counted at the first */
function ownersOf(
  keys: readonly string[],
  { placement, renumbering }: StagePlacement,
  shards: number,
  owners: Uint16Array,
): number {
  let misplaced = 0
  for (let i = 0; i < keys.length; i++) {
    let owner = placement.shardOf(keys[i] as string)
    if (!(owner >= 0 && owner < shards && Number.isInteger(owner))) {
      misplaced += 1
      owner = 0
    }
    owners[i] = renumbering === null ? owner : (renumbering[owner] as number)
  }
  return misplaced
}

function countInto(counts: Float64Array, owners: Uint16Array, size: number): void {
  for (let i = 0; i < size; i++) {
    const owner = owners[i] as number
    counts[owner] = (counts[owner] as number) + 1
  }
}

function weighInto(totals: Float64Array, owners: Uint16Array, { keys, requests }: KeyBatch): void {
  if (requests === null) {
    countInto(totals, owners, keys.length)
    return
  }
  for (let i = 0; i < keys.length; i++) {
    const owner = owners[i] as number
    totals[owner] = (totals[owner] as number) + (requests[i] as number)
  }
}

function countMoves(
  { to, keys }: Movement,
  before: Uint16Array | undefined,
  after: Uint16Array | undefined,
  size: number,
): void {
  if (before === undefined || after === undefined) return
  const columns = to.length
  for (let i = 0; i < size; i++) {
    const cell = (before[i] as number) * columns + (after[i] as number)
    keys[cell] = (keys[cell] as number) + 1
  }
}
