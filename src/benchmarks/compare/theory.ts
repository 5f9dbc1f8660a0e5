import type { RunRecord } from '../../core/record.js'
import { mm1, mmc } from '../../stats/queueing/mmc.js'
import { type Run, withCommandLine } from '../command.js'
import { type Figure, info, within } from '../figure.js'

/** Mean service time of the calibrated model, and what one instance of it can do a second. */
const SERVICE_MS = 2
const CAPACITY = 1_000 / SERVICE_MS
const INSTANCES = 3
/** Longer and more often where the queue is longer: its mean wanders the more, and the slower. */
const LOADS = [
  { utilisation: 0.5, runs: 3, duration: '15s' },
  { utilisation: 0.8, runs: 5, duration: '30s' },
]

/**
 * The calibrated model under Poisson arrivals against queueing theory: one instance is M/M/1 beside what a request costs
 * without the model; three behind least_conn lie between one shared queue (M/M/3) and three that know nothing of each other.
 */
export async function theory(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    const figures: Figure[] = []
    for (const { utilisation, runs, duration } of LOADS) {
      const load = `${utilisation * 100} % load`
      const one = await measured(run, ['single'], utilisation * CAPACITY, runs, duration)
      const floor = await measured(run, ['single', '--work', 'none'], utilisation * CAPACITY, 1, '8s')
      const predicted = mm1(one.rate / CAPACITY, SERVICE_MS).mean + floor.mean
      figures.push(
        info(`single, ${load}: floor (the same without work)`, floor.mean, 'ms'),
        info(`single, ${load}: M/M/1 plus floor`, predicted, 'ms'),
        within(`single, ${load}: mean response over M/M/1 plus floor`, one.mean / predicted, 0.9, 1.1, 'x'),
      )
      const rate = INSTANCES * utilisation * CAPACITY
      const three = await measured(run, ['lb-3', '--strategy', 'least-conn'], rate, Math.ceil(runs / 2), duration)
      const behind = await measured(run, ['lb-3', '--work', 'none'], rate, 1, '8s')
      const rho = three.rate / (INSTANCES * CAPACITY)
      const low = mmc(INSTANCES, rho, SERVICE_MS).mean + behind.mean
      const high = mm1(rho, SERVICE_MS).mean + behind.mean
      figures.push(
        within(
          `lb-3, least-conn, ${load}: mean response between M/M/3 and three M/M/1, plus floor`,
          three.mean,
          round(low),
          round(high),
          'ms',
        ),
      )
    }
    return figures
  })
}

const round = (value: number): number => Math.round(value * 100) / 100

/** Mean response time over several runs, each weighed by its answers, and the rate that really arrived. */
async function measured(
  run: Run,
  words: readonly string[],
  rps: number,
  runs: number,
  duration: string,
): Promise<{ mean: number; rate: number }> {
  let answers = 0
  let time = 0
  let due = 0
  let length = 0
  for (let i = 1; i <= runs; i++) {
    const load = [
      '--rps',
      String(rps),
      '--arrival',
      'poisson',
      '--connections',
      '300',
      '--duration',
      duration,
      '--warmup',
      '2s',
    ]
    const text = await run('bench', ...words, '--engine', 'process', ...load, '--seed', String(i * 101), '--json')
    const record = JSON.parse(text) as RunRecord
    const doubts = record.validity.filter(({ ok }) => !ok).map(({ check }) => check)
    if (doubts.length > 0) process.stderr.write(`  ${words.join(' ')} at ${rps}/s: ${doubts.join(', ')}\n`)
    const { count, mean } = record.latency.response_ms
    answers += count
    time += count * (mean ?? 0)
    due += record.load.ledger.due
    length += record.load.measured_ms
  }
  return { mean: time / answers, rate: (due * 1_000) / length }
}
