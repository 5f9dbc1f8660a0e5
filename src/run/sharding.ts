import { stackParametersOf } from '../core/record-parameters.js'
import type { ReshardRecord, ShardingRecord, ShardRecord } from '../core/sharding.js'
import { lagOf } from '../stats/lag.js'
import type { Resharded } from './act.js'
import type { ShardStates } from './shard-states.js'

type ShardFigures = Pick<ShardRecord, 'id' | 'slots' | 'weight' | 'keys' | 'rows' | 'bytes'>

/** What the shards themselves say once the load has ended: counted by SQL. */
export interface ShardAudit {
  scheme: string
  keying: string
  map_version: number
  /** Of every shard of the stack. What could not be asked is null. */
  shards: ShardFigures[]
  misplaced: number | null
  misslotted: number | null
  duplicated: number | null
}

/**
 * What the record says of a stack of shards; null for any other.
 * @param audit null where the shards could not be asked: then it says what was read of them last
 * @param measuredMs length of the counted part
 */
export function shardingOf(
  states: ShardStates,
  audit: ShardAudit | null,
  parameters: Record<string, unknown>,
  measuredMs: number,
): ShardingRecord | null {
  const known = states.known()
  const there: ShardFigures[] =
    audit?.shards ??
    known
      .filter(({ gone }) => !gone)
      .map(({ id, slots, keys, rows, bytes }) => ({ id, slots: slots ?? 0, keys, rows, bytes }))
  // One that has left has nothing now, and did its part before.
  const left = known.filter(({ id, requests }) => requests > 0 && !there.some((shard) => shard.id === id))
  const counts = [...there, ...left.map(({ id }) => ({ id, slots: 0, keys: null, rows: null, bytes: null }))]
  if (counts.length === 0) return null
  const answers = counts.reduce((sum, { id }) => sum + (states.find(id)?.requests ?? 0), 0)
  const sharding = stackParametersOf({ parameters })?.sharding
  return {
    scheme: audit?.scheme ?? sharding?.scheme ?? 'unknown',
    keying: audit?.keying ?? 'unknown',
    map_version: audit?.map_version ?? Math.max(0, ...known.map(({ mapVersion }) => mapVersion ?? 0)),
    shards: counts.map((count): ShardRecord => {
      const state = states.find(count.id)
      const requests = state?.requests ?? 0
      const response = state?.response.percentiles()
      return {
        ...count,
        requests,
        share: answers === 0 ? 0 : requests / answers,
        kinds: state?.kinds ?? {},
        rps: measuredMs === 0 ? 0 : (requests * 1_000) / measuredMs,
        p50_ms: response?.p50 ?? null,
        p99_ms: response?.p99 ?? null,
      }
    }),
    gathered: states.gathered,
    misplaced: audit?.misplaced ?? null,
    misslotted: audit?.misslotted ?? null,
    duplicated: audit?.duplicated ?? null,
  }
}

/** A migration as the record tells of it. */
export function reshardOf({ reshard }: Resharded, audit: ShardAudit | null): ReshardRecord {
  const { samples, p50, p95, p99, max } = lagOf(reshard.batches.map(({ held_ms }) => held_ms))
  return {
    ...reshard,
    held_ms: { count: samples, p50, p95, p99, max },
    misplaced: audit?.misplaced ?? null,
    duplicated: audit?.duplicated ?? null,
  }
}
