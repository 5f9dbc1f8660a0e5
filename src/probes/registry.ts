import { healthProbe } from './health.js'
import { hostProbe } from './host.js'
import type { Probe } from './port.js'
import { usageProbe } from './usage.js'

/**
 * The probes of a run. A new probe is one file and one line here.
 * @param now monotonic, in milliseconds
 */
export function runProbes(now: () => number): Probe[] {
  return [hostProbe(), healthProbe(), usageProbe(now)]
}
