import { runError, usageError } from '../core/errors.js'
import type { Batch, ReshardProgress, ReshardRecord } from '../core/sharding.js'
import { Unanswered } from '../replication/session.js'
import { batchesOf, movesOf } from './batches.js'
import { Fleet, type ShardControl } from './fleet.js'
import { forgetMigration, type Migration, type MoveOptions, readMigration, writeMigration } from './migration-store.js'
import { LEASE_MS, type Mover, moveBatch, type Pending } from './mover.js'
import { MoverLock } from './mover-lock.js'
import { Patience } from './patience.js'
import { Progress } from './progress.js'
import { putRight } from './put-right.js'
import { type BothWeights, planOf } from './reshard-plan.js'
import { type Shard, ShardAway } from './shard.js'
import { countShards, countSlots } from './shard-count.js'
import { finalMap, isReached, joinedMap, type Target, targetOfMap } from './target.js'
import { Throttle } from './throttle.js'

/** A shard that is back sooner was not away, but slow, in milliseconds; how often in a row that is put up with. */
const AWAY_MS = 1_000
const IN_VAIN = 10

/** begin: to a target, when nothing is under way; resume: what a mover left; rollback: back to where its rows were. */
export type Order =
  | { kind: 'begin'; target: Target; weights?: BothWeights; options: MoveOptions }
  | { kind: 'resume'; options?: Partial<MoveOptions> }
  | { kind: 'rollback'; options?: Partial<MoveOptions> }

export interface ReshardRequest {
  control: ShardControl
  order: Order
  /** Shown to whoever wants to move rows at the same time, as in "process 4711 on host". */
  who: string
  /** A name of this migration, unless one is under way. */
  id: string
  /** The run clock, in milliseconds. */
  clock: () => number
  /** Ends it: what is under way is taken back, or completed where it is past the switch. */
  signal: AbortSignal
  onProgress: (progress: ReshardProgress) => void
  onEvent: (level: 'info' | 'warn' | 'error', text: string) => void
  onStep?: Mover['onStep']
  /** Writes wait at most so long for a mover that died, in milliseconds. */
  leaseMs?: number
}

/** What came of it; a run adds what it measured and audits itself, the command which nodes it added and removed. */
export interface ReshardResult
  extends Omit<ReshardRecord, 'held_ms' | 'misplaced' | 'duplicated' | 'added' | 'removed'> {
  /** Shards that have nothing any more and are not in the map: their nodes can go. */
  unused: string[]
  /** Why it failed; null when it did not. */
  failure: Error | null
}

/**
 * Moves rows until every slot is where the target has it, while clients read and write; or takes up, or takes back, what
 * another mover left. One batch after the other (mover.ts); whenever something stops it, it looks at what is (put-right.ts)
 * and counts anew what is left.
 *
 * A shard that does not answer is waited for. An abort ends it at any moment: outcome 'interrupted', and `resume` or
 * `rollback` go on from there.
 * @throws LabError when it cannot begin: another mover is at work, another migration under way, nothing to resume; the
 * abort reason before that
 */
export async function reshard(request: ReshardRequest): Promise<ReshardResult> {
  const fleet = await Fleet.of(request.control, 'move')
  const lock = new MoverLock(request.who)
  try {
    return await new Reshard(request, fleet, lock).run()
  } finally {
    lock.release()
    fleet.close()
  }
}

/** What a stack's first shard says to be under way; null: nothing. @throws ShardAway */
export async function migrationOf(fleet: Fleet): Promise<Migration | null> {
  return readMigration(await firstShard(fleet))
}

/** Once the nodes that a migration left unused are gone: nothing is under way any more. @throws ShardAway */
export async function endMigration(fleet: Fleet): Promise<void> {
  await forgetMigration(await firstShard(fleet))
}

/** The first shard is the same in all maps: any shard can say which it is. */
async function firstShard(fleet: Fleet): Promise<Shard> {
  let reason: unknown = new ShardAway('this stack', 'it has no shards')
  for (const id of fleet.ids) {
    try {
      return fleet.shard((await fleet.shard(id).map()).shards[0]?.id ?? id)
    } catch (error) {
      if (!(error instanceof ShardAway)) throw error
      reason = error
    }
  }
  throw reason
}

