import { runError } from '../core/errors.js'
import type { ShardMap } from '../core/shard-map.js'
import type { Batch } from '../core/sharding.js'
import type { BatchPlan } from './batches.js'
import { catchUp } from './catch-up.js'
import { copySlots } from './copy.js'
import { dropRows } from './drop.js'
import type { Fleet } from './fleet.js'
import type { MoverLock } from './mover-lock.js'
import { gaveWay, Shard } from './shard.js'
import { arrive, giveAway, type Hold, hold, leave, letGo, take, written } from './slot-states.js'
import { differenceOf, tallyOf } from './tally.js'
import { movedMap } from './target.js'
import type { Throttle } from './throttle.js'

/** How long writes wait at most for a mover that died, in milliseconds. */
export const LEASE_MS = 2_000
/** Past this share of the lease nothing is begun any more: the rest is for the switch. */
const LEASE_SHARE = 0.75
/** Changes that may be left for the hold. */
const FEW_CHANGES = 20
/** Rounds of catching up before the hold, at most: who writes faster than we copy is held all the same. */
const ROUNDS = 8
/** How often a hold may be given up because the lease was nearly over. */
const HOLDS = 5
const CATCH_UP_MS = 5_000
/** Pause before writers are asked again to make way; doubled each time, up to the second. In milliseconds. */
const WAY_MS = [50, 2_000] as const

/** Moments between two actions of a batch: a mover may be cut off at each of them, and all can be put right. */
export const BATCH_STEPS = [
  'begun',
  'arriving',
  'leaving',
  'copied',
  'caught up',
  'held',
  'verified',
  'given away',
  'switched',
  'dropped',
] as const
export type BatchStep = (typeof BATCH_STEPS)[number]

export interface Mover {
  fleet: Fleet
  lock: MoverLock
  throttle: Throttle
  chunkRows: number
  /** Writes wait at most so long for this mover, in milliseconds. */
  leaseMs: number
  clock: () => number
  signal: AbortSignal
  onEvent: (level: 'info' | 'warn' | 'error', text: string) => void
  onPhase: (phase: 'copying' | 'catching up' | 'holding' | 'dropping') => void
  /** Rows that were copied. */
  onRows: (rows: number) => void
  /** Before the point of no return; see Switching. */
  onSwitching: (switching: Pending) => void
  onStep: (step: BatchStep, batch: BatchPlan) => Promise<void> | void
}

/** A batch that is being switched. If the mover hears no more of it, the map's version tells whether it was. */
export interface Pending {
  batch: Batch
  /** The map's version once it is switched. */
  version: number
  /** Since when writes wait, on the run clock; null once they no longer do. */
  heldSince: number | null
}

/**
 * Moves the slots of a batch from one shard to another while clients read and write them.
 *
 * 1. The target's slots are arriving; the source's are leaving: from now on it notes every change.
 * 2. All rows are copied, in chunks.
 * 3. What changed meanwhile is copied again, until little is left.
 * 4. The source's slots are held: writes wait. The last changes follow; counts and checksums of both sides are compared.
 * 5. The point of no return: the source gives the slots away and has the new map, in one transaction. Then the target
 *    serves them and has the map, and at the same time all others get it.
 * 6. The source's rows are dropped.
 *
 * It leaves everything as it is when it throws: putRight() comes next.
 * @throws ShardAway; LabError (run failed) when both sides differ twice; the abort reason
 */
export async function moveBatch(
  mover: Mover,
  batch: BatchPlan,
  map: ShardMap,
): Promise<{ batch: Batch; map: ShardMap }> {
  const { fleet, clock, signal } = mover
  const [from, to] = [fleet.shard(batch.from), fleet.shard(batch.to)]
  const step = async (name: BatchStep): Promise<void> => {
    await mover.onStep(name, batch)
    signal.throwIfAborted()
  }
  const next = movedMap(map, batch.slots, batch.to)
  const startedMs = clock()
  // Its own connection, so that the source adds up its rows while the target still applies changes.
  const second = new Shard(from.endpoint, 'move')
  try {
    mover.onPhase('copying')
    await step('begun')
    await arrive(to, batch.slots)
    await dropRows(to, 'arriving', batch.slots)
    await step('arriving')
    await makingWay(mover, from.id, () => leave(from, batch.slots))
    await step('leaving')
    await copySlots(from, to, batch.slots, mover)
    const copiedMs = clock()
    await step('copied')
    mover.onPhase('catching up')
    let caughtUp = 0
    for (let round = 0; round < ROUNDS; round++) {
      const changes = await catchUp(from, to, batch.slots, CATCH_UP_MS)
      caughtUp += changes
      signal.throwIfAborted()
      if (changes <= FEW_CHANGES) break
    }
    // Connections are made, and pages read, while nobody waits for it.
    await together([tallyOf(second, batch.slots, CATCH_UP_MS), tallyOf(to, batch.slots, CATCH_UP_MS)])
    const moved: Batch = {
      from: batch.from,
      to: batch.to,
      slots: batch.slots.length,
      rows: batch.rows,
      bytes: 0,
      caught_up: caughtUp,
      started_ms: startedMs,
      copy_ms: copiedMs - startedMs,
      catch_up_ms: clock() - copiedMs,
      held_ms: 0,
      dropped_ms: 0,
    }
    await step('caught up')
    mover.onPhase('holding')
    await switchOver(mover, { batch, moved, from, second, to, next, step })
    mover.onPhase('dropping')
    const switchedMs = clock()
    await dropRows(from, 'away', batch.slots)
    moved.dropped_ms = clock() - switchedMs
    await mover.onStep('dropped', batch)
    return { map: next, batch: moved }
  } finally {
    second.close()
  }
}

