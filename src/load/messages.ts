import type { ExitCode } from '../core/errors.js'
import type { GeneratorOptions } from './generator.js'
import type { LoadResult, LoadTick } from './port.js'

/** From the command to a generator process, in this order. Structured clone: bigint passes. */
export type ToGenerator =
  | { type: 'connect'; options: Omit<GeneratorOptions, 'onTick'> }
  | { type: 'run'; originNs: bigint }
  | { type: 'stop'; atMs: number; drain: boolean }

/** From a generator process to the command. */
export type FromGenerator =
  | { type: 'connected' }
  | { type: 'tick'; tick: LoadTick }
  | { type: 'result'; result: LoadResult }
  /** A failure a person can act on: the fields of a LabError. */
  | { type: 'failed'; message: string; exitCode: ExitCode; hint: string | undefined; details: readonly string[] }
