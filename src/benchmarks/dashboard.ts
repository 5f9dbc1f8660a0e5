import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import type { RunRecord } from '../core/record.js'
import { BIN, withCommandLine } from './command.js'
import { below, type Figure, info, median, within } from './figure.js'

const PAIRS = 5
const SECONDS = 15
/** Service times that do not vary, so that percentiles of two runs can be told apart from noise. */
const LOAD = [
  '--engine',
  'process',
  '--rps',
  '900',
  '--distribution',
  'fixed',
  '--duration',
  `${SECONDS}s`,
  '--warmup',
  '2s',
]

interface Trial {
  /** Share of a core that the command itself took while the load ran. */
  cpu: number
  record: RunRecord
}

/** The same run with the dashboard and with plain lines, in turn, each in a terminal of 120x40. */
export async function dashboard(): Promise<Figure[]> {
  return withCommandLine(async (_run, folder) => {
    const live: Trial[] = []
    const plain: Trial[] = []
    for (let pair = 0; pair < PAIRS; pair++) {
      live.push(await trial(folder, `live-${pair}`, []))
      plain.push(await trial(folder, `plain-${pair}`, ['--quiet']))
    }
    const cpu = (trials: Trial[]): number => median(trials.map((one) => one.cpu)) * 100
    const ratio = (percentile: 'p50' | 'p90' | 'p99'): number =>
      median(
        live.map((one, i) => {
          const other = plain[i]?.record.latency.response_ms[percentile] ?? Number.NaN
          return (one.record.latency.response_ms[percentile] ?? Number.NaN) / other
        }),
      )
    return [
      below(`the dashboard at 120x40 and all else the command does, median of ${PAIRS}`, cpu(live), 5, '% of a core'),
      info('the same command with plain lines', cpu(plain), '% of a core'),
      within('p50 with the dashboard against without', ratio('p50'), 0.9, 1.1, 'x'),
      within('p90 with the dashboard against without', ratio('p90'), 0.85, 1.15, 'x'),
      within('p99 with the dashboard against without', ratio('p99'), 0.75, 1.25, 'x'),
    ]
  })
}

async function trial(folder: string, out: string, flags: string[]): Promise<Trial> {
  const { CI, NO_COLOR, ...env } = process.env
  const child = spawn(process.execPath, [BIN, 'bench', 'lb-3', ...LOAD, '--out', out, ...flags], {
    cols: 120,
    rows: 40,
    cwd: folder,
    name: 'xterm-256color',
    env: { ...env, SCALELAB_STATE: join(folder, 'state') },
  })
  let written = ''
  child.onData((text) => {
    written += text
  })
  const exit = new Promise<number>((resolve) => child.onExit(({ exitCode }) => resolve(exitCode)))
  // From well inside the run to well before its end, so that neither start nor report counts.
  await sleep(5_000)
  const before = cpuSeconds(child.pid)
  const began = performance.now()
  await sleep((SECONDS - 5) * 1_000)
  const cpu = (cpuSeconds(child.pid) - before) / ((performance.now() - began) / 1_000)
  const code = await exit
  if (code !== 0) throw new Error(`bench ended with ${code}\n${written}`)
  return { cpu, record: JSON.parse(readFileSync(join(folder, out, 'lb-3', 'latest', 'run.json'), 'utf8')) }
}

/** Processor time of one process, its children not included: fields 14 and 15 of /proc/<pid>/stat in ticks of 10 ms. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
