import type { Command } from 'commander'
import { PROBES } from '../core/parameters/probes.js'
import { checkValues, type Values } from '../core/parameters/row.js'
import type { RunSettings } from '../lab/measure/measure.js'
import type { ProbeRates } from '../probes/registry.js'
import { addParameters } from './parameter-options.js'

/** How often database servers are read. */
export type ProbeOptions = Values<typeof PROBES>

export function addProbeOptions(command: Command): Command {
  return addParameters(command, [PROBES])
}

/** How runs with these flags are measured, and where they are kept. @throws LabError (usage) */
export function runSettings(options: ProbeOptions & { out: string }): RunSettings {
  return { probes: probeRates(options), out: options.out }
}

/** @throws LabError (usage) */
export function probeRates(options: ProbeOptions): ProbeRates {
  checkValues(PROBES, { ...options })
  return { databasesMs: options.probeInterval, heartbeatMs: options.heartbeat }
}