class Reshard {
  private readonly batches: Batch[] = []
  private readonly patience: Patience
  private readonly progress: Progress
  private pending: Pending | null = null
  private readonly startedMs: number

  constructor(
    private readonly request: ReshardRequest,
    private readonly fleet: Fleet,
    private readonly lock: MoverLock,
  ) {
    const { clock, signal, onEvent, onProgress } = request
    this.startedMs = clock()
    this.progress = new Progress(clock, onProgress)
    const onWait = (shard: string | null): void =>
      this.progress.show(shard === null ? { waiting_for: null } : { phase: 'waiting', waiting_for: shard })
    this.patience = new Patience(fleet, { signal, onEvent, onWait, clock })
  }

  async run(): Promise<ReshardResult> {
    const migration = await this.patience.through(() => this.begun())
    const rollback = migration.state === 'rolling back' || migration.state === 'rolled back'
    const target = rollback ? targetOfMap(migration.from) : migration.to
    try {
      // From here on something may be written down, so whatever ends it, there is a result.
      await this.patience.through(() => this.save(migration))
      await this.patience.through(() => this.moveAll(migration, target))
      await this.patience.through(() => this.save({ ...migration, state: rollback ? 'rolled back' : 'moved' }))
      this.progress.show({ phase: 'done', from: null, to: null })
      return await this.result(migration, rollback ? 'rolled back' : 'moved', null)
    } catch (error) {
      await this.leaveOrderly()
      const interrupted = this.request.signal.aborted
      const failure = error instanceof Error ? error : new Error(String(error))
      if (!interrupted) this.request.onEvent('error', failure.message)
      return this.result(migration, interrupted ? 'interrupted' : 'failed', interrupted ? null : failure)
    }
  }

  /** Takes the lock, and says what is to be done, or what was being done. Writes nothing down. */
  private async begun(): Promise<Migration> {
    const { order, id } = this.request
    const map = await this.mapPutRight()
    const known = await readMigration(await firstShard(this.fleet))
    if (order.kind === 'begin') {
      if (known?.state === 'moving' || known?.state === 'rolling back') {
        throw usageError(
          `migration ${known.id} to ${known.to.shards.length} shards is under way`,
          'Take it up with --resume, or take it back with --rollback',
        )
      }
      if (order.target.shards[0]?.id !== map.shards[0]?.id) {
        throw usageError(`${map.shards[0]?.id} keeps the account of migrations, so it has to stay, and the first`)
      }
      const { counts, tables } = await countShards(this.fleet)
      const plan = planOf(map, order.target, (await this.fleet.each(countSlots)).flat(), order.weights)
      const { target: to, options } = order
      const migration: Migration = {
        id,
        state: 'moving',
        from: map,
        to,
        options,
        plan,
        before: counts,
        tallies: tables,
      }
      return migration
    }
    if (known === null) throw usageError('no migration is under way', 'Begin one: scalelab reshard --to <shards>')
    const options = { ...known.options, ...order.options }
    if (order.kind === 'resume') return { ...known, options }
    const state = known.state === 'rolled back' ? 'rolled back' : 'rolling back'
    return { ...known, options, state }
  }

  /** Until no slot is elsewhere than the target wants it, and the map says so. */
  private async moveAll({ options, plan }: Migration, target: Target): Promise<void> {
    const { signal } = this.request
    const mover = this.mover(options)
    let inVain = 0
    while (true) {
      signal.throwIfAborted()
      let map = await this.mapPutRight()
      if (isReached(map, target)) return
      const joined = joinedMap(map, target)
      if (joined.shards.length > map.shards.length) {
        await this.fleet.each((shard) => shard.learn(joined))
        map = joined
      }
      const rows = new Map((await this.fleet.each(countSlots)).flat().map((count) => [count.slot, count.rows]))
      const moves = movesOf(map, target, (slot) => rows.get(slot) ?? 0)
      const batches = batchesOf(moves, options.batchRows)
      this.progress.remaining(
        moves.reduce((sum, move) => sum + move.rows, 0),
        batches.length,
        plan.rows.moved,
      )
      if (batches.length === 0) {
        const final = finalMap(map, target)
        await this.fleet.each((shard) => shard.learn(final))
        return
      }
      try {
        for (const batch of batches) {
          signal.throwIfAborted()
          this.lock.check()
          this.progress.show({ from: batch.from, to: batch.to })
          const done = await moveBatch(mover, batch, map)
          map = done.map
          this.finished(done.batch)
          inVain = 0
        }
      } catch (error) {
        if (!(error instanceof ShardAway)) throw error
        const waited = await this.patience.untilBack(error)
        // Who answers at once when asked how it is, and never in time when there is work, is not away.
        inVain = error.cause instanceof Unanswered && waited < AWAY_MS ? inVain + 1 : 0
        if (inVain >= IN_VAIN) {
          throw runError(
            `${error.message}, ${IN_VAIN} times in a row`,
            'Smaller batches and chunks take less time at once',
          )
        }
      }
    }
  }

