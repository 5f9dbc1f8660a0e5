import type { Command } from 'commander'
import { usageError } from '../core/errors.js'
import { parseDuration } from '../core/units.js'
import type { RunSettings } from '../lab/measure/measure.js'
import type { ProbeRates } from '../probes/registry.js'

/** Flags of how often database servers are read, as commander gives them. */
export interface ProbeOptions {
  probeInterval?: string
  heartbeat?: string
}

export function addProbeOptions(command: Command): Command {
  return command
    .option('--probe-interval <time>', 'how often database servers are asked for their replication (default: 250ms)')
    .option(
      '--heartbeat <time>',
      'how often a row is written on the primary and read on its standbys, or off (default: 100ms)',
    )
}

/** How runs with these flags are measured, and where they are kept. @throws LabError (usage) */
export function runSettings(options: ProbeOptions & { out: string }): RunSettings {
  return { probes: probeRates(options), out: options.out }
}

/** @throws LabError (usage) */
export function probeRates({ probeInterval, heartbeat }: ProbeOptions): ProbeRates {
  return {
    databasesMs: probeInterval === undefined ? undefined : interval('--probe-interval', probeInterval, 20),
    heartbeatMs:
      heartbeat === undefined ? undefined : heartbeat === 'off' ? null : interval('--heartbeat', heartbeat, 10),
  }
}

function interval(flag: string, value: string, leastMs: number): number {
  const ms = parseDuration(value, flag)
  if (ms < leastMs || ms > 60_000) throw usageError(`${flag}: ${value} is not from ${leastMs}ms to 1m`)
  return ms
}
