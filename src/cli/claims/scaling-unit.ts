import type { ListedClaim } from '../../core/claims.js'
import { rowsOf } from '../../core/claims.js'
import { measuredMs } from '../../core/load.js'
import type { RunRecord } from '../../core/record.js'
import { loadOf, type Scenario } from '../../core/scenario.js'
import { measure } from '../../lab/measure/measure.js'
import { writeRunReport } from '../../lab/report-files.js'
import { LINEAR, SCALING_CLAIM, scalingVerdicts } from '../../stats/shard-scaling.js'
import { subjectOfScenario } from '../bench-subject.js'
import { runSettings } from '../probe-options.js'
import { runWords, stackPlans } from './stack-plan.js'
import type { ClaimUnit, Pace } from './unit.js'

/** To bring a stack up and take it down, and around a run, in milliseconds. */
const AROUND_MS = 6_000

const FAMILY = /^(shard-scaling)-(\d+)$/

/** Whether a scenario is of the family by which growth with the number of shards is measured. */
export function isScaling({ name }: Scenario): boolean {
  return largestOf(name) > 1
}

/** The claim that several numbers of shards are needed for. */
export function scalingClaim({ name }: Scenario): ListedClaim {
  return {
    ...SCALING_CLAIM,
    rows: rowsOf(SCALING_CLAIM.source),
    min: LINEAR,
    max: null,
    unit: 'share',
    scenario: name,
    run: `capacity of 1 to ${largestOf(name)} shards`,
  }
}

/**
 * Capacity with 1, 2, ... shards, each on a stack of its own, then the growth over all of them; claims of the largest
 * are judged by its own run.
 */
export function scalingUnit(scenario: Scenario, pace: Pace): ClaimUnit {
  const counts = Array.from({ length: largestOf(scenario.name) }, (_, index) => index + 1)
  const growth = scalingClaim(scenario)
  const [plan] = stackPlans(scenario)
  const own = plan?.runs.find(({ run }) => run.kind === 'load')
  const durations = {
    ...(pace.duration === undefined ? {} : { duration: pace.duration }),
    ...(pace.warmup === undefined ? {} : { warmup: pace.warmup }),
  }
  const load = loadOf({ ...scenario.load, ...durations }, 1)
  return {
    name: scenario.name,
    claims: [...(own?.claims ?? []), growth],
    steps: counts.map((shards) => ({
      what: `capacity of ${shards} ${shards === 1 ? 'shard' : 'shards'}`,
      ms: load.warmupMs + measuredMs(load) + AROUND_MS,
    })),
    async run({ lab, options: given, step, found }) {
      const options = { ...given, ...durations }
      const records: RunRecord[] = []
      const folders: string[] = []
      for (const shards of counts) {
        lab.os.signal.throwIfAborted()
        step()
        const name = scenario.name.replace(FAMILY, `$1-${shards}`)
        const subject = await subjectOfScenario(lab, name, [name], options)
        const { record, folder } = await measure({ lab, subject, objectives: [], ...runSettings(options) })
        await writeRunReport(folder, record)
        records.push(record)
        folders.push(folder.path)
        if (name === scenario.name && own !== undefined) {
          found(runWords(own.run, scenario, plan?.scheme ?? null), record.verdicts, folder.path)
        }
      }
      const verdicts = scalingVerdicts(records).map((verdict) => ({ ...verdict, claim: growth.claim }))
      for (const folder of folders) found(growth.run, folder === folders.at(-1) ? verdicts : [], folder)
    },
  }
}

function largestOf(name: string): number {
  return Number(FAMILY.exec(name)?.[2] ?? 1)
}
