import type { Command } from 'commander'
import { environmentError, LabError, runError, usageError } from '../../core/errors.js'
import { COURSE, RATES, SENDING } from '../../core/parameters/load.js'
import { MOVE } from '../../core/parameters/move.js'
import { flagOf } from '../../core/parameters/row.js'
import type { ReshardProgress } from '../../core/sharding.js'
import { formatNumber, parseDuration } from '../../core/units.js'
import type { Stack } from '../../engines/port.js'
import type { Subject } from '../../lab/measure/subject.js'
import { LONGEST_RESHARD, measureReshard } from '../../lab/reshard/reshard-run.js'
import { type Job, type JobDone, refuseTooMany, runJob } from '../../lab/reshard/resharding.js'
import { namedOnly, putNodesRight } from '../../lab/reshard/shard-nodes.js'
import { shardControlOf } from '../../lab/stack/databases.js'
import { theStack } from '../../lab/stack/running-stacks.js'
import { ShardAway } from '../../sharding/shard.js'
import { withLock } from '../../store/lock.js'
import type { BenchOptions } from '../bench-options.js'
import { subjectOfStack } from '../bench-subject.js'
import type { Lab } from '../lab.js'
import { addParameters, only } from '../parameter-options.js'
import { runSettings } from '../probe-options.js'
import { checkMoveFlags, type MoveFlags, reshardJob } from '../reshard-job.js'
import { addWorkloadOptions } from '../workload-options.js'

interface ReshardFlags extends BenchOptions, MoveFlags {
  /** False with --no-load. */
  load: boolean
  baseline: string
}

const NOTHING_LOST =
  'Nothing is lost: take it up with scalelab reshard --resume, or take it back with scalelab reshard --rollback.'
const DEFAULT_RPS = 300
/** Between two lines of progress where there is no dashboard, in milliseconds. */
const TELL_MS = 1_000

