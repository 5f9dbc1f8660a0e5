import type { Load } from '../../core/load.js'
import type { WritesRecord } from '../../core/replication.js'
import type { Stack } from '../../engines/port.js'
import type { Journal } from '../../load/port.js'
import { Cluster } from '../../replication/cluster.js'
import { ledgerOf, type ReadBack } from '../../run/ledger.js'
import type { RunInput } from '../../run/run.js'
import type { ShardAudit } from '../../run/sharding.js'
import { audit } from '../../sharding/audit.js'
import { Fleet } from '../../sharding/fleet.js'
import { newest } from '../../sharding/put-right.js'
import { migrationOf } from '../../sharding/reshard.js'
import { countShards } from '../../sharding/shard-count.js'
import { writtenOn } from '../../sharding/written.js'
import type { LabContext } from '../context.js'
import { endpointsOf, isSharded, membersOf, shardControlOf, shardsOf } from '../stack/databases.js'

type Part = Pick<RunInput, 'databases' | 'shards' | 'verify' | 'audit'>

/**
 * What a run asks of the databases of its stack: what probes read while it runs, and what is held against them at its end.
 * Shards are no cluster: each is a server of its own.
 */
export function measuredDatabases(lab: LabContext, stack: Stack, { workload }: Load): Part {
  const sharded = isSharded(stack)
  const readBack = sharded ? writtenOnShards : writtenOnPrimary
  return {
    ...(sharded
      ? { shards: () => shardsOf(lab, stack), audit: () => auditShards(lab, stack) }
      : { databases: () => endpointsOf(lab, stack) }),
    ...(workload === null
      ? {}
      : { verify: (journal) => verifyWrites(lab, journal, () => readBack(lab, stack, `${workload.run}-`)) }),
  }
}

/** The ledger of a run held against what the databases hold. */
async function verifyWrites(
  lab: LabContext,
  { writes }: Journal,
  read: () => Promise<ReadBack | null>,
): Promise<WritesRecord> {
  try {
    return ledgerOf(writes, await read())
  } catch (error) {
    lab.listener.remark(`The writes could not be read back: ${messageOf(error)}`)
    return ledgerOf(writes, null)
  }
}

/** By the primary, whichever server that is by now. */
async function writtenOnPrimary(lab: LabContext, stack: Stack, prefix: string): Promise<ReadBack | null> {
  const cluster = new Cluster(await membersOf(lab, stack))
  try {
    const primary = await cluster.primary()
    return primary === null ? null : await primary.writesOf(prefix)
  } finally {
    cluster.close()
  }
}

async function writtenOnShards(lab: LabContext, stack: Stack, prefix: string): Promise<ReadBack> {
  const fleet = await Fleet.of(shardControlOf(lab, stack))
  return writtenOn(fleet, prefix).finally(() => fleet.close())
}

async function auditShards(lab: LabContext, stack: Stack): Promise<ShardAudit | null> {
  const fleet = await Fleet.of(shardControlOf(lab, stack))
  try {
    const found = await audit(fleet)
    const { misslotted, duplicated } = found
    const underWay = (await migrationOf(fleet))?.state
    const unsettled = found.misplaced > 0 && (underWay === 'moving' || underWay === 'rolling back')
    if (unsettled) {
      lab.listener.remark(
        'A migration was left half-done, and copies of rows are on their way: scalelab reshard --resume, or --rollback.',
      )
    }
    const misplaced = unsettled ? null : found.misplaced
    const { counts } = await countShards(fleet)
    const map = newest(await fleet.each((shard) => shard.state()))
    const weightOf = (id: string): number => map.shards.find((shard) => shard.id === id)?.weight ?? 1
    return {
      scheme: map.scheme,
      keying: map.keying,
      map_version: map.version,
      shards: counts.map((count) => ({ ...count, weight: weightOf(count.id) })),
      misplaced,
      misslotted,
      duplicated,
    }
  } catch (error) {
    lab.listener.remark(`The shards could not be counted: ${messageOf(error)}`)
    return null
  } finally {
    fleet.close()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
