import type { Command } from 'commander'
import { runError, unknownValueError, usageError } from '../../core/errors.js'
import type { RunRecord } from '../../core/record.js'
import { DRILL_FAULTS } from '../../core/trial.js'
import { parseDuration } from '../../core/units.js'
import type { Stack } from '../../engines/port.js'
import { Cluster } from '../../replication/cluster.js'
import { DEFAULT_DETECTOR } from '../../replication/detector.js'
import { rejoin } from '../../replication/failover.js'
import { heal } from '../../replication/heal.js'
import { withLock } from '../../store/lock.js'
import type { BenchOptions } from '../bench-options.js'
import { subjectOfStack } from '../bench-subject.js'
import { byHand } from '../by-hand.js'
import { controlOf, isSharded } from '../databases.js'
import { type DrillSettings, drillFault, drillOn } from '../drill.js'
import { drillTarget } from '../drill-target.js'
import type { Lab } from '../lab.js'
import { measure } from '../measure.js'
import { choice, number } from '../option-values.js'
import { writeDrills, writeRunReport } from '../report-files.js'
import { theStack } from '../running-stacks.js'
import { addWorkloadOptions } from '../workload-options.js'
import { guardLock } from './guard.js'

interface FailoverFlags extends BenchOptions {
  trials: string
  detectInterval: string
  detectMisses: string
  baseline: string
  manual?: boolean
  resume?: boolean
  reclone?: boolean
}

/** Longest a drill's load lasts, as a duration: it ends with the drill. */
const LONGEST = '2m'
/** What a drill should take after its baseline, for the bar that shows how far it is. */
const EXPECTED_MS = 5_000
/** By hand, at a reader's pace. */
const LONGEST_BY_HAND = '1h'
/** What a command that was interrupted may take to put the stack right, in milliseconds. */
const PUT_RIGHT_MS = 30_000

export function addFailover(program: Command, lab: Lab): void {
  const command = program
    .command('failover')
    .summary('strike a node under load, and see what it costs')
    .description(
      'A drill on the running stack: baseline under load, the fault, its detection, for the primary the failover to a standby, everything back in place; then every write that was acknowledged is looked for. "primary" is whichever server is the primary at the moment.',
    )
    .argument('[node]', 'primary, standby-1, api-1, ...')
    .option('--stack <name>', 'which running stack, when several run')
    .option('--fault <kind>', `${DRILL_FAULTS.join(', ')} (SIGKILL, orderly end, freeze)`, 'kill')
    .option('--trials <n>', 'how many drills, one after another', '1')
    .option('--rps <rate>', 'the load beside it, requests per second', '300')
  addWorkloadOptions(command)
    .option('--connections <n>', 'TCP connections of the load')
    .option('--timeout <time>', 'a request without an answer for this long is lost (default: 10s)')
    .option('--seed <n>', 'seed of the load and of the moments of the faults (default: 1)')
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
      if (flags.resume === true) return putRight(lab, stack, lab.os.signal)
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
  const fault = drillFault(choice('--fault', String(flags.fault), DRILL_FAULTS))
  const seed = number('--seed', flags.seed ?? '1', 0, 2 ** 31 - 1)
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
    duration: flags.manual === true ? LONGEST_BY_HAND : LONGEST,
    warmup: '1s',
  }
  const records: RunRecord[] = []
  const folders: string[] = []
  for (let trial = 1; trial <= trials; trial++) {
    const target = await drillTarget(lab, stack, name)
    const subject = await subjectOfStack(lab, stack.meta.name, options)
    const mix = subject.load.workload?.mix ?? []
    if (target.role === 'primary' && !mix.some(({ kind }) => kind === 'write' || kind === 'order')) {
      throw usageError(
        'a drill of the primary needs writes: its recovery time ends with the first that is acknowledged',
        'As in --mix read:80,write:20',
      )
    }
    if (trials > 1 && flags.json !== true) lab.remark(`\ntrial ${trial} of ${trials}: ${fault.name} ${target.node}`)
    let diverged: string | null = null
    const { record, folder } = await measure({
      lab,
      subject,
      objectives: [],
      faults: [],
      options,
      beside: {
        expectedMs: baselineMs + EXPECTED_MS,
        settings: { detector: { interval_ms: detector.intervalMs, misses: detector.misses } },
        act: async (stage, running) => {
          // By hand nothing else is on the screen.
          const told =
            flags.manual === true ? { ...stage, onEvent: (_: unknown, text: string) => lab.remark(`  ${text}`) } : stage
          const acted = await drillOn(lab, running, target, { ...settings, seed: seed + trial }, told)
          diverged = acted.diverged
          if (acted.failure !== null) await afterFailure(lab, running, acted.failure)
          return { kind: 'drill', ...acted }
        },
      },
    })
    records.push(record)
    folders.push(folder.path)
    if (diverged !== null) await folder.writeFile('diverged.ndjson', diverged)
    const report = await writeRunReport(folder, record)
    if (flags.json !== true) await summary(lab, record, report)
    if (record.status !== 'complete') break
  }
  await conclude(lab, records, folders, flags, trials)
}

