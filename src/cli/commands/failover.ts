import type { Command } from 'commander'
import { runError, unknownValueError, usageError } from '../../core/errors.js'
import { choice, number } from '../../core/parameters/kinds.js'
import { COURSE, RATES, SENDING } from '../../core/parameters/load.js'
import type { RunRecord } from '../../core/record.js'
import { DRILL_FAULTS } from '../../core/trial.js'
import { parseDuration } from '../../core/units.js'
import type { Stack } from '../../engines/port.js'
import { SILENT } from '../../lab/context.js'
import type { DrillSettings } from '../../lab/drill/drill.js'
import { LONGEST_DRILL, measureDrill } from '../../lab/drill/drill-run.js'
import { putStackRight } from '../../lab/drill/put-right.js'
import { writeDrills } from '../../lab/report-files.js'
import { controlOf, isSharded } from '../../lab/stack/databases.js'
import { guardLock, theStack } from '../../lab/stack/running-stacks.js'
import { Cluster } from '../../replication/cluster.js'
import { DEFAULT_DETECTOR } from '../../replication/detector.js'
import { rejoin } from '../../replication/failover.js'
import { withLock } from '../../store/lock.js'
import { preparedDrill } from '../acted-runs.js'
import type { BenchOptions } from '../bench-options.js'
import { byHand } from '../by-hand.js'
import type { Lab } from '../lab.js'
import { addParameters, only } from '../parameter-options.js'
import { runSettings } from '../probe-options.js'
import { addWorkloadOptions } from '../workload-options.js'

interface FailoverFlags extends BenchOptions {
  trials: string
  detectInterval: string
  detectMisses: string
  baseline: string
  manual?: boolean
  resume?: boolean
  reclone?: boolean
}

