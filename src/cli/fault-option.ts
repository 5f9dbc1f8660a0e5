import { unknownValueError, usageError } from '../core/errors.js'
import { parseDuration } from '../core/units.js'
import { FAULTS } from '../faults/registry.js'
import type { PlannedFault } from '../run/plan.js'

/** Reads `--fault kill:api-2@5s+1s`: fault, node, moment in the counted part, length. @throws LabError (usage) */
export function parseFaults(values: readonly string[] | undefined): PlannedFault[] {
  return (values ?? []).map((text) => {
    const [, fault, node, at, length] = /^([a-z-]+):([\w-]+)@([\d.]+[a-z]+)\+([\d.]+[a-z]+)$/.exec(text) ?? []
    if (fault === undefined || node === undefined || at === undefined || length === undefined) {
      throw usageError(`--fault: cannot read "${text}"`, 'Write fault:node@when+length, as in --fault kill:api-2@5s+1s')
    }
    if (!FAULTS.has(fault)) throw unknownValueError('fault', fault, [...FAULTS.keys()])
    return { fault, node, atMs: parseDuration(at, '--fault'), forMs: parseDuration(length, '--fault') }
  })
}
