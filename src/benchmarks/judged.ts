import type { RunRecord } from '../core/record.js'
import { doubtsOf } from '../core/validity.js'
import { type Run, withCommandLine } from './command.js'
import { equal, type Figure } from './figure.js'
import { withNginx } from './nginx.js'

const RUNS = 20
/** Beyond what one process sends, and within what nginx answers. */
const BEYOND_ONE_PROCESS = [60_000, 80_000]
/** Nearly twice what one calibrated instance can do. */
const BEYOND_THE_SYSTEM = 900
const TIMES = ['--duration', '3s', '--warmup', '1s', '--generators', '1', '--json']

/**
 * Who is named when a run does not reach its rate: the generator in every run in which it is the limit, and in none in
 * which the system is.
 */
export async function judged(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    const generator = await withNginx((origin) =>
      blamed((i) => bench(run, '--url', `${origin}/`, '--rps', String(BEYOND_ONE_PROCESS[i % 2]))),
    )
    await run('up', 'single', '--engine', 'process')
    const system = await blamed(() => bench(run, '--rps', String(BEYOND_THE_SYSTEM)))
    return [
      equal(`runs limited by the generator, of ${RUNS}: said "generator-limited"`, generator.generator, RUNS),
      equal(`runs limited by the generator, of ${RUNS}: first said "overloaded"`, generator.overloaded, 0),
      equal(`runs limited by the system, of ${RUNS}: said "generator-limited"`, system.generator, 0),
      equal(`runs limited by the system, of ${RUNS}: said "overloaded"`, system.overloaded, RUNS),
    ]
  })
}

async function bench(run: Run, ...args: string[]): Promise<RunRecord> {
  const records: unknown = JSON.parse(await run('bench', ...args, ...TIMES))
  return (Array.isArray(records) ? records[0] : records) as RunRecord
}

async function blamed(one: (i: number) => Promise<RunRecord>): Promise<{ generator: number; overloaded: number }> {
  const blame = { generator: 0, overloaded: 0 }
  for (let i = 0; i < RUNS; i++) {
    const { validity, load } = await one(i)
    const doubts = doubtsOf(validity)
    if (doubts.includes('generator-limited')) blame.generator += 1
    if (doubts[0] === 'overloaded') blame.overloaded += 1
    const measured = validity.flatMap(({ check, value }) =>
      check.startsWith('generator') || check === 'host-cpu' ? [`${check} ${value?.toFixed(2)}`] : [],
    )
    process.stderr.write(
      `  ${Math.round(load.achieved_rps)}/s: ${doubts.join(', ') || 'no doubt'} (${measured.join(', ')})\n`,
    )
  }
  return blame
}