export function add(command: Command, lab: Lab): void {
  addParameters(command, [MOVE])
    .description(
      'Moves rows between the shards of the running stack: counts first, then copies in chunks, catches up with what clients change meanwhile, holds writes to what is moving for a moment, verifies counts and checksums, switches the map and drops the old rows. Killed half-way, it is taken up with --resume or taken back with --rollback.',
    )
    .option('--dry-run', 'only count what would move')
    .option('--resume', 'take up a migration that was left half-done')
    .option('--rollback', 'take it back: every row to where it was before')
    .option('--stack <name>', 'which running stack, when several run')
    .option('--no-load', `move without a load of our own (default: ${DEFAULT_RPS} requests/s), and without a report`)
  addParameters(command, [only(RATES, ['rps'])])
  addWorkloadOptions(command)
  addParameters(command, [only(COURSE, ['connections']), only(SENDING, ['generators', 'timeout', 'seed'])])
    .option('--baseline <time>', 'load before and after the migration', '3s')
    .option('--out <dir>', 'where reports go', 'reports')
    .option('--quiet', 'plain lines instead of the dashboard')
    .option('--json', 'the result as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      `
Examples:
  $ scalelab up shard-3
  $ scalelab reshard --to 4 --dry-run                  what would move, counted by SQL
  $ scalelab reshard --to 4                            move it under 300 requests/s
  $ scalelab reshard --to 3 --rps 500 --mix read:80,write:20
  $ scalelab reshard --scheme modulo --max-rows-per-second 2000
  $ scalelab reshard --resume                          take up what was left half-done
  $ scalelab reshard --rollback                        or take it back`,
    )
    .action((flags: ReshardFlags) => reshard(lab, flags))
}

async function reshard(lab: Lab, flags: ReshardFlags): Promise<void> {
  const baselineMs = parseDuration(flags.baseline, '--baseline')
  const stack = await theStack(await lab.allEngines(), flags.stack)
  checkMoveFlags(stack, flags)
  refuseIdleLoad(flags)
  // Nobody takes down, scales, loads or reshards a stack at the same time.
  await withLock(lab.os.stateDir, stack.meta.name, async () => {
    try {
      // A mistake in a flag of the load is told before anything is counted.
      const loaded = flags.load && flags.dryRun !== true ? await loadOf(lab, stack, flags) : null
      const job = await prepared(lab, stack, flags)
      if (job === null) return
      if (flags.dryRun === true || flags.json !== true) await showPlan(lab, job, flags)
      if (flags.dryRun === true) return
      if (loaded === null) await moveAlone(lab, stack, job, flags)
      else await moveUnderLoad(lab, loaded, job, baselineMs, flags)
    } catch (error) {
      if (!(error instanceof ShardAway)) throw error
      throw environmentError(error.message, 'See how it is: scalelab ps, scalelab logs')
    }
  })
}

/** What is to be done; null where there is nothing to be taken up. */
async function prepared(lab: Lab, stack: Stack, flags: ReshardFlags): Promise<Job | null> {
  const control = shardControlOf(lab, stack)
  if (flags.dryRun === true) return reshardJob(lab, stack, await namedOnly(control), flags)
  const tell = (_: unknown, text: string): void => void (flags.json === true || lab.remark(`${text}.`))
  const removed = await putNodesRight(stack, control, tell)
  const job = await reshardJob(lab, stack, control, flags)
  if (job !== null) {
    refuseTooMany(stack, job)
    return job
  }
  const way = flags.resume === true ? 'resume' : 'roll back'
  if (removed.length === 0) throw usageError(`no migration is under way: nothing to ${way}`)
  if (flags.json === true) lab.document({ stack: stack.meta.name, reshard: null, removed })
  else lab.print(`Nothing had moved yet, so there is nothing to ${way}: ${stack.meta.name} is as it was.`)
  return null
}

async function showPlan(lab: Lab, { plan }: Job, flags: ReshardFlags): Promise<void> {
  if (flags.json === true) {
    lab.document({ plan })
    return
  }
  const { renderReshardPlan } = await import('../../ui/reshard.js')
  const text = renderReshardPlan(plan, lab.look())
  if (flags.dryRun === true) lab.print(text)
  else lab.remark(text)
}

/** The load beside a migration. */
interface Loaded {
  subject: Subject
  options: BenchOptions
}

async function loadOf(lab: Lab, stack: Stack, flags: ReshardFlags): Promise<Loaded> {
  const { load: _load, scheme: _scheme, shardWeights: _weights, ...rest } = flags
  const options: BenchOptions = { ...rest, rps: flags.rps ?? DEFAULT_RPS, duration: LONGEST_RESHARD, warmup: 2_000 }
  return { subject: await subjectOfStack(lab, stack.meta.name, options), options }
}

/** What would change nothing is a misunderstanding. */
function refuseIdleLoad(flags: ReshardFlags): void {
  if (flags.load) return
  const idle = (['rps', 'mix', 'keys', 'keyCount', 'connections', 'generators', 'timeout'] as const).find(
    (name) => flags[name] !== undefined,
  )
  if (idle === undefined) return
  throw usageError(`${flagOf(idle)} shapes the load, and --no-load leaves it out`, 'Leave one of the two out')
}

async function moveUnderLoad(
  lab: Lab,
  { subject, options }: Loaded,
  job: Job,
  baselineMs: number,
  flags: ReshardFlags,
): Promise<void> {
  const { record, folder, report, done } = await measureReshard(lab, subject, runSettings(options), job, baselineMs)
  const { reshard } = record
  if (flags.json === true) {
    const { verdicts, writes, reads } = record
    lab.document({
      stack: nameOf(subject),
      scenario: record.scenario,
      engine: record.engine,
      reshard: reshard ?? null,
      ledger: record.load.ledger,
      writes: writes ?? null,
      reads: reads ?? null,
      verdicts,
      record: folder.path,
      report,
    })
  } else {
    const [{ runLead }, { leadText }, { reshardLines }] = await Promise.all([
      import('../../report/answer.js'),
      import('../../report/lead.js'),
      import('../../ui/reshard.js'),
    ])
    for (const line of reshardLines(record, leadText(runLead(record)), lab.look().width)) lab.print(line)
    lab.remark(`Report: ${report}`)
  }
  conclude(lab, done)
}

function nameOf({ system }: Subject): string | null {
  return system.kind === 'stack' ? system.stack.meta.name : null
}

/** The same without a load: progress as lines, the result in a few words. */
async function moveAlone(lab: Lab, stack: Stack, job: Job, flags: ReshardFlags): Promise<void> {
  const { progressLine } = await import('../../ui/reshard.js')
  let told = Number.NEGATIVE_INFINITY
  const quiet = flags.json === true
  const done = await runJob(lab, stack, job, {
    clock: () => performance.now(),
    signal: lab.os.signal,
    onProgress(progress: ReshardProgress) {
      if (quiet || (progress.phase !== 'done' && performance.now() - told < TELL_MS)) return
      told = performance.now()
      lab.remark(progressLine(progress))
    },
    onEvent: (_level, text) => {
      if (!quiet) lab.remark(text)
    },
  })
  if (quiet) lab.document({ stack: stack.meta.name, reshard: done.reshard })
  else lab.print(inWords(stack.meta.name, done))
  conclude(lab, done)
}

function inWords(name: string, { reshard, begun }: JobDone): string {
  const { outcome, plan, moved_rows, ended_ms, started_ms, after } = reshard
  const seconds = ((ended_ms - started_ms) / 1_000).toFixed(1)
  const now = outcome === 'rolled back' ? plan.from : plan.to
  if (outcome !== 'moved' && outcome !== 'rolled back') {
    const next = begun ? NOTHING_LOST : 'Nothing had moved yet.'
    return `${name}: ${outcome} after ${seconds} s, ${formatNumber(moved_rows)} rows moved. ${next}`
  }
  const keys = after.filter(({ id }) => now.shards.includes(id)).map(({ id, keys }) => `${id} ${formatNumber(keys)}`)
  const shards = `${now.shards.length} ${now.shards.length === 1 ? 'shard' : 'shards'}`
  return `${name} has ${shards} by ${now.scheme}: ${formatNumber(moved_rows)} rows moved in ${seconds} s. Users: ${keys.join(', ')}.`
}

/** @param done nothing where the run ended before the migration's turn */
function conclude(lab: Lab, done: JobDone | undefined): void {
  const outcome = done?.reshard.outcome
  if (outcome === 'moved' || outcome === 'rolled back') return
  lab.os.signal.throwIfAborted()
  const { failure = null, begun = false } = done ?? {}
  if (!begun && failure instanceof LabError) throw failure
  throw runError(
    failure?.message ?? 'the migration ended half-way',
    begun ? NOTHING_LOST : 'Nothing had moved yet: the stack is as it was',
  )
}
