import { databasesProbe } from './databases.js'
import { healthProbe } from './health.js'
import { heartbeatProbe } from './heartbeat.js'
import { hostProbe } from './host.js'
import type { Probe } from './port.js'
import { shardsProbe } from './shards.js'
import { usageProbe } from './usage.js'

/** How often database servers are read, in milliseconds. */
export interface ProbeRates {
  databasesMs?: number | undefined
  /** Null: no heartbeat, and nothing is written but by the load. */
  heartbeatMs?: number | null | undefined
}

/**
 * The probes of a run. A new probe is one file and one line here.
 * @param now monotonic, in milliseconds since 1970
 */
export function runProbes(now: () => number, { databasesMs, heartbeatMs }: ProbeRates = {}): Probe[] {
  return [
    hostProbe(),
    healthProbe(),
    usageProbe(now),
    databasesProbe(now, databasesMs),
    shardsProbe(now),
    ...(heartbeatMs === null ? [] : [heartbeatProbe(now, heartbeatMs)]),
  ]
}
