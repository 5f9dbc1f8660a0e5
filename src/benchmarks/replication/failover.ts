import { ExecaError, execa } from 'execa'
import { EXIT } from '../../core/errors.js'
import { DRILL_EVENTS, type Trial } from '../../core/trial.js'
import { dockerWorks, type Run, withCommandLine } from '../command.js'
import { atMost, equal, type Figure, info, median, percentile } from '../figure.js'
import { barePromotions } from './bare-promotion.js'

const TRIALS = 30
/** Bare promotions before the drills, and as many after them: the machine may have become slower meanwhile. */
const BARE = 4
/** What a recovery may cost in all over its detection and PostgreSQL's own promotion. */
const OVERHEAD = { median: 1.5, p95: 2.5 }

/** Drills on the primary at 300 requests/s: how long until a write is acknowledged again, and until the old one is back. */
export async function failoverOnProcesses(): Promise<Figure[]> {
  return withCommandLine((run, folder) => figuresOn(run, folder, 'process', { kill: 400, pause: 900 }))
}

/** The same on containers; nothing where Docker does not answer. */
export async function failoverOnDocker(): Promise<Figure[]> {
  return withCommandLine(async (run, folder) =>
    (await dockerWorks(run)) ? figuresOn(run, folder, 'docker', { kill: 1_000, pause: 1_500 }) : [],
  )
}

async function figuresOn(
  run: Run,
  folder: string,
  engine: string,
  limits: { kill: number; pause: number },
): Promise<Figure[]> {
  await run('up', 'repl-2', '--engine', engine)
  const before = await barePromotions(run, folder, BARE)
  const killed = await drills(run, 'kill', TRIALS)
  const bare = [...before, ...(await barePromotions(run, folder, BARE))]
  return [
    info(`${engine}: node -e 0, median of 9`, await nodeStartMs(), 'ms'),
    info(`${engine}: bare pg_promote() under the same load, median of ${bare.length}`, median(bare), 'ms'),
    info(`${engine}: longest`, Math.max(...bare), 'ms'),
    ...overhead(`${engine}, kill`, killed, median(bare)),
    ...recovery(`${engine}, kill`, killed, limits.kill),
    ...recovery(`${engine}, pause`, await drills(run, 'pause', TRIALS), limits.pause),
  ]
}

/** What the recovery took over what cannot be saved, and how long after the fault each step was. */
function overhead(what: string, trials: readonly Trial[], bareMs: number): Figure[] {
  const ratios = trials.map(({ rto_ms, detected_ms }) => orNever(rto_ms) / (orNever(detected_ms) + bareMs))
  const steps = DRILL_EVENTS.filter((event) => event !== 'fault').flatMap((event) => {
    const times = trials.flatMap(({ timeline }) => {
      const [fault, step] = ['fault', event].map((name) => timeline.find((one) => one.event === name)?.t_ms)
      return fault === undefined || step === undefined ? [] : [step - fault]
    })
    return times.length < trials.length ? [] : [info(`${what}: ${event}, median`, median(times), 'ms after the fault')]
  })
  return [
    atMost(
      `${what}: RTO over detection and a bare promotion, median of ${trials.length}`,
      median(ratios),
      OVERHEAD.median,
    ),
    atMost(`${what}: the same, p95`, percentile(ratios, 95), OVERHEAD.p95),
    ...steps,
  ]
}

function recovery(what: string, trials: readonly Trial[], limitMs: number): Figure[] {
  const rto = trials.map(({ rto_ms }) => orNever(rto_ms))
  const back = trials.map(({ back_after_failover_ms }) => orNever(back_after_failover_ms))
  return [
    equal(`${what}: trials carried through`, trials.length, TRIALS),
    atMost(`${what}: RTO p95 of ${trials.length}`, percentile(rto, 95), limitMs, 'ms'),
    info(`${what}: RTO median`, median(rto), 'ms'),
    info(`${what}: RTO longest`, Math.max(...rto), 'ms'),
    info(`${what}: detected after, median`, median(trials.map(({ detected_ms }) => orNever(detected_ms))), 'ms'),
    atMost(`${what}: old primary streams again after the failover, p95`, percentile(back, 95), 2_000, 'ms'),
    info(`${what}: lost in local mode, all trials`, total(trials, 'lost'), 'writes'),
    equal(`${what}: made twice`, total(trials, 'duplicated'), 0, 'writes'),
  ]
}

function orNever(ms: number | null): number {
  return ms ?? Number.POSITIVE_INFINITY
}

/** How fast this machine is: the start of a program that does nothing. */
async function nodeStartMs(): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 9; i++) {
    const begun = performance.now()
    await execa(process.execPath, ['-e', '0'])
    times.push(performance.now() - begun)
  }
  return median(times)
}

/** Drills on the primary of the running stack, one after another. */
export async function drills(run: Run, fault: string, trials: number, ...flags: string[]): Promise<Trial[]> {
  const text = await run('failover', 'primary', '--fault', fault, '--trials', String(trials), '--json', ...flags).catch(
    (error: unknown) => {
      // One that was not carried through ends the others; what it says of itself is in the figures by their number.
      if (!(error instanceof ExecaError) || error.exitCode !== EXIT.runFailed) throw error
      process.stderr.write(`  ${error.stderr}\n`)
      return String(error.stdout)
    },
  )
  return (JSON.parse(text) as { trials: Trial[] }).trials
}

/** How many writes all trials together have under a heading. */
export function total(trials: readonly Trial[], of: 'lost' | 'duplicated'): number {
  return trials.reduce((sum, trial) => sum + trial[of].length, 0)
}
