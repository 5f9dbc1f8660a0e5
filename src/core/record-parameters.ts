import {
  type DatabaseParameters,
  type ShardingParameters,
  type StackParameters,
  stackParametersSchema,
} from './parameters.js'
import type { RunRecord } from './record.js'

/** How failures were detected, where the record says so. */
export interface DetectorRecord {
  interval_ms: number
  misses: number
}

/** What a record's stack was made from; null where the system was already running, or the record is of other times. */
export function stackParametersOf({ parameters }: Pick<RunRecord, 'parameters'>): StackParameters | null {
  const { detector: _detector, ...stack } = parameters
  const result = stackParametersSchema.safeParse(stack)
  return result.success ? result.data : null
}

/** The databases of a record's stack; null for a stack without. */
export function databaseParametersOf(record: Pick<RunRecord, 'parameters'>): DatabaseParameters | null {
  return stackParametersOf(record)?.database ?? null
}

/** The shards of a record's stack, as it was asked for; null for a stack without. */
export function shardingParametersOf(record: Pick<RunRecord, 'parameters'>): ShardingParameters | null {
  return stackParametersOf(record)?.sharding ?? null
}

/** The settings of the failure detector; null where the record holds none. */
export function detectorOf({ parameters: { detector } }: RunRecord): DetectorRecord | null {
  if (typeof detector !== 'object' || detector === null) return null
  const { interval_ms, misses } = detector as Record<string, unknown>
  return typeof interval_ms === 'number' && typeof misses === 'number' ? { interval_ms, misses } : null
}
