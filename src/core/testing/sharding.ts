import type { Batch, ReshardRecord, ShardCount, ShardingRecord, ShardRecord } from '../sharding.js'

/** A shard of a record, with believable figures; what a test is about, it changes. */
export function shardRecord(id: string, more: Partial<ShardRecord> = {}): ShardRecord {
  return {
    id,
    slots: 5_461,
    keys: 1_000,
    rows: 2_000,
    bytes: 12_000_000,
    requests: 3_000,
    share: 1 / 3,
    kinds: { read: 2_400, write: 600 },
    rps: 100,
    p50_ms: 4.2,
    p99_ms: 18.3,
    ...more,
  }
}

/** Three even shards. */
export function shardingRecord(more: Partial<ShardingRecord> = {}): ShardingRecord {
  return {
    scheme: 'ring',
    keying: 'hash',
    map_version: 1,
    shards: ['shard-1', 'shard-2', 'shard-3'].map((id) => shardRecord(id)),
    gathered: 0,
    misplaced: 0,
    misslotted: 0,
    duplicated: 0,
    ...more,
  }
}

/** A migration by ring from three shards to four. */
export function reshardRecord(more: Partial<ReshardRecord> = {}): ReshardRecord {
  const three = ['shard-1', 'shard-2', 'shard-3']
  const count = (id: string, keys: number): ShardCount => ({
    id,
    slots: 4_096,
    keys,
    rows: 2 * keys,
    bytes: 400 * keys,
  })
  const batch = (from: string, held_ms: number): Batch => ({
    from,
    to: 'shard-4',
    slots: 1_365,
    rows: 2_000,
    bytes: 800_000,
    caught_up: 12,
    started_ms: 4_000,
    copy_ms: 900,
    catch_up_ms: 80,
    held_ms,
    dropped_ms: 120,
  })
  return {
    id: 'reshard-1',
    outcome: 'moved',
    plan: {
      from: { scheme: 'ring', shards: three },
      to: { scheme: 'ring', shards: [...three, 'shard-4'] },
      moves: three.map((from) => ({ from, to: 'shard-4', slots: 1_365, keys: 260, rows: 520, bytes: 210_000 })),
      keys: { total: 3_000, moved: 780, minimum: 750 },
      rows: { total: 6_000, moved: 1_560 },
      bytes: { total: 2_400_000, moved: 630_000 },
    },
    options: { max_rows_per_second: null, chunk_rows: 500, batch_rows: 2_000 },
    started_ms: 4_000,
    ended_ms: 9_400,
    batches: [batch('shard-1', 12), batch('shard-2', 30), batch('shard-3', 18)],
    moved_rows: 1_560,
    moved_bytes: 630_000,
    held_ms: { count: 3, p50: 18, p95: 30, p99: 30, max: 30 },
    waited_ms: 0,
    before: three.map((id) => count(id, 1_000)),
    after: [...three.map((id) => count(id, 740)), count('shard-4', 780)],
    tallies: ['users', 'orders', 'transfers', 'requests'].map((table) => ({ table, before: 3_000, after: 3_000 })),
    misplaced: 0,
    duplicated: 0,
    added: ['shard-4'],
    removed: [],
    ...more,
  }
}
