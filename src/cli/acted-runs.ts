import type { DRILL_FAULTS } from '../core/trial.js'
import type { Stack } from '../engines/port.js'
import { DEFAULT_DETECTOR } from '../replication/detector.js'
import type { BenchOptions } from './bench-options.js'
import { subjectOfStack } from './bench-subject.js'
import { shardControlOf } from './databases.js'
import { drillFault } from './drill.js'
import { LONGEST_DRILL, measureDrill, preparedDrill } from './drill-run.js'
import type { Lab } from './lab.js'
import type { measure } from './measure.js'
import { reshardJob } from './reshard-job.js'
import { LONGEST_RESHARD, measureReshard } from './reshard-run.js'
import { refuseTooMany } from './resharding.js'

/** Load beside a drill or a migration, requests per second: as `failover` and `reshard` do unless told. */
const BESIDE_RPS = '300'
const WARM_UP = '1s'
/** Of a drill after the fault: no load is needed to see it through. */
const TAIL_MS = 1_000
const AWAY_MS = 2_000

type Measured = Pick<Awaited<ReturnType<typeof measure>>, 'record' | 'folder'>

interface Acting {
  lab: Lab
  options: BenchOptions
}

/** One drill with everything at its defaults, on a stack that was brought up for it. */
export async function drillRun(
  { lab, options: given }: Acting,
  stack: Stack,
  drill: { node: string; fault: (typeof DRILL_FAULTS)[number]; baselineMs: number; seed: number },
): Promise<Measured> {
  const { node, fault, ...times } = drill
  const options = { rps: BESIDE_RPS, ...given, duration: LONGEST_DRILL, warmup: WARM_UP }
  return measureDrill(lab, await preparedDrill(lab, stack, node, options), options, {
    ...times,
    fault: drillFault(fault),
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
  const job = await reshardJob(lab, stack, shardControlOf(lab, stack), { to: String(to) })
  if (job === null) throw new Error('a new migration is a job')
  refuseTooMany(stack, job)
  return measureReshard(lab, subject, options, job, baselineMs)
}
