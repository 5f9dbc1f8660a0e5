import { type ShardingParameters, stackParametersSchema } from '../../core/parameters.js'
import type { RunRecord } from '../../core/record.js'
import type { Batch, ReshardRecord, ShardCount } from '../../core/sharding.js'
import { nearestRank } from '../../stats/quantiles.js'
import { makeRecord } from './made-up-record.js'

export interface ShardedOptions {
  seed?: number
  shards?: number
  sharding?: Partial<ShardingParameters>
  /** Requests/s; null for a closed loop. */
  rps?: number | null
  keys?: 'uniform' | 'zipf'
  /** Share of the requests of each shard; all alike unless given. */
  shares?: readonly number[]
  /** Mean time of a request, in milliseconds. */
  meanMs?: number
  measuredMs?: number
  change?: (record: RunRecord) => RunRecord
}

const SLOTS = 16_384

/** A made-up run on shards; what each answered is a share of what the simulation answered. */
export function shardedRecord(options: ShardedOptions = {}): RunRecord {
  const { seed = 51, shards = 3, rps = 300, keys = 'uniform', meanMs = 2.4, measuredMs = 10_000 } = options
  const parameters = stackParametersSchema.parse({
    kind: 'sharded',
    replicas: 2,
    balancer: 'nginx',
    work: { kind: 'none' },
    sharding: { shards, rows: 25_000, ...options.sharding },
  })
  const ids = Array.from({ length: shards }, (_, i) => `shard-${i + 1}`)
  const run = `shard-${shards}-s${seed}`
  return makeRecord({
    scenario: `shard-${shards}`,
    queue: { seed, instances: 2, meanMs, connections: 60 },
    stages: rps === null ? [] : [{ duration_ms: measuredMs, rps }],
    measuredMs,
    change: (record) => {
      const answers = record.load.ledger.ok
      const alone = Math.round(answers * 0.95)
      const shares = options.shares ?? ids.map(() => 1 / shards)
      const changed: RunRecord = {
        ...record,
        id: run,
        question: `How evenly do keys and requests spread over ${shards} shards?`,
        reading: 'Keys per shard are counted by SQL.',
        parameters,
        work: 'none: what the database costs',
        nodes: [...record.nodes, ...ids.map((id) => ({ id, role: 'database', program: 'PostgreSQL 18.4' }))],
        load: {
          ...record.load,
          workload: {
            mix: [
              { kind: 'read', weight: 65 },
              { kind: 'write', weight: 20 },
              { kind: 'order', weight: 10 },
              { kind: 'list', weight: 5 },
            ],
            keys: { distribution: keys, count: 25_000, exponent: 0.99 },
            consistency: 'default',
            run,
          },
        },
        sharding: {
          scheme: options.sharding?.scheme ?? 'ring',
          keying: 'hash',
          map_version: 1,
          shards: shardsOf(shards, alone, measuredMs / 1_000, shards, shares),
          gathered: answers - alone,
          misplaced: 0,
          misslotted: 0,
          duplicated: 0,
        },
        databases: ids.map((id) => ({ id, kinds: { read: 1 } })),
        writes: {
          acknowledged: Math.round(answers * 0.3),
          refused: 0,
          unknown: 0,
          lost: [],
          recovered: 0,
          duplicated: [],
        },
        environment: { ...record.environment, software: { nginx: '1.22.1', PostgreSQL: '18.4' } },
      }
      return options.change?.(changed) ?? changed
    },
  })
}

/** @param old how many of them were there from the beginning: newer ones answered for half the time */
function shardsOf(
  shards: number,
  answers: number,
  seconds: number,
  old: number,
  shares: readonly number[] = Array.from({ length: shards }, (_, i) => (i < old ? 1 : 0.5)),
): NonNullable<RunRecord['sharding']>['shards'] {
  const all = shares.reduce((a, b) => a + b, 0)
  return Array.from({ length: shards }, (_, i) => {
    const share = (shares[i] ?? 0) / all
    const requests = Math.round(answers * share)
    // As uneven as the arcs of a ring of 160 points are.
    const slots = Math.round((SLOTS / shards) * (1 + (i % 2 === 0 ? 0.03 : -0.04)))
    return {
      id: `shard-${i + 1}`,
      slots,
      keys: Math.round((slots / SLOTS) * 25_000),
      rows: Math.round((slots / SLOTS) * 100_300),
      bytes: 9_437_184 + Math.round((slots / SLOTS) * 31_457_280),
      requests,
      share,
      kinds: {
        read: Math.round((requests * 65) / 95),
        write: Math.round((requests * 20) / 95),
        order: Math.round((requests * 10) / 95),
      },
      rps: requests / seconds,
      p50_ms: 2.1 + i / 10,
      p99_ms: 9.4 + i,
    }
  })
}

export interface ReshardOptions extends Omit<ShardedOptions, 'shards'> {
  from?: number
  to?: number
  toScheme?: string
  outcome?: ReshardRecord['outcome']
  waitedMs?: number
}

const BEGIN_MS = 3_200
const ROWS = 100_300

