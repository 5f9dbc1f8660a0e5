import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { formatNumber } from '../core/units.js'
import { atMost, type Figure, info, median } from './figure.js'
import { generate } from './generate.js'
import { withNginx } from './nginx.js'
import { processorTimeOf } from './processor-time.js'

const RATES = [10_000, 20_000]
const CONNECTIONS = 100
const ROUNDS = 5
const OURS_MS = 6_000
/** wrk2 calibrates itself for ten seconds, and counts from then on: all of them do. */
const WARM_UP_MS = 10_000
const WRK2_SECONDS = 16
const PERCENTILES = ['p50', 'p90', 'p99'] as const

type Measured = Record<(typeof PERCENTILES)[number], number> & { cpuUs: number }

/**
 * Percentiles and processor time per request beside those of wrk2 (Gil Tene's, built elsewhere; its path in WRK2), in turns
 * against the same nginx: p50, p90 and p99 at most 20 % or 1 ms above its, medians of five rounds. (wrk2 looks at its
 * schedule about every millisecond or two, which is in its figures: to be below it is no fault.)
 */
export async function peers(): Promise<Figure[]> {
  const wrk2 = process.env.WRK2
  if (wrk2 === undefined) {
    process.stderr.write('  left out: WRK2=<path of wrk2> names the peer\n')
    return []
  }
  return withNginx(async (origin) => {
    const figures: Figure[] = []
    for (const rps of RATES) {
      const [ours, theirs, bare]: [Measured[], Measured[], Measured[]] = [[], [], []]
      for (let round = 0; round < ROUNDS; round++) {
        theirs.push(await wrk2At(wrk2, origin, rps))
        ours.push(await oursAt(origin, rps))
        bare.push(await bareAt(origin, rps))
      }
      for (const p of PERCENTILES) {
        const peer = median(theirs.map((run) => run[p]))
        const name = `${formatNumber(rps)}/s: ${p}, median of ${ROUNDS} (wrk2 ${formatNumber(peer)} ms)`
        const least = `${formatNumber(rps)}/s: ${p} of a bare client in Node, median of ${ROUNDS}`
        figures.push(info(least, median(bare.map((run) => run[p])), 'ms'))
        figures.push(atMost(name, median(ours.map((run) => run[p])), rounded(Math.max(1.2 * peer, peer + 1)), 'ms'))
      }
      const cost = median(ours.map(({ cpuUs }) => cpuUs))
      const theirCost = median(theirs.map(({ cpuUs }) => cpuUs))
      figures.push(
        info(`${formatNumber(rps)}/s: CPU per request, median of ${ROUNDS}`, cost, 'us'),
        info(`${formatNumber(rps)}/s: the same of a bare client in Node`, median(bare.map(({ cpuUs }) => cpuUs)), 'us'),
        atMost(
          `${formatNumber(rps)}/s: CPU per request over wrk2's ${formatNumber(theirCost)} us`,
          cost / theirCost,
          1.25,
          'x',
        ),
      )
    }
    return figures
  })
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}

async function oursAt(origin: string, rps: number): Promise<Measured> {
  const { result, response } = await generate(origin, {
    rps,
    durationMs: OURS_MS,
    warmupMs: WARM_UP_MS,
    connections: CONNECTIONS,
  })
  const { cpu } = result.generator
  return {
    p50: response.p50 ?? Number.NaN,
    p90: response.p90 ?? Number.NaN,
    p99: response.p99 ?? Number.NaN,
    cpuUs: (cpu * 1e6) / result.achievedRps,
  }
}

/** What Node itself costs: bare-client.ts. */
async function bareAt(origin: string, rps: number): Promise<Measured> {
  const program = fileURLToPath(new URL('bare-client.js', import.meta.url))
  const args = [program, new URL(origin).port, String(rps), String(CONNECTIONS)]
  return JSON.parse((await execa(process.execPath, args)).stdout)
}

async function wrk2At(wrk2: string, origin: string, rps: number): Promise<Measured> {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${WRK2_SECONDS}s`, `-R${rps}`, '-L', `${origin}/`]
  const { stdout, seconds } = await processorTimeOf(wrk2, args)
  const at = (percent: string): number =>
    milliseconds(new RegExp(`^ *${percent}0*% +([0-9.]+)(us|ms|s|m)`, 'm').exec(stdout))
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1])
  return { p50: at('50\\.'), p90: at('90\\.'), p99: at('99\\.'), cpuUs: (seconds * 1e6) / requests }
}

const MS = { us: 0.001, ms: 1, s: 1_000, m: 60_000 }

function milliseconds(match: RegExpExecArray | null): number {
  return match === null ? Number.NaN : Number(match[1]) * MS[match[2] as keyof typeof MS]
}
