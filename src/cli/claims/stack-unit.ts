import { measuredMs } from '../../core/load.js'
import { loadOf, type Scenario } from '../../core/scenario.js'
import { formatDuration } from '../../core/units.js'
import type { Stack } from '../../engines/port.js'
import { measure } from '../../lab/measure/measure.js'
import { writeRunReport } from '../../lab/report-files.js'
import { decide } from '../../lab/stack/engine-choice.js'
import { startOwnStack } from '../../lab/stack/own-stack.js'
import { drillRun, reshardRun } from '../acted-runs.js'
import type { BenchOptions } from '../bench-options.js'
import { subjectOfStack } from '../bench-subject.js'
import type { LoadOptions } from '../load-options.js'
import { runSettings } from '../probe-options.js'
import { requestedEngine, startOptions } from '../stack-options.js'
import { applyStackOptions } from '../stack-parameters.js'
import { runWords, type StackPlan, type StackRun } from './stack-plan.js'
import type { ClaimUnit, Pace, UnitContext, UnitStep } from './unit.js'

/** Of a drill or a migration, in milliseconds. */
const WARM_UP_MS = 1_000
/** What should be added to a run for starting and ending it, and what a drill and a migration take, in milliseconds. */
const AROUND_MS = 1_500
const DRILL_MS = 5_000
const RESHARD_MS = 6_000
/** To bring up and take down a stack, with databases and without. */
const UP_MS = { databases: 4_000, none: 1_500 }

/** The node that a drill in this role strikes. */
const STRUCK = { primary: 'primary', standby: 'standby-1', api: 'api-1' } as const

/** A stack that is brought up once, and every run on it that claims need. @param file of a scenario that is not built in */
export function stackUnit(plan: StackPlan, file: string | undefined, pace: Pace): ClaimUnit {
  const { scenario, scheme, runs } = plan
  return {
    name: scheme === null ? scenario.name : `${scenario.name} --scheme ${scheme}`,
    claims: runs.flatMap(({ claims }) => claims),
    steps: [
      { what: 'bringing the stack up', ms: UP_MS[hasDatabases(scenario) ? 'databases' : 'none'] },
      ...runs.flatMap(({ run }) => stepsOf(run, plan, pace)),
    ],
    async run(context) {
      const { lab, options } = context
      context.step()
      const own: BenchOptions = scheme === null ? options : { ...options, scheme }
      const parameters = applyStackOptions(scenario.topology, own)
      const decision = await decide(requestedEngine(own), parameters, await lab.engines(own), lab.os.signal)
      const about = { scenario: scenario.name, scenarioFile: file, purpose: 'claims' } as const
      const stack = await startOwnStack(lab, about, decision, startOptions(options))
      try {
        for (const { run } of runs) await judgeRun(context, stack, plan, run, pace)
      } finally {
        await stack.down()
      }
    },
  }
}

function hasDatabases({ topology }: Scenario): boolean {
  return topology.database !== null || topology.sharding !== null
}

function stepsOf(run: StackRun, { scenario, scheme }: StackPlan, pace: Pace): UnitStep[] {
  const what = runWords(run, scenario, scheme)
  switch (run.kind) {
    case 'load': {
      const load = loadOf({ ...scenario.load, ...durationsOf(scenario, pace) }, 1)
      const measured = measuredMs(load)
      return [{ what: `${what}, ${formatDuration(measured)}`, ms: load.warmupMs + measured + AROUND_MS }]
    }
    case 'drill':
      return Array.from({ length: pace.trials }, (_, trial) => ({
        what: pace.trials === 1 ? what : `${what}, ${trial + 1} of ${pace.trials}`,
        ms: WARM_UP_MS + pace.baselineMs + DRILL_MS + AROUND_MS,
      }))
    case 'reshard':
      return [{ what, ms: WARM_UP_MS + 2 * pace.baselineMs + RESHARD_MS + AROUND_MS }]
  }
}

/** A load in stages has durations of its own. */
function durationsOf({ load }: Scenario, { duration, warmup }: Pace): Pick<Pace, 'duration' | 'warmup'> {
  return {
    ...(duration === undefined || load.stages !== undefined ? {} : { duration }),
    ...(warmup === undefined ? {} : { warmup }),
  }
}

async function judgeRun(context: UnitContext, stack: Stack, plan: StackPlan, run: StackRun, pace: Pace): Promise<void> {
  const { lab, found, step } = context
  const name = runWords(run, plan.scenario, plan.scheme)
  for (let trial = 1; trial <= (run.kind === 'drill' ? pace.trials : 1); trial++) {
    lab.os.signal.throwIfAborted()
    step()
    const { record, folder } = await measured(context, stack, plan, run, pace, trial)
    found(name, record.verdicts, folder.path)
  }
}

type Measured = Pick<Awaited<ReturnType<typeof measure>>, 'record' | 'folder'>

function measured(
  context: UnitContext,
  stack: Stack,
  { scenario }: StackPlan,
  run: StackRun,
  pace: Pace,
  trial: number,
): Promise<Measured> {
  switch (run.kind) {
    case 'load': {
      const max = run.closed && scenario.load.mode === 'open' ? { max: true } : {}
      return loadRun(context, stack, { ...durationsOf(scenario, pace), ...max })
    }
    case 'drill':
      return drillRun(context, stack, {
        node: STRUCK[run.role],
        fault: 'kill',
        baselineMs: pace.baselineMs,
        seed: trial,
      })
    case 'reshard':
      return reshardRun(context, stack, { to: run.to, baselineMs: pace.baselineMs })
  }
}

async function loadRun({ lab, options: given }: UnitContext, stack: Stack, flags: LoadOptions): Promise<Measured> {
  const options = { ...given, ...flags }
  const subject = await subjectOfStack(lab, stack.meta.name, options)
  const measurement = await measure({ lab, subject, objectives: [], ...runSettings(options) })
  await writeRunReport(measurement.folder, measurement.record)
  return measurement
}