interface Switching {
  batch: BatchPlan
  /** What is written down about it. */
  moved: Batch
  from: Shard
  second: Shard
  to: Shard
  next: ShardMap
  step: (name: BatchStep) => Promise<void>
}

/** Holds, compares and switches; as often as it takes. */
async function switchOver(mover: Mover, switching: Switching): Promise<void> {
  const { batch, moved, from, to } = switching
  let differed = false
  for (let attempt = 1; ; attempt++) {
    const sent = { clock: 0, now: 0 }
    const held = await makingWay(mover, from.id, () => {
      sent.clock = mover.clock()
      sent.now = performance.now()
      return hold(from, batch.slots, mover.leaseMs)
    })
    let outcome: Outcome
    try {
      outcome = await underHold(mover, switching, held, sent)
    } catch (error) {
      // Writers need not wait for the end of the lease. If this fails too, they must.
      await letGo(from, batch.slots, held).catch(() => undefined)
      throw error
    }
    if (outcome.kind === 'switched') return
    await letGo(from, batch.slots, held)
    moved.held_ms += mover.clock() - sent.clock
    if (outcome.kind === 'differs') {
      if (differed) {
        throw runError(
          `${batch.slots.length} slots differ on ${from.id} and ${to.id} after the copy: ${outcome.difference}`,
          'Nothing was dropped, and the rows stay where they were',
        )
      }
      differed = true
      mover.onEvent('warn', `the copy on ${to.id} differs (${outcome.difference}); it is compared once more`)
    } else if (attempt >= HOLDS) {
      throw runError(
        `${from.id} and ${to.id} were too slow to switch ${batch.rows} rows within ${mover.leaseMs} ms, ${HOLDS} times`,
        'Smaller batches are held for a shorter time: --batch-rows',
      )
    } else {
      mover.onEvent('warn', `${batch.slots.length} slots of ${from.id} could not be switched in time; once more`)
    }
    moved.caught_up += await catchUp(from, to, batch.slots, CATCH_UP_MS)
  }
}

type Outcome = { kind: 'switched' } | { kind: 'differs'; difference: string } | { kind: 'late' }

async function underHold(
  mover: Mover,
  { batch, moved, from, second, to, next, step }: Switching,
  held: Hold,
  sent: { clock: number; now: number },
): Promise<Outcome> {
  const left = (): number => mover.leaseMs * LEASE_SHARE - (performance.now() - sent.now)
  const note = written(next)
  await step('held')
  if (left() <= 0) return { kind: 'late' }
  const limit = left()
  const theirs = tallyOf(second, batch.slots, limit)
  theirs.catch(() => undefined)
  moved.caught_up += await catchUp(from, to, batch.slots, limit)
  const [source, target] = await Promise.all([theirs, tallyOf(to, batch.slots, limit)])
  const difference = differenceOf(source, target)
  if (difference !== null) return { kind: 'differs', difference }
  await step('verified')
  mover.lock.check()
  if (left() <= 0) return { kind: 'late' }
  moved.rows = source.reduce((sum, { rows }) => sum + rows, 0)
  moved.bytes = source.reduce((sum, { bytes }) => sum + bytes, 0)
  const pending: Pending = { batch: moved, version: next.version, heldSince: sent.clock }
  mover.onSwitching(pending)
  try {
    if (!(await giveAway(from, batch.slots, held, note, mover.leaseMs))) return { kind: 'late' }
  } catch (error) {
    if (gaveWay(error)) return { kind: 'late' }
    throw error
  }
  // From here on it is completed, whoever wants it to end.
  await mover.onStep('given away', batch)
  const others = mover.fleet.ids.filter((id) => id !== from.id && id !== to.id)
  await together([
    take(to, batch.slots, note).then(() => {
      // Writes go on from here, whatever becomes of the other shards.
      pending.heldSince = null
      moved.held_ms += mover.clock() - sent.clock
    }),
    ...others.map(async (id) => mover.fleet.shard(id).learn(next)),
  ])
  await mover.onStep('switched', batch)
  return { kind: 'switched' }
}

/** Waits for all, also when one fails, so that nothing goes on unseen. */
async function together(actions: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(actions)) if (result.status === 'rejected') throw result.reason
}

/** Asks for the slots' locks until those who write let go of them; between two tries they are let by. */
async function makingWay<Answer>({ signal, onEvent }: Mover, id: string, ask: () => Promise<Answer>): Promise<Answer> {
  for (let pause: number = WAY_MS[0]; ; pause = Math.min(2 * pause, WAY_MS[1])) {
    try {
      return await ask()
    } catch (error) {
      if (!gaveWay(error)) throw error
      onEvent('warn', `a transaction on ${id} keeps slots locked that are to move; waiting for its end`)
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
    signal.throwIfAborted()
  }
}
