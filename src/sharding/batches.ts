import { ownerIds, type Target } from './target.js'

/** A slot that is to change its shard. */
export interface Move {
  slot: number
  from: string
  to: string
  /** Rows of all tables; counted before, it may change. */
  rows: number
}

/** Slots that move together, from one shard to another. */
export interface BatchPlan {
  from: string
  to: string
  slots: number[]
  rows: number
}

/** Slots of one batch, at most: each is a row that is locked for the hold. */
export const MAX_BATCH_SLOTS = 512

/** What a map lacks to be the target. @param rows of each slot */
export function movesOf(
  map: { shards: readonly { id: string }[]; owners: string },
  target: Target,
  rows: (slot: number) => number,
): Move[] {
  const wanted = ownerIds(target)
  return ownerIds(map).flatMap((from, slot) => {
    const to = wanted[slot] ?? from
    return from === to ? [] : [{ slot, from, to, rows: rows(slot) }]
  })
}

/**
 * Cuts moves into batches of about so many rows. A slot is never divided, so one with more rows is a batch of its own.
 * Pairs of shards take turns, so that none bears the load of the whole move for long.
 */
export function batchesOf(moves: readonly Move[], batchRows: number, maxSlots = MAX_BATCH_SLOTS): BatchPlan[] {
  const pairs = new Map<string, BatchPlan[]>()
  for (const { slot, from, to, rows } of moves.toSorted((a, b) => a.slot - b.slot)) {
    const batches = pairs.get(`${from} ${to}`) ?? []
    pairs.set(`${from} ${to}`, batches)
    const last = batches.at(-1)
    if (last !== undefined && last.slots.length < maxSlots && last.rows + rows <= batchRows) {
      last.slots.push(slot)
      last.rows += rows
    } else {
      batches.push({ from, to, slots: [slot], rows })
    }
  }
  const rounds = Math.max(0, ...[...pairs.values()].map(({ length }) => length))
  return Array.from({ length: rounds }, (_, round) =>
    [...pairs.values()].flatMap((batches) => batches[round] ?? []),
  ).flat()
}
