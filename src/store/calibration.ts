import { join } from 'node:path'
import { CALIBRATION_SCHEMA, type Calibration, calibrationSchema } from '../core/calibration.js'
import { LabError } from '../core/errors.js'
import { writeFileAtomically } from './atomic-file.js'
import { firstIssue } from './first-issue.js'
import { makeFolder } from './folders.js'
import { isMissing, readText } from './read-file.js'

const MOST_BYTES = 2 ** 20
const ELSEWHERE = 'set XDG_STATE_HOME to another folder'

export type KeptCalibration =
  | { kind: 'none' }
  | { kind: 'kept'; calibration: Calibration }
  /** `reason` is one clause: "it was written by a newer scalelab". */
  | { kind: 'unreadable'; reason: string }

/** @param stateDir "$XDG_STATE_HOME/scalelab" */
export function calibrationPath(stateDir: string): string {
  return join(stateDir, 'calibration.json')
}

/** What was last measured of this machine. A file that cannot be read is told of and stops nothing. */
export async function readCalibration(stateDir: string): Promise<KeptCalibration> {
  let text: string
  try {
    text = await readText(calibrationPath(stateDir), { noun: 'a calibration', most: MOST_BYTES })
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    return isMissing(error) ? { kind: 'none' } : { kind: 'unreadable', reason: error.message }
  }
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    return { kind: 'unreadable', reason: 'it is damaged: no JSON' }
  }
  const result = calibrationSchema.safeParse(data)
  if (result.success) return { kind: 'kept', calibration: result.data }
  if (isNewer(data)) return { kind: 'unreadable', reason: 'it was written by a newer scalelab' }
  return { kind: 'unreadable', reason: `it is damaged${firstIssue(result.error)}` }
}

/** @throws LabError (environment) when the state folder cannot be written */
export async function writeCalibration(stateDir: string, calibration: Calibration): Promise<void> {
  const path = calibrationPath(stateDir)
  makeFolder(stateDir, { mode: 0o700, elsewhere: ELSEWHERE })
  await writeFileAtomically(path, `${JSON.stringify(calibrationSchema.parse(calibration), null, 2)}\n`, ELSEWHERE)
}

function isNewer(data: unknown): boolean {
  if (typeof data !== 'object' || data === null || !('schema' in data)) return false
  const [name, version] = CALIBRATION_SCHEMA.split('@')
  const [otherName, otherVersion] = String(data.schema).split('@')
  return otherName === name && Number(otherVersion) > Number(version)
}
