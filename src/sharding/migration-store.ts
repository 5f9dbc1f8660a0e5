import type { ShardMap } from '../core/shard-map.js'
import type { ReshardPlan, ShardCount } from '../core/sharding.js'
import type { Shard } from './shard.js'
import type { Target } from './target.js'

/** How a migration goes about it. */
export interface MoveOptions {
  /** Null: as fast as it goes. */
  maxRowsPerSecond: number | null
  /** Rows that are copied at a time. */
  chunkRows: number
  /** Rows that are held for writing at a time, about. */
  batchRows: number
}

/**
 * moving, rolling back: rows are on their way; --resume takes it up. moved, rolled back: every row is where it belongs,
 * and the nodes that are no longer needed can go.
 */
export type MigrationState = 'moving' | 'rolling back' | 'moved' | 'rolled back'

/** What is under way, as the first shard keeps it. All else is seen from the slots themselves. */
export interface Migration {
  id: string
  state: MigrationState
  /** The map before anything moved. */
  from: ShardMap
  to: Target
  options: MoveOptions
  plan: ReshardPlan
  before: ShardCount[]
  tallies: { table: string; rows: number }[]
}

/** Null when nothing is under way. @param first the first shard of the map */
export async function readMigration(first: Shard): Promise<Migration | null> {
  const [row] = await first.ask<{ body: Migration }>('SELECT body FROM migration')
  return row?.body ?? null
}

export async function writeMigration(first: Shard, migration: Migration): Promise<void> {
  await first.ask('INSERT INTO migration VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET body = excluded.body', [
    JSON.stringify(migration),
  ])
}

/** When its nodes are gone as well. */
export async function forgetMigration(first: Shard): Promise<void> {
  await first.ask('DELETE FROM migration')
}