/** By hand, at a reader's pace; in milliseconds. */
const LONGEST_BY_HAND = 3_600_000

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'A drill on the running stack: baseline under load, the fault, its detection, for the primary the failover to a standby, everything back in place; then every write that was acknowledged is looked for. "primary" is whichever server is the primary at the moment.',
    )
    .argument('[node]', 'primary, standby-1, api-1, ...')
    .option('--stack <name>', 'which running stack, when several run')
    .option('--fault <kind>', `${DRILL_FAULTS.join(', ')} (SIGKILL, orderly end, freeze)`, 'kill')
    .option('--trials <n>', 'how many drills, one after another', '1')
  addParameters(command, [only(RATES, ['rps'])], { rps: 300 })
  addWorkloadOptions(command)
  addParameters(command, [only(COURSE, ['connections']), only(SENDING, ['timeout', 'seed'])])
    .option('--baseline <time>', 'load before the fault', '2s')
    .option(
      '--detect-interval <time>',
      'between two probes, and how long an answer may take',
      `${DEFAULT_DETECTOR.intervalMs}ms`,
    )
    .option('--detect-misses <n>', 'so many unanswered probes in a row are a failure', String(DEFAULT_DETECTOR.misses))
    .option('--manual', 'wait for a key before every step, and show what it does')
    .option('--resume', 'no drill: put the stack right, whatever state it is in')
    .option('--reclone', 'no drill: give a standby that cannot catch up a fresh copy')
    .option('--out <dir>', 'where reports go', 'reports')
    .option('--quiet', 'plain lines instead of the dashboard')
    .option('--json', 'the trials as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      `
Examples:
  $ scalelab failover standby-1                       a standby dies; does the service go on?
  $ scalelab failover primary                         the primary dies; a standby takes over
  $ scalelab failover primary --fault pause --trials 10
  $ scalelab failover primary --manual                the same by hand, step by step
  $ scalelab failover --resume                        take up what was left half-done
  $ scalelab failover standby-2 --reclone             a fresh copy for a standby that lost its place`,
    )
    .action((node: string | undefined, flags: FailoverFlags) => failover(lab, node, flags))
}

async function failover(lab: Lab, name: string | undefined, flags: FailoverFlags): Promise<void> {
  const stack = await theStack(await lab.allEngines(), flags.stack)
  if (isSharded(stack)) {
    const strikes = name === undefined || name === 'primary' ? 'shard-1' : name
    throw usageError(
      `${stack.meta.name} is a stack of shards: each is the only server of its keys, and none could take its place`,
      `What it costs to be without one for a while: scalelab bench --fault kill:${strikes}@5s+2s`,
    )
  }
  // Nobody takes down, scales, loads or drills a stack at the same time.
  await withLock(lab.os.stateDir, stack.meta.name, () =>
    // A guard would act on the same failure.
    withLock(lab.os.stateDir, guardLock(stack.meta.name), async () => {
      if (flags.resume === true) {
        return lab.document({ stack: stack.meta.name, done: await putStackRight(lab, stack, lab.os.signal) })
      }
      if (name === undefined) {
        const ids = (await stack.nodes()).flatMap(({ id, role }) => (role === 'balancer' ? [] : [id]))
        throw usageError('which node? None was named', `One of: ${[...new Set(['primary', ...ids])].join(', ')}`)
      }
      if (flags.reclone === true) return reclone(lab, stack, name)
      await drills(lab, stack, name, flags)
    }),
  )
}

async function drills(lab: Lab, stack: Stack, name: string, flags: FailoverFlags): Promise<void> {
  const trials = number('--trials', flags.trials, 1, 1_000)
  const detector = {
    intervalMs: parseDuration(flags.detectInterval, '--detect-interval'),
    misses: number('--detect-misses', flags.detectMisses, 1, 100),
  }
  if (detector.intervalMs < 10) throw usageError(`--detect-interval: ${flags.detectInterval} is shorter than 10ms`)
  const baselineMs = parseDuration(flags.baseline, '--baseline')
  const fault = choice('--fault', String(flags.fault), DRILL_FAULTS)
  const seed = flags.seed ?? 1
  const settings: DrillSettings = {
    fault,
    detector,
    baselineMs,
    tailMs: 1_000,
    awayMs: 2_000,
    seed,
    ...(flags.manual === true ? { beforeStep: byHand(lab) } : {}),
  }
  const { fault: _fault, ...load } = flags
  const options: BenchOptions = {
    ...load,
    duration: flags.manual === true ? LONGEST_BY_HAND : LONGEST_DRILL,
    warmup: 1_000,
  }
  const runs = runSettings(options)
  // A drill by hand has the screen and the keyboard to itself.
  const drilling = flags.manual === true ? { ...lab, listener: { ...lab.listener, openView: SILENT.openView } } : lab
  const records: RunRecord[] = []
  const folders: string[] = []
  for (let trial = 1; trial <= trials; trial++) {
    const prepared = await preparedDrill(lab, stack, name, options)
    if (trials > 1 && flags.json !== true) {
      lab.remark(`\ntrial ${trial} of ${trials}: ${fault} ${prepared.target.node}`)
    }
    const { record, folder, report } = await measureDrill(drilling, prepared, runs, { ...settings, seed: seed + trial })
    records.push(record)
    folders.push(folder.path)
    lab.document(documentOf(records, folders, null))
    if (flags.json !== true) await summary(lab, record, report)
    if (record.status !== 'complete') break
  }
  await conclude(lab, records, folders, flags, trials)
}

async function summary(
  lab: Lab,
  { trial, status, validity, writes, replication }: RunRecord,
  report: string,
): Promise<void> {
  if (trial !== undefined) {
    const { drillLines } = await import('../../ui/drill.js')
    const context = {
      durability: replication?.durability ?? null,
      unread: writes?.lost === null,
      whole: status === 'complete',
    }
    for (const line of drillLines(trial, context, validity, lab.look())) lab.print(line)
  }
  lab.remark(`Report: ${report}`)
}

async function conclude(
  lab: Lab,
  records: readonly RunRecord[],
  folders: readonly string[],
  flags: FailoverFlags,
  trials: number,
): Promise<void> {
  const report = trials > 1 && records.length > 0 ? await writeDrills(flags.out, records, folders) : null
  lab.document(documentOf(records, folders, report))
  if (flags.json !== true && report !== null) lab.remark(`All trials: ${report}`)
  if (records.some(({ status }) => status === 'interrupted')) lab.os.signal.throwIfAborted()
  const whole = records.filter(({ status, trial }) => status === 'complete' && trial !== undefined).length
  if (whole < records.length) {
    throw runError(
      `${whole} of ${trials} trials were carried through`,
      'See the events in the report; put the stack right with scalelab failover --resume',
    )
  }
}

function documentOf(records: readonly RunRecord[], folders: readonly string[], report: string | null): unknown {
  const [first] = records
  return {
    scenario: first?.scenario ?? null,
    engine: first?.engine ?? null,
    trials: records.flatMap(({ trial }) => (trial === undefined ? [] : [trial])),
    verdicts: records.flatMap(({ verdicts }) => verdicts),
    records: folders,
    report,
  }
}

async function reclone(lab: Lab, stack: Stack, name: string): Promise<void> {
  const control = controlOf(lab, stack)
  const members = await control.members()
  if (!members.some(({ id }) => id === name)) {
    throw unknownValueError(
      'database server',
      name,
      members.map(({ id }) => id),
    )
  }
  const cluster = new Cluster(members)
  const primary = await cluster.primary().finally(() => cluster.close())
  if (primary === null) throw cluster.noPrimary('There is nobody to copy from: scalelab failover --resume')
  if (primary.id === name) throw usageError(`${name} is the primary: there is nobody that it could be a copy of`)
  await control.kill(name)
  await rejoin(name, 'copy', null, control, lab.os.signal)
  lab.document({ stack: stack.meta.name, node: name, copied_from: primary.id })
  lab.remark(`${name} has a fresh copy and streams from ${primary.id}.`)
}
