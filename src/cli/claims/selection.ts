import { inOrderOfRows, rowsOf } from '../../core/claims.js'
import { LabError, unknownValueError, usageError } from '../../core/errors.js'
import type { Experiment } from '../../core/experiment.js'
import { nearest } from '../../core/nearest.js'
import { number } from '../../core/parameters/kinds.js'
import type { Scenario } from '../../core/scenario.js'
import { builtins, find, isScenarioFile } from '../../store/scenario-files.js'
import { experimentUnit } from './experiment-unit.js'
import { PLACING, placingClaims, placingUnit } from './placing-unit.js'
import { isScaling, scalingClaim, scalingUnit } from './scaling-unit.js'
import { stackPlans } from './stack-plan.js'
import { stackUnit } from './stack-unit.js'
import type { ClaimUnit, Pace } from './unit.js'

/**
 * The units that judge the claims asked for: of these scenarios (all built-in ones, every experiment and the plan of keys where
 * none is named), and of these rows (all where none is).
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
  const there = new Set(all.flatMap((each) => each.rows))
  const missing = asked?.find((row) => !there.has(row))
  if (missing !== undefined) {
    throw usageError(
      `--row: no claim of row ${missing}${names.length === 0 ? '' : ` in ${names.join(', ')}`}`,
      there.size === 0
        ? 'See them all: scalelab claims --list'
        : `Rows: ${[...there].sort((a, b) => a - b).join(', ')}`,
    )
  }
  const wanted: Asked = (of) => asked === undefined || asked.some((row) => of.includes(row))
  const units = all.flatMap((each) => each.unitsOf(wanted, pace))
  if (units.length > 0) return units
  throw usageError(`${names.join(', ')} makes no claim`, 'Those that do: scalelab claims --list')
}

/** Whether a claim with these rows is asked for. */
type Asked = (rows: readonly number[]) => boolean

/** What was named: its rows, and the units of those claims of it that are asked for. */
interface Chosen {
  rows: readonly number[]
  unitsOf(asked: Asked, pace: Pace): ClaimUnit[]
}

async function chosen(scenariosDir: string, names: readonly string[]): Promise<Chosen[]> {
  if (names.length > 0) return Promise.all([...new Set(names)].map((name) => chosenBy(name, scenariosDir)))
  const { scenarios, experiments } = await builtins(scenariosDir)
  return [...scenarios.map((scenario) => ofScenario(scenario, undefined)), ...experiments.map(ofExperiment), ofPlan()]
}

async function chosenBy(name: string, scenariosDir: string): Promise<Chosen> {
  if (name === PLACING) return ofPlan()
  try {
    const asked = await find(name, scenariosDir)
    if (asked.kind === 'experiment') return ofExperiment(asked.experiment)
    return ofScenario(asked.scenario, isScenarioFile(name) ? name : undefined)
  } catch (error) {
    // Only this command takes the plan for a scenario.
    if (error instanceof LabError && /^unknown /.test(error.message) && nearest(name, [PLACING]) !== undefined) {
      throw unknownValueError('scenario', name, [PLACING])
    }
    throw error
  }
}

function ofScenario(scenario: Scenario, file: string | undefined): Chosen {
  return {
    rows: [
      ...scenario.expect.flatMap(({ source }) => rowsOf(source)),
      ...(isScaling(scenario) ? scalingClaim(scenario).rows : []),
    ],
    unitsOf: (asked, pace) => unitsOf(scenario, file, asked, pace),
  }
}

function ofExperiment(whole: Experiment): Chosen {
  return {
    rows: whole.expect.flatMap(({ source }) => rowsOf(source)),
    unitsOf(asked, pace) {
      const experiment = { ...whole, expect: whole.expect.filter(({ source }) => asked(rowsOf(source))) }
      return experiment.expect.length === 0 ? [] : [experimentUnit(experiment, pace)]
    },
  }
}

function ofPlan(): Chosen {
  const claims = placingClaims()
  return {
    rows: claims.flatMap(({ rows }) => rows),
    unitsOf(asked) {
      const wanted = claims.filter(({ rows }) => asked(rows))
      return wanted.length === 0 ? [] : [placingUnit(wanted)]
    },
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
