import { cpus } from 'node:os'
import type { Lab } from './lab.js'

/** This machine and what measures on it, as records say it. */
export function machineOf(lab: Lab) {
  return {
    scalelab: lab.os.version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
  }
}
