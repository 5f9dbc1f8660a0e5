import type { WritesRecord } from '../core/replication.js'
import type { Journal } from '../load/port.js'

/** What a database holds of a run's writes. */
export interface ReadBack {
  ids: ReadonlySet<string>
  duplicated: readonly string[]
}

/**
 * The ledger of a run held against what the database holds afterwards (after jepsen's set checker): acknowledged and
 * missing is lost, unknown and present is recovered, present twice is a duplicate.
 * @param found null where the database could not be read
 */
export function ledgerOf(writes: Journal['writes'], found: ReadBack | null): WritesRecord {
  const of = (outcome: Journal['writes'][number]['outcome']) => writes.filter((write) => write.outcome === outcome)
  const acknowledged = of('acknowledged')
  const unknown = of('unknown')
  return {
    acknowledged: acknowledged.length,
    refused: of('refused').length,
    unknown: unknown.length,
    lost: found === null ? null : acknowledged.filter(({ key }) => !found.ids.has(key)).map(({ key }) => key),
    recovered: found === null ? null : unknown.filter(({ key }) => found.ids.has(key)).length,
    duplicated: found === null ? null : [...found.duplicated],
  }
}
