import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metric } from '../../core/metric.js'
import { findMetric } from '../../core/metrics.js'
import type { RunRecord } from '../../core/record.js'
import { doubtsOf } from '../../core/validity.js'
import { drawComparisons, type RecordedValues } from '../../stats/false-alarms.js'
import { type Run, withCommandLine } from '../command.js'
import { atLeast, atMost, type Figure, info } from '../figure.js'

const RUNS = 60
const SLOWER_RUNS = 30
const COMPARISONS = 100
const BLOCKS = 10
const MARGIN = 0.03
const LOAD = ['--engine', 'process', '--duration', '4s', '--warmup', '1s']
const METRICS = ['load.achieved_rps', 'latency.response_ms.p50', 'latency.response_ms.p95', 'latency.response_ms.p99']

/** What `compare --json` says of its runs. */
interface Compared {
  report: string
  runs: { variant: string; record: string | null }[]
  drawn: { deciding: { rate: number }; any: { rate: number } } | null
}

/**
 * How often the verdict of a comparison is wrong: false alarms among comparisons of a variant with itself, and a true
 * difference of a tenth in service time that is missed; both drawn from recorded runs.
 */
export async function verdicts(): Promise<Figure[]> {
  const [deciding, ...beside] = METRICS.flatMap((name) => findMetric(name) ?? [])
  if (deciding === undefined) throw new Error('no metric')
  const metrics: [Metric, ...Metric[]] = [deciding, ...beside]
  return withCommandLine(async (run, folder) => {
    const same = await recorded(run, ['single', '--blocks', String(RUNS)])
    const baseline = await valuesOf(folder, same, metrics)
    // Seeds of its own: runs with the same arrivals and service times would be more alike than two machines' are.
    const slower = await recorded(run, [
      'single',
      '--service-time',
      '2.2ms',
      '--blocks',
      String(SLOWER_RUNS),
      '--seed',
      '50000',
    ])
    const variant = await valuesOf(folder, slower, metrics)
    const options = { comparisons: COMPARISONS, blocks: BLOCKS, margin: MARGIN, seed: 1 }
    const alike = drawComparisons({ metrics, baseline, variant: null }, options)
    const apart = drawComparisons({ metrics, baseline, variant }, options)
    const runs = (values: RecordedValues): number => values[deciding.name]?.length ?? 0
    return [
      info('recorded runs of one variant that count', runs(baseline)),
      info('recorded runs of another, with 10 % more service time', runs(variant)),
      atMost(
        `A/A, ${COMPARISONS} comparisons of ${BLOCKS} blocks: false alarms in the deciding figure`,
        100 * alike.deciding.rate,
        8,
        '%',
      ),
      atMost('A/A: false alarms in any figure', 100 * alike.any.rate, 8, '%'),
      info('A/A: found equivalent within 3 %', (100 * alike.deciding.verdicts.equivalent) / COMPARISONS, '%'),
      atLeast(
        '10 % more service time: comparisons that find it, of ten',
        (10 * apart.deciding.verdicts.worse) / COMPARISONS,
        9,
      ),
    ]
  })
}

async function recorded(run: Run, words: readonly string[]): Promise<Compared> {
  return JSON.parse(await run('compare', '--aa', ...words, ...LOAD, '--json')) as Compared
}

/** Figures of all runs that no check voided. */
async function valuesOf(
  folder: string,
  { report, runs }: Compared,
  metrics: readonly Metric[],
): Promise<RecordedValues> {
  const records: RunRecord[] = []
  for (const { record } of runs) {
    if (record === null) continue
    const file = join(folder, report, '..', record, 'run.json')
    records.push(JSON.parse(await readFile(file, 'utf8')) as RunRecord)
  }
  const good = records.filter(({ validity }) => doubtsOf(validity).length === 0)
  return Object.fromEntries(metrics.map((metric) => [metric.name, good.map((record) => metric.read(record))]))
}
