import { inOrderOfRows, rowsOf } from '../../core/claims.js'
import { unknownValueError, usageError } from '../../core/errors.js'
import type { Scenario } from '../../core/scenario.js'
import { builtinScenarios, findScenario, isScenarioFile } from '../../store/scenario-files.js'
import { number } from '../option-values.js'
import { PLACING, placingClaims, placingUnit } from './placing-unit.js'
import { isScaling, scalingClaim, scalingUnit } from './scaling-unit.js'
import { stackPlans } from './stack-plan.js'
import { stackUnit } from './stack-unit.js'
import type { ClaimUnit, Pace } from './unit.js'

/**
 * The units that judge the claims asked for: of these scenarios (all built-in ones and the plan of keys where none is
 * named), and of these rows (all where none is).
 * @param rows as in "4,7"
 * @throws LabError (usage) for a name that is not there, or a choice without a claim
 */
export async function claimUnits(
  scenariosDir: string,
  names: readonly string[],
  rows: string | undefined,
  pace: Pace,
): Promise<ClaimUnit[]> {
  const all = await chosen(scenariosDir, names)
  const asked = rows?.split(',').map((row) => number('--row', row.trim(), 1, 999))
  const there = new Set(all.claims.flatMap((claim) => claim.rows))
  const missing = asked?.find((row) => !there.has(row))
  if (missing !== undefined) {
    throw usageError(
      `--row: no claim of row ${missing}${names.length === 0 ? '' : ` in ${names.join(', ')}`}`,
      there.size === 0
        ? 'See them all: scalelab claims --list'
        : `Rows: ${[...there].sort((a, b) => a - b).join(', ')}`,
    )
  }
  const units = all.unitsOf((of) => asked === undefined || asked.some((row) => of.includes(row)), pace)
  if (units.length > 0) return units
  throw usageError(`${names.join(', ')} makes no claim`, 'Those that do: scalelab claims --list')
}

/** Whether a claim with these rows is asked for. */
type Asked = (rows: readonly number[]) => boolean

interface Chosen {
  claims: readonly { rows: number[] }[]
  unitsOf(asked: Asked, pace: Pace): ClaimUnit[]
}

async function chosen(scenariosDir: string, names: readonly string[]): Promise<Chosen> {
  const builtin = await builtinScenarios(scenariosDir)
  const named = names.length === 0 ? [...builtin.map(({ name }) => name), PLACING] : [...new Set(names)]
  const allowed = [...builtin.map(({ name }) => name), PLACING]
  const found: { scenario: Scenario; file: string | undefined }[] = []
  for (const name of named) {
    if (name === PLACING) continue
    // Of a name that is near none of the scenarios, the plan may be meant.
    if (!isScenarioFile(name) && /^shards?-?pl/.test(name)) throw unknownValueError('scenario', name, allowed)
    found.push({ scenario: await findScenario(name, scenariosDir), file: isScenarioFile(name) ? name : undefined })
  }
  const placing = named.includes(PLACING) ? placingClaims() : []
  return {
    claims: [
      ...found.flatMap(({ scenario }) => [
        ...scenario.expect.map(({ source }) => ({ rows: rowsOf(source) })),
        ...(isScaling(scenario) ? [scalingClaim(scenario)] : []),
      ]),
      ...placing,
    ],
    unitsOf: (asked, pace) => [
      ...found.flatMap((each) => unitsOf(each.scenario, each.file, asked, pace)),
      ...(placing.some(({ rows }) => asked(rows)) ? [placingUnit(placing.filter(({ rows }) => asked(rows)))] : []),
    ],
  }
}

function unitsOf(whole: Scenario, file: string | undefined, asked: Asked, pace: Pace): ClaimUnit[] {
  const scenario = { ...whole, expect: whole.expect.filter(({ source }) => asked(rowsOf(source))) }
  if (isScaling(scenario) && asked(scalingClaim(scenario).rows)) return [scalingUnit(scenario, pace)]
  return stackPlans(scenario).map((plan) => stackUnit(plan, file, pace))
}

/** All claims of units, in the order of their rows. */
export function claimsOf(units: readonly ClaimUnit[]) {
  return inOrderOfRows(units.flatMap(({ claims }) => claims))
}
