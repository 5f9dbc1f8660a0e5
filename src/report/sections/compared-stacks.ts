import { databaseParametersOf, shardingParametersOf } from '../../core/record-parameters.js'
import { formatNumber, formatRatio } from '../../core/units.js'
import type { Column } from '../../stats/columns.js'
import { type ComparedFigure, REPLICATION_FIGURES, SHARD_FIGURES } from '../../stats/compared-figures.js'
import { table } from '../table.js'

/** What is wanted beside replication, so that one table answers: a mode that loses nothing has its price here. */
const LOAD_FIGURES: readonly ComparedFigure[] = [
  { name: 'offered/s', format: formatNumber, ratio: false, read: ({ record }) => record.load.offered_rps },
  { name: 'goodput/s', format: formatNumber, ratio: true, read: ({ record }) => record.load.goodput_rps },
  { name: 'p50 ms', format: formatNumber, ratio: true, read: ({ record }) => record.latency.response_ms.p50 },
  { name: 'p99 ms', format: formatNumber, ratio: true, read: ({ record }) => record.latency.response_ms.p99 },
]

/** Throughput, latency, lag, staleness, losses and recovery of stacks with databases, side by side; null for others. */
export function replicatedSection(columns: readonly Column[]): string | null {
  const shown = columns.filter(({ runs: [first] }) => databaseParametersOf(first) !== null)
  return section(
    'Replicated stacks',
    shown,
    [...LOAD_FIGURES, ...REPLICATION_FIGURES],
    [
      'Lag is that of the heartbeat: the mean over all readings, and the p99 of the slowest standby.',
      ...drillWords(shown),
    ],
  )
}

/** Throughput, latency and spread of stacks of shards, and what moving rows cost, side by side; null for others. */
export function shardedSection(columns: readonly Column[]): string | null {
  const shown = columns.filter(({ runs: [first] }) => shardingParametersOf(first) !== null)
  const moving = shown.some(({ runs }) => runs.some(({ reshard }) => reshard !== undefined))
  return section(
    'Stacks of shards',
    shown,
    [...LOAD_FIGURES, ...SHARD_FIGURES, ...REPLICATION_FIGURES],
    [
      ...(moving
        ? [
            'Held is how long writes waited to what was moving, over the batches; failed requests are those of the whole run.',
          ]
        : []),
      ...drillWords(shown),
    ],
  )
}

function section(
  title: string,
  shown: readonly Column[],
  all: readonly ComparedFigure[],
  notes: readonly string[],
): string | null {
  const [first] = shown
  if (first === undefined) return null
  const figures = all.filter(({ read }) => shown.some((column) => read(column) !== null))
  return [
    `## ${title}`,
    table(
      [{ title: '' }, ...shown.map(({ name }) => ({ title: name, align: 'right' as const }))],
      figures.map((figure) => [figure.name, ...shown.map((column) => cell(figure, column, first))]),
    ),
    [`In brackets: the ratio to ${first.name}.`, ...notes].join(' '),
  ].join('\n\n')
}

function drillWords(shown: readonly Column[]): string[] {
  if (!shown.some(({ drills }) => drills.length > 0)) return []
  return [
    'Times of drills are medians over the trials, counted from the fault; writes are summed over them.',
    ...(shown.some(({ runs: [run], drills }) => drills.length > 0 && run.trial === undefined)
      ? ['Where a run and drills on the same stack share a column, rates, latencies and lags are those of the run.']
      : []),
  ]
}

function cell({ read, format, ratio }: ComparedFigure, column: Column, first: Column): string {
  const [value, reference] = [read(column), read(first)]
  if (value === null) return '-'
  if (!ratio || column === first || reference === null || reference === 0) return format(value)
  return `${format(value)} (${formatRatio(value / reference)})`
}
