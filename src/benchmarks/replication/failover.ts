import type { Trial } from '../../core/trial.js'
import { dockerWorks, type Run, withCommandLine } from '../command.js'
import { atMost, equal, type Figure, info, median, percentile } from '../figure.js'

const TRIALS = 30

/** Drills on the primary at 300 requests/s: how long until a write is acknowledged again, and until the old one is back. */
export async function failoverOnProcesses(): Promise<Figure[]> {
  return withCommandLine((run) => figuresOn(run, 'process', { kill: 400, pause: 900 }))
}

/** The same on containers; nothing where Docker does not answer. */
export async function failoverOnDocker(): Promise<Figure[]> {
  return withCommandLine(async (run) =>
    (await dockerWorks(run)) ? figuresOn(run, 'docker', { kill: 1_000, pause: 1_500 }) : [],
  )
}

async function figuresOn(run: Run, engine: string, limits: { kill: number; pause: number }): Promise<Figure[]> {
  await run('up', 'repl-2', '--engine', engine)
  const figures: Figure[] = []
  for (const fault of ['kill', 'pause'] as const) {
    const trials = await drills(run, fault, TRIALS)
    const of = (value: (trial: Trial) => number | null): number[] =>
      trials.map((trial) => value(trial) ?? Number.POSITIVE_INFINITY)
    const rto = of(({ rto_ms }) => rto_ms)
    figures.push(
      atMost(`${engine}, ${fault}: RTO p95 of ${trials.length}`, percentile(rto, 95), limits[fault], 'ms'),
      info(`${engine}, ${fault}: RTO median`, median(rto), 'ms'),
      info(`${engine}, ${fault}: RTO longest`, Math.max(...rto), 'ms'),
      info(`${engine}, ${fault}: detected after, median`, median(of(({ detected_ms }) => detected_ms)), 'ms'),
      atMost(
        `${engine}, ${fault}: old primary streams again after the failover, p95`,
        percentile(
          of(({ back_after_failover_ms }) => back_after_failover_ms),
          95,
        ),
        2_000,
        'ms',
      ),
      info(`${engine}, ${fault}: lost in local mode, all trials`, total(trials, 'lost'), 'writes'),
      equal(`${engine}, ${fault}: made twice`, total(trials, 'duplicated'), 0, 'writes'),
    )
  }
  return figures
}

/** Drills on the primary of the running stack, one after another. */
export async function drills(run: Run, fault: string, trials: number, ...flags: string[]): Promise<Trial[]> {
  const text = await run('failover', 'primary', '--fault', fault, '--trials', String(trials), '--json', ...flags)
  return (JSON.parse(text) as { trials: Trial[] }).trials
}

/** How many writes all trials together have under a heading. */
export function total(trials: readonly Trial[], of: 'lost' | 'duplicated'): number {
  return trials.reduce((sum, trial) => sum + trial[of].length, 0)
}