/** A drill that stopped half-way, by Ctrl-C or by a failure: the stack is put right as far as that goes. */
async function afterFailure(lab: Lab, stack: Stack, failure: Error): Promise<void> {
  lab.remark(
    lab.os.signal.aborted ? 'Interrupted; putting the stack right first.' : `The drill failed: ${failure.message}`,
  )
  try {
    await putRight(lab, stack, AbortSignal.timeout(PUT_RIGHT_MS))
  } catch (error) {
    lab.remark(`That did not work: ${error instanceof Error ? error.message : error}. Try: scalelab failover --resume`)
  }
}

async function summary(lab: Lab, { trial, status, validity }: RunRecord, report: string): Promise<void> {
  if (trial !== undefined) {
    const { drillLines } = await import('../../ui/drill.js')
    for (const line of drillLines(trial, status === 'complete', validity, lab.look())) lab.print(line)
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
  const done = records.flatMap(({ trial }) => (trial === undefined ? [] : [trial]))
  if (flags.json === true) {
    const [first] = records
    lab.printJson({
      scenario: first?.scenario ?? null,
      engine: first?.engine ?? null,
      trials: done,
      verdicts: records.flatMap(({ verdicts }) => verdicts),
      records: folders,
      report,
    })
  } else if (report !== null) lab.remark(`All trials: ${report}`)
  lab.os.signal.throwIfAborted()
  const whole = records.filter(({ status, trial }) => status === 'complete' && trial !== undefined).length
  if (whole < records.length) {
    throw runError(
      `${whole} of ${trials} trials were carried through`,
      'See the events in the report; put the stack right with scalelab failover --resume',
    )
  }
}

async function putRight(lab: Lab, stack: Stack, signal: AbortSignal): Promise<void> {
  const control = controlOf(lab, stack)
  if ((await control.members()).length === 0) {
    throw usageError(`${stack.meta.name} has no databases that could fail over`)
  }
  const done = await heal({
    control,
    signal,
    onEvent: (event, node, detail) => lab.remark(`${event}: ${[node, detail].filter(Boolean).join(', ')}`),
  })
  // After the databases: an instance that starts is ready when it knows a primary with all its standbys.
  for (const { id, role, state } of await stack.nodes()) {
    if (role === 'database' || state === 'running' || state === 'starting') continue
    if (state === 'paused') await stack.resume(id)
    else await stack.restart(id)
    done.push(`${id} runs again`)
  }
  for (const text of done) lab.remark(`${text}.`)
  lab.remark(done.length === 0 ? `${stack.meta.name} is as it should be.` : `${stack.meta.name} is right again.`)
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
  if (primary === null) throw usageError('there is no primary to copy from', 'scalelab failover --resume')
  if (primary.id === name) throw usageError(`${name} is the primary: there is nobody that it could be a copy of`)
  await control.kill(name)
  await rejoin(name, 'copy', null, control, lab.os.signal)
  lab.remark(`${name} has a fresh copy and streams from ${primary.id}.`)
}
