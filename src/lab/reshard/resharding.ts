import { freemem, hostname } from 'node:os'
import type { ShardingParameters } from '../../core/parameters.js'
import type { ShardMap } from '../../core/shard-map.js'
import type { ReshardPlan, ReshardProgress, ShardCount } from '../../core/sharding.js'
import type { Stack } from '../../engines/port.js'
import type { Resharded } from '../../run/act.js'
import type { Stage } from '../../run/stage.js'
import { remainderOf } from '../../sharding/audit.js'
import { Fleet, type ShardControl } from '../../sharding/fleet.js'
import type { MoveOptions } from '../../sharding/migration-store.js'
import { NOT_BEGUN } from '../../sharding/progress.js'
import { endMigration, type Order, reshard } from '../../sharding/reshard.js'
import { targetOf } from '../../sharding/target.js'
import type { WeightedShard } from '../../strategies/sharding/port.js'
import { shardNode } from '../../topologies/sharded.js'
import type { LabContext } from '../context.js'
import { shardControlOf } from '../stack/databases.js'
import { refuseWithoutMemory } from '../stack/start-stack.js'
import { reviving } from './shard-nodes.js'

/** What is to be done with the shards of a stack. */
export type Job = { id: string; plan: ReshardPlan; before: ShardCount[] } & (
  | {
      kind: 'begin'
      map: ShardMap
      sharding: ShardingParameters
      scheme: string
      shards: readonly WeightedShard[]
      options: MoveOptions
    }
  | { kind: 'resume' | 'rollback'; options: Partial<MoveOptions> }
)

/** What came of a job. */
export interface JobDone extends Resharded {
  /** False where it ended before a row moved, and nothing is under way. */
  begun: boolean
}

/**
 * Moves the rows of a running stack: starts the shards that join, moves slot after slot, and removes the shards that have
 * nothing any more. Never rejects: what went wrong is in the result, and `reshard --resume` takes it up.
 */
export async function runJob(
  lab: LabContext,
  stack: Stack,
  job: Job,
  stage: Pick<Stage, 'clock' | 'signal' | 'onEvent'> & { onProgress: (progress: ReshardProgress) => void },
): Promise<JobDone> {
  const { clock, signal, onEvent, onProgress } = stage
  const startedMs = clock()
  const control = shardControlOf(lab, stack)
  const joining = joiningOf(job)
  const removed: string[] = []
  try {
    signal.throwIfAborted()
    const order = job.kind === 'begin' ? await begin(stack, control, job, joining, stage) : job
    const result = await reshard({
      control: reviving(stack, control, onEvent),
      order,
      who: `process ${lab.pid} on ${hostname()}`,
      id: job.id,
      clock,
      signal,
      onProgress,
      onEvent,
    }).catch(async (error: unknown) => {
      // It has not begun: nothing knows of the shards that were started for it.
      if (job.kind === 'begin') await removeNodes(stack, joining)
      throw error
    })
    const { unused, failure, ...told } = result
    if (result.outcome === 'moved' || result.outcome === 'rolled back') {
      await clearAway(stack, control, unused, removed, stage)
    }
    // Shards that were started for it were counted as well, with nothing.
    const before = told.before.filter(({ id }) => job.plan.from.shards.includes(id))
    return { kind: 'reshard', reshard: { ...told, before, added: joining, removed }, failure, begun: true }
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error))
    if (!signal.aborted) onEvent('error', failure.message)
    const record = notBegun(job, startedMs, clock(), signal.aborted)
    return { kind: 'reshard', reshard: record, failure, begun: job.kind !== 'begin' }
  }
}

/** Before anything is begun: more shards than there is memory for. @throws LabError (usage) */
export function refuseTooMany(stack: Stack, job: Job): void {
  if (job.kind !== 'begin' || stack.meta.engine !== 'process') return
  const nodes = joiningOf(job).map((id) => shardNode(id, job.sharding, job.map))
  refuseWithoutMemory({ nodes }, freemem())
}

function joiningOf({ plan }: Job): string[] {
  return plan.to.shards.filter((id) => !plan.from.shards.includes(id))
}

/** Starts the shards that join, and says where all are. */
async function begin(
  stack: Stack,
  control: ShardControl,
  { map, sharding, scheme, shards, options, plan }: Extract<Job, { kind: 'begin' }>,
  joining: readonly string[],
  {
    onProgress,
    onEvent,
    signal,
  }: Pick<Stage, 'onEvent' | 'signal'> & { onProgress: (progress: ReshardProgress) => void },
): Promise<Order> {
  try {
    if (joining.length > 0) {
      onProgress(starting(plan))
      const started = await Promise.allSettled(joining.map((id) => stack.add(shardNode(id, sharding, map))))
      for (const result of started) if (result.status === 'rejected') throw result.reason
      onEvent('info', `${joining.join(', ')} started`)
    }
    signal.throwIfAborted()
    const fleet = await Fleet.of(control)
    const placed = shards.map((shard) => ({ ...shard, address: fleet.address(shard.id) }))
    return { kind: 'begin', target: targetOf(map, scheme, placed, { vnodes: sharding.vnodes }), options }
  } catch (error) {
    await removeNodes(stack, joining)
    throw error
  }
}

async function removeNodes(stack: Stack, ids: readonly string[]): Promise<void> {
  const there = (await stack.nodes()).map(({ id }) => id)
  for (const id of ids) if (there.includes(id)) await stack.remove(id)
}

/** Removes shards that the map does not name any more, each only once it is seen to be empty. */
async function clearAway(
  stack: Stack,
  control: ShardControl,
  unused: readonly string[],
  removed: string[],
  { onEvent }: Pick<Stage, 'onEvent'>,
): Promise<void> {
  const fleet = await Fleet.of(control)
  try {
    for (const id of unused) {
      const left = await remainderOf(fleet, id)
      if (left !== null) {
        onEvent('warn', `${id} is kept: it still has ${left}`)
        continue
      }
      await stack.remove(id)
      await fleet.refresh()
      removed.push(id)
      onEvent('info', `${id} is empty and was removed`)
    }
    await endMigration(fleet)
  } finally {
    fleet.close()
  }
}

function starting({ rows }: ReshardPlan): ReshardProgress {
  return { ...NOT_BEGUN, phase: 'starting shards', total_rows: rows.moved }
}

/** Of a job that ended before anything moved. */
function notBegun(job: Job, startedMs: number, endedMs: number, interrupted: boolean): Resharded['reshard'] {
  const { maxRowsPerSecond = null, chunkRows = 0, batchRows = 0 } = job.options
  return {
    id: job.id,
    outcome: interrupted ? 'interrupted' : 'failed',
    plan: job.plan,
    options: { max_rows_per_second: maxRowsPerSecond, chunk_rows: chunkRows, batch_rows: batchRows },
    started_ms: startedMs,
    ended_ms: endedMs,
    batches: [],
    moved_rows: 0,
    moved_bytes: 0,
    waited_ms: 0,
    before: job.before,
    after: job.before,
    tallies: [],
    added: [],
    removed: [],
  }
}
