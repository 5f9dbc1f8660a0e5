import type { DRILL_FAULTS } from '../core/trial.js'
import type { Stack } from '../engines/port.js'
import { LONGEST_DRILL, measureDrill, type PreparedDrill, refuseUnseen } from '../lab/drill/drill-run.js'
import { drillTarget } from '../lab/drill/drill-target.js'
import type { measure } from '../lab/measure/measure.js'
import { LONGEST_RESHARD, measureReshard } from '../lab/reshard/reshard-run.js'
import { refuseTooMany } from '../lab/reshard/resharding.js'
import { shardControlOf } from '../lab/stack/databases.js'
import { DEFAULT_DETECTOR } from '../replication/detector.js'
import type { BenchOptions } from './bench-options.js'
import { subjectOfStack } from './bench-subject.js'
import type { Lab } from './lab.js'
import { runSettings } from './probe-options.js'
import { reshardJob } from './reshard-job.js'

/** Load beside a drill or a migration, requests per second: as `failover` and `reshard` do unless told. */
const BESIDE_RPS = 300
const WARM_UP = 1_000
/** Of a drill after the fault: no load is needed to see it through. */
const TAIL_MS = 1_000
const AWAY_MS = 2_000

type Measured = Pick<Awaited<ReturnType<typeof measure>>, 'record' | 'folder'>

interface Acting {
  lab: Lab
  options: BenchOptions
}

/**
 * @param name `primary`, or the node to strike
 * @throws LabError (usage) for a node that cannot be struck, or a load by which its recovery cannot be seen
 */
export async function preparedDrill(
  lab: Lab,
  stack: Stack,
  name: string,
  options: BenchOptions,
): Promise<PreparedDrill> {
  const target = await drillTarget(lab, stack, name)
  const prepared = { target, subject: await subjectOfStack(lab, stack.meta.name, options) }
  refuseUnseen(prepared)
  return prepared
}

/** One drill with everything at its defaults, on a stack that was brought up for it. */
export async function drillRun(
  { lab, options: given }: Acting,
  stack: Stack,
  drill: { node: string; fault: (typeof DRILL_FAULTS)[number]; baselineMs: number; seed: number },
): Promise<Measured> {
  const { node, fault, ...times } = drill
  const options = { rps: BESIDE_RPS, ...given, duration: LONGEST_DRILL, warmup: WARM_UP }
  return measureDrill(lab, await preparedDrill(lab, stack, node, options), runSettings(options), {
    ...times,
    fault,
    detector: DEFAULT_DETECTOR,
    tailMs: TAIL_MS,
    awayMs: AWAY_MS,
  })
}

/** One migration with everything at its defaults, on a stack that was brought up for it. */
export async function reshardRun(
  { lab, options: given }: Acting,
  stack: Stack,
  { to, baselineMs }: { to: number; baselineMs: number },
): Promise<Measured> {
  const options = { rps: BESIDE_RPS, ...given, duration: LONGEST_RESHARD, warmup: WARM_UP }
  const subject = await subjectOfStack(lab, stack.meta.name, options)
  const job = await reshardJob(lab, stack, shardControlOf(lab, stack), { to })
  if (job === null) throw new Error('a new migration is a job')
  refuseTooMany(stack, job)
  return measureReshard(lab, subject, runSettings(options), job, baselineMs)
}
