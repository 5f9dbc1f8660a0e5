import { createHash } from 'node:crypto'
import { availableParallelism, cpus, hostname } from 'node:os'
import { type Calibration, type Machine, sameMachine } from '../../core/calibration.js'
import { processorQuota } from '../../probes/processors.js'
import { readCalibration } from '../../store/calibration.js'
import type { LabContext } from '../context.js'

/** The machine that this runs on, as calibrations tell it from others. */
export async function thisMachine(): Promise<Machine> {
  const quota = await processorQuota()
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    quota_cores: quota === null ? null : Math.round(quota.cores * 100) / 100,
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    host: createHash('sha256').update(hostname()).digest('hex').slice(0, 12),
  }
}

/** What was last measured of this very machine; null where nothing was, or of another one. */
export async function calibrationOf(stateDir: string): Promise<Calibration | null> {
  const kept = await readCalibration(stateDir)
  return kept.kind === 'kept' && sameMachine(kept.calibration.machine, await thisMachine()) ? kept.calibration : null
}

/** Processors that work can be done on: those there are, or as many as a quota allows. */
export function usableCores({ cores, quota_cores }: Machine): number {
  return Math.min(cores, quota_cores ?? cores)
}

/** This machine and what measures on it, as records say it. */
export function machineOf({ version }: Pick<LabContext, 'version'>) {
  return {
    scalelab: version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
  }
}