  private mover({ maxRowsPerSecond, chunkRows }: MoveOptions): Mover {
    const { clock, signal, onEvent, onStep, leaseMs } = this.request
    return {
      fleet: this.fleet,
      lock: this.lock,
      throttle: new Throttle(maxRowsPerSecond),
      chunkRows,
      leaseMs: leaseMs ?? LEASE_MS,
      clock,
      signal,
      onEvent,
      onPhase: (phase) => this.progress.show({ phase }),
      onRows: (rows) => this.progress.copiedRows(rows),
      onSwitching: (pending) => {
        this.pending = pending
      },
      onStep: onStep ?? (() => undefined),
    }
  }

  private finished(batch: Batch): void {
    this.pending = null
    this.batches.push(batch)
    this.progress.batchDone(batch.rows, batch.held_ms)
  }

  /** The newest map, with everything as it says: under the lock. */
  private async mapPutRight() {
    await this.fleet.refresh()
    await this.lock.take((await firstShard(this.fleet)).endpoint)
    const { map, done } = await putRight(this.fleet)
    for (const sentence of done) this.request.onEvent('info', sentence)
    const { pending } = this
    if (pending !== null && map.version >= pending.version) {
      if (pending.heldSince !== null) pending.batch.held_ms += this.request.clock() - pending.heldSince
      this.finished(pending.batch)
    }
    this.pending = null
    this.progress.takenBack()
    return map
  }

  /** What can be done at once so that nothing is left half-done; the rest is for who resumes. */
  private async leaveOrderly(): Promise<void> {
    try {
      await this.mapPutRight()
    } catch (error) {
      this.request.onEvent(
        'warn',
        `what is under way is left as it is (${error instanceof Error ? error.message : error}): scalelab reshard --resume, or --rollback, puts it right`,
      )
    }
  }

  private async save(migration: Migration): Promise<void> {
    await writeMigration(await firstShard(this.fleet), migration)
  }

  private async result(
    migration: Migration,
    outcome: ReshardResult['outcome'],
    failure: Error | null,
  ): Promise<ReshardResult> {
    const { id, plan, options, before, tallies } = migration
    const counted = await countShards(this.fleet).catch((error: unknown) => {
      if (error instanceof ShardAway) return null
      throw error
    })
    const map = counted === null ? null : await (await firstShard(this.fleet)).map()
    return {
      id,
      outcome,
      plan,
      options: {
        max_rows_per_second: options.maxRowsPerSecond,
        chunk_rows: options.chunkRows,
        batch_rows: options.batchRows,
      },
      started_ms: this.startedMs,
      ended_ms: this.request.clock(),
      batches: this.batches,
      moved_rows: this.batches.reduce((sum, { rows }) => sum + rows, 0),
      moved_bytes: this.batches.reduce((sum, { bytes }) => sum + bytes, 0),
      waited_ms: this.patience.waitedMs,
      before,
      after: counted?.counts ?? [],
      tallies: tallies.map(({ table, rows }) => ({
        table,
        before: rows,
        after: counted?.tables.find((after) => after.table === table)?.rows ?? rows,
      })),
      unused: map === null ? [] : this.fleet.ids.filter((id) => map.shards.every((shard) => shard.id !== id)),
      failure,
    }
  }
}
