import { expectationOf, rpsPerGenerator } from '../../core/calibration.js'
import { highestRps, type Load } from '../../core/load.js'
import type { StackParameters } from '../../core/parameters.js'
import { generatorCount } from '../../load/child-process-generator.js'
import { calibrationOf, thisMachine, usableCores } from '../calibrate/machine.js'
import type { LabContext } from '../context.js'

/**
 * What can be known of a run before it begins, one sentence each: a rate beyond what this machine was calibrated to drive,
 * more instances that compute than there are processors for them, and a quota that nothing else shows.
 */
export async function expectationsOf(
  lab: LabContext,
  { load, parameters }: { load: Load; parameters: StackParameters | null },
): Promise<string[]> {
  const machine = await thisMachine()
  const cores = usableCores(machine)
  return [
    ...(machine.quota_cores === null
      ? []
      : [`A control group allows ${machine.quota_cores} of ${machine.cores} processors: host-cpu counts from there.`]),
    ...(parameters === null ? [] : computingNote(parameters, cores)),
    ...(await rateNote(lab, load, machine)),
  ]
}

async function rateNote(
  lab: LabContext,
  load: Load,
  machine: Awaited<ReturnType<typeof thisMachine>>,
): Promise<string[]> {
  const rps = highestRps(load)
  // A closed loop offers no rate: it is as fast as it is.
  if (rps === null) return []
  const calibration = await calibrationOf(lab.stateDir)
  if (calibration === null) return []
  const generators = generatorCount(load, machine.cores, rpsPerGenerator(calibration))
  const expected = expectationOf(calibration, { rps, generators, now: new Date() })
  return expected === null ? [] : [expected.text]
}

/** Instances whose requests take processor time share what there is: beyond it more of them bring nothing. */
export function computingNote({ work, app, replicas, cpus }: StackParameters, cores: number): string[] {
  if (app !== null || work.kind !== 'cpu') return []
  // A limit below one core makes room for more instances.
  const wanted = replicas * Math.min(1, cpus ?? 1)
  if (wanted <= cores) return []
  const have = cores === 1 ? 'is 1 processor' : `are ${cores} processors`
  return [
    `${replicas} instances compute (work: cpu), and there ${have} for them, generator and balancer: more instances than processors cannot show more capacity. Expect "host-limited", or use the calibrated model (--work model).`,
  ]
}
