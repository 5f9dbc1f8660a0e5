import { errorShare } from '../../core/metrics.js'
import type { RunRecord } from '../../core/record.js'
import { drillTargetOf } from '../../core/trial.js'
import { dayAndTime, formatNumber, formatProbability, formatRatio } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import type { Column } from '../../stats/columns.js'
import type { NamedRun } from '../charts/distribution.js'
import { doubtWords } from '../doubts.js'
import { count, numberOr } from '../quantities.js'
import { shareOfLinear } from '../scaling.js'
import { loadWords, stackWords } from '../stack-words.js'
import { table } from '../table.js'

const right = (titles: readonly string[]) => titles.map((title) => ({ title, align: 'right' as const }))

/** What each run was. `sources` are links to the runs' own reports, in the same order; drills have none in common. */
export function runSection(runs: readonly Column[], sources: readonly (string | undefined)[]): string {
  return [
    '## The runs',
    table(
      ['Run', 'What ran', 'Load', 'Started', 'Doubts'].map((title) => ({ title })),
      runs.map(({ name, record, drills }, i) => [
        sources[i] === undefined ? name : `[${name}](${encodeURI(sources[i])})`,
        `${stackWords(record)}${drillWords(drills)}`,
        loadWords(record),
        dayAndTime(record.started_at),
        [...(record.status === 'complete' ? [] : [record.status]), ...doubtWords(record)].join(', ') || 'none',
      ]),
    ),
  ].join('\n\n')
}

function drillWords(drills: Column['drills']): string {
  const [first] = drills
  if (first === undefined) return ''
  return `; ${count(drills.length, 'drill')}: ${first.trial.fault} ${drillTargetOf(first.trial)}`
}

/** Rates of all runs, with their ratio to the first. */
export function rateSection(runs: readonly NamedRun[]): string {
  const first = runs[0]?.record
  const linear = runs.map(({ record }) => (first === undefined ? null : shareOfLinear(first, record)))
  const scaled = linear.some((share) => share !== null)
  return [
    '## Throughput',
    table(
      [
        { title: 'Run' },
        ...right([
          'Offered/s',
          'Achieved/s',
          'Goodput/s',
          'Ratio',
          ...(scaled ? ['Of linear'] : []),
          'Not answered well',
        ]),
      ],
      runs.map(({ name, record }, i) => [
        name,
        numberOr(record.load.offered_rps),
        formatNumber(record.load.achieved_rps),
        formatNumber(record.load.goodput_rps),
        ratio(record.load.goodput_rps, first?.load.goodput_rps ?? null),
        ...(scaled ? [share(linear[i] ?? null)] : []),
        share(errorShare(record)),
      ]),
    ),
    [
      'Ratios are those of goodput to the first run.',
      ...(scaled ? ['"Of linear" is that ratio over the ratio of instances.'] : []),
      ...(runs.some(({ record }) => record.load.offered_rps === null) ? ['A closed loop offers no rate.'] : []),
    ].join(' '),
  ].join('\n\n')
}

/** Response times of all runs, with the ratio of p99 to the first. */
export function responseSection(runs: readonly NamedRun[]): string {
  const baseline = runs[0]?.record.latency.response_ms.p99 ?? null
  return [
    '## Latency',
    table(
      [{ title: 'Response time, ms' }, ...right(['p50', 'p90', 'p95', 'p99', 'p99.9', 'max', 'Ratio of p99'])],
      runs.map(({ name, record }) => {
        const { p50, p90, p95, p99, p99_9, max } = record.latency.response_ms
        return [name, ...[p50, p90, p95, p99, p99_9, max].map(numberOr), ratio(p99, baseline)]
      }),
    ),
  ].join('\n\n')
}

/** How evenly each run's requests spread. */
export function evennessSection(runs: readonly NamedRun[]): string | null {
  const shared = runs.filter(({ record }) => record.distribution.jain_index !== null)
  if (shared.length === 0) return null
  return [
    '## Distribution',
    table(
      [{ title: 'Run' }, ...right(['Instances', 'Largest deviation', 'Chi-square', 'p', "Jain's index"])],
      shared.map(({ name, record }) => [name, ...evenness(record)]),
    ),
  ].join('\n\n')
}

function evenness({ instances, distribution }: RunRecord): string[] {
  const { max_deviation, chi_square, p_value, jain_index } = distribution
  return [
    formatNumber(instances.filter(({ weight }) => weight > 0).length),
    share(max_deviation),
    numberOr(chi_square),
    p_value === null ? '-' : formatProbability(p_value),
    jain_index === null ? '-' : jain_index.toFixed(4),
  ]
}

function ratio(value: number | null, baseline: number | null): string {
  return value === null || baseline === null || baseline === 0 ? '-' : formatRatio(value / baseline)
}

function share(value: number | null): string {
  return value === null ? '-' : formatValue(value, 'share')
}