/** A made-up migration; its batches follow one another as real ones do, and its sums are those of its batches. */
export function reshardRecord(options: ReshardOptions = {}): RunRecord {
  const { from = 3, to = 4, outcome = 'moved', waitedMs = 0, measuredMs = 16_000 } = options
  const fromScheme = options.sharding?.scheme ?? 'ring'
  const toScheme = options.toScheme ?? fromScheme
  return shardedRecord({
    ...options,
    shards: from,
    measuredMs,
    change: (record) => {
      const pairs = pairsOf(from, to, toScheme === 'modulo')
      const rows = Math.round(
        (ROWS * (toScheme === 'modulo' ? 0.75 : Math.abs(to - from) / Math.max(to, from))) / pairs.length,
      )
      const moves = pairs.map((pair) => ({
        ...pair,
        slots: Math.round((rows / ROWS) * SLOTS),
        keys: Math.round(rows / 4),
        rows,
        bytes: rows * 118,
      }))
      const all = batchesOf(moves)
      const batches =
        outcome === 'moved' ? all : outcome === 'rolled back' ? [] : all.slice(0, Math.ceil(all.length / 3))
      const moved = batches.reduce((sum, batch) => sum + batch.rows, 0)
      const last = batches.at(-1)
      const ended = last === undefined ? BEGIN_MS + 2_150 : endOf(last) + 12 + waitedMs
      const held = batches.map(({ held_ms }) => held_ms)
      const before = counts(from, 1)
      const keysMoved = moves.reduce((sum, { keys }) => sum + keys, 0)
      const reshard: ReshardRecord = {
        id: 'reshard-1',
        outcome,
        plan: {
          from: { scheme: fromScheme, shards: before.map(({ id }) => id) },
          to: { scheme: toScheme, shards: counts(to, 1).map(({ id }) => id) },
          moves,
          keys: {
            total: 25_000,
            moved: keysMoved,
            minimum: Math.round(25_000 * (Math.abs(to - from) / Math.max(to, from))),
          },
          rows: { total: ROWS, moved: rows * pairs.length },
          bytes: { total: ROWS * 118, moved: rows * pairs.length * 118 },
        },
        options: { max_rows_per_second: null, chunk_rows: 500, batch_rows: 2_000 },
        started_ms: BEGIN_MS,
        ended_ms: ended,
        batches,
        moved_rows: moved,
        moved_bytes: moved * 118,
        held_ms: {
          count: held.length,
          p50: nearestRank(held, 0.5),
          p95: nearestRank(held, 0.95),
          p99: nearestRank(held, 0.99),
          max: nearestRank(held, 1),
        },
        waited_ms: waitedMs,
        before,
        after: outcome === 'moved' ? counts(to, 1.01) : before,
        tallies: [
          { table: 'users', before: 25_000, after: 25_000 },
          { table: 'orders', before: 25_000, after: 25_391 },
          { table: 'transfers', before: 300, after: 300 },
          { table: 'requests', before: 50_000, after: 51_173 },
        ],
        misplaced: outcome === 'moved' || outcome === 'rolled back' ? 0 : 812,
        duplicated: 0,
        added:
          outcome === 'moved'
            ? counts(to, 1)
                .slice(from)
                .map(({ id }) => id)
            : [],
        removed: outcome === 'moved' ? before.slice(to).map(({ id }) => id) : [],
      }
      // What the shards are in the end, of all that answered.
      const { sharding } = record
      const after =
        outcome === 'moved' ? shardsOf(to, record.load.ledger.ok, measuredMs / 1_000, Math.min(from, to)) : null
      const changed: RunRecord = {
        ...record,
        ...(sharding === undefined
          ? {}
          : {
              sharding: {
                ...sharding,
                scheme: toScheme,
                map_version: 1 + batches.length,
                shards: after ?? sharding.shards,
              },
            }),
        reshard,
        status: outcome === 'failed' ? 'failed' : outcome === 'interrupted' ? 'interrupted' : 'complete',
      }
      return options.change?.(changed) ?? changed
    },
  })
}

/** New shards get from all, leaving ones give to all, and modulo moves between all of them. */
function pairsOf(from: number, to: number, all: boolean): { from: string; to: string }[] {
  const ids = (n: number): string[] => Array.from({ length: n }, (_, i) => `shard-${i + 1}`)
  return ids(from).flatMap((source, i) =>
    ids(to).flatMap((target, k) =>
      source !== target && (all || k >= from || i >= to) ? [{ from: source, to: target }] : [],
    ),
  )
}

function batchesOf(moves: readonly { from: string; to: string; rows: number }[]): Batch[] {
  let at = BEGIN_MS + 140
  return moves.flatMap(({ from, to, rows }, pair) => {
    const number = Math.max(1, Math.round(rows / 2_000))
    return Array.from({ length: number }, (_, i): Batch => {
      const mine = i === number - 1 ? rows - Math.floor(rows / number) * (number - 1) : Math.floor(rows / number)
      const batch = {
        from,
        to,
        slots: Math.round((mine / ROWS) * SLOTS),
        rows: mine,
        bytes: mine * 118,
        caught_up: 7 + ((i * 13 + pair * 5) % 17),
        started_ms: at,
        copy_ms: 420 + ((i * 37) % 90),
        catch_up_ms: 55 + ((i * 11) % 30),
        held_ms: 18 + ((i * 29 + pair * 7) % 26),
        dropped_ms: 130 + ((i * 17) % 40),
      }
      at = endOf(batch) + 6
      return batch
    })
  })
}

function endOf({ started_ms, copy_ms, catch_up_ms, held_ms, dropped_ms }: Batch): number {
  return started_ms + copy_ms + catch_up_ms + held_ms + dropped_ms
}

function counts(shards: number, grown: number): ShardCount[] {
  return Array.from({ length: shards }, (_, i) => {
    const share = (1 + (i % 2 === 0 ? 0.02 : -0.02)) / shards
    return {
      id: `shard-${i + 1}`,
      slots: Math.round(SLOTS * share),
      keys: Math.round(25_000 * share),
      rows: Math.round(ROWS * share * grown),
      bytes: 9_437_184 + Math.round(31_457_280 * share),
    }
  })
}
