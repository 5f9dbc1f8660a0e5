import type { ReshardRecord } from '../core/sharding.js'
import type { Drilled } from './drill.js'

/** What a migration did, as far as it came. Times are on the run clock. */
export interface Resharded {
  kind: 'reshard'
  /** What the run adds: percentiles of the holds, and the audit of the shards once the load has ended. */
  reshard: Omit<ReshardRecord, 'held_ms' | 'misplaced' | 'duplicated'>
  /** Null also where it was rolled back as asked. */
  failure: Error | null
}

/** What acted beside the load, and ended it. */
export type Acted = ({ kind: 'drill' } & Drilled) | Resharded
