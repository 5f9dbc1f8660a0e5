import type { RunRecord } from '../core/record.js'
import { formatNumber, formatRatio, formatShare } from '../core/units.js'
import { type Column, columnsOf } from '../stats/columns.js'
import { type ComparedFigure, REPLICATION_FIGURES } from '../stats/compared-figures.js'
import type { Span } from './style.js'
import { type Cell, renderTable, type TextOptions } from './table.js'
import { renderRunValidity } from './validity.js'
import { displayWidth, oneLine, padStart } from './width.js'

const whole = (value: number): string => formatNumber(Math.round(value))

const RUN_FIGURES: readonly (Omit<ComparedFigure, 'read'> & { value: (record: RunRecord) => number | null })[] = [
  { name: 'offered/s', value: ({ load }) => load.offered_rps, format: whole, ratio: false },
  { name: 'achieved/s', value: ({ load }) => load.achieved_rps, format: whole, ratio: true },
  { name: 'good/s', value: ({ load }) => load.goodput_rps, format: whole, ratio: true },
  { name: 'p50 ms', value: ({ latency }) => latency.response_ms.p50, format: formatNumber, ratio: true },
  { name: 'p90 ms', value: ({ latency }) => latency.response_ms.p90, format: formatNumber, ratio: true },
  { name: 'p99 ms', value: ({ latency }) => latency.response_ms.p99, format: formatNumber, ratio: true },
  { name: 'p99.9 ms', value: ({ latency }) => latency.response_ms.p99_9, format: formatNumber, ratio: true },
  { name: 'max ms', value: ({ latency }) => latency.response_ms.max, format: formatNumber, ratio: true },
  { name: 'service p99 ms', value: ({ latency }) => latency.service_ms.p99, format: formatNumber, ratio: true },
  { name: 'errors', value: ({ load }) => failedShare(load.ledger), format: formatShare, ratio: false },
  { name: 'instances', value: ({ instances }) => instances.length || null, format: whole, ratio: false },
]

const FIGURES: readonly ComparedFigure[] = [
  ...RUN_FIGURES.map(({ value, ...figure }) => ({ ...figure, read: ({ record }: Column) => value(record) })),
  ...REPLICATION_FIGURES,
]

const RATIO_WIDTH = 7
const GAP = 2

/**
 * Runs side by side: figures as rows, runs as columns (repeated drills as one), each with its ratio to the first.
 * Columns that do not fit beside the first follow in further tables, again beside the first. What was checked about
 * each run comes below: a doubt outweighs its figures.
 */
export function renderComparisonTable(records: readonly RunRecord[], options: TextOptions): string {
  const columns = columnsOf(records).map((column) => ({ ...column, name: oneLine(column.name) }))
  const [first, ...others] = columns
  if (first === undefined) return ''
  const figures = FIGURES.filter(({ read }) => columns.some((column) => read(column) !== null))
  const figure = figureWidth(figures, columns)
  const widths = columns.map(({ name }) => Math.max(displayWidth(name), figure + RATIO_WIDTH) + GAP)
  const labels = Math.max(...figures.map(({ name }) => name.length))
  const room = options.width - labels - (widths[0] ?? 0)
  const perTable = Math.max(1, Math.floor(room / Math.max(1, ...widths.slice(1))))
  const tables: string[] = []
  for (let from = 0; from === 0 || from < others.length; from += perTable) {
    tables.push(oneTable(first, others.slice(from, from + perTable), options))
  }
  const validity = columns.map(({ name, record }) => renderRunValidity(name, record, options))
  return [...tables, ...validity].join('\n\n')
}

function oneTable(first: Column, others: readonly Column[], options: TextOptions): string {
  const shown = [first, ...others]
  const rows = FIGURES.filter(({ read }) => shown.some((column) => read(column) !== null)).map((figure): Cell[] => [
    figure.name,
    ...shown.map((column, index): Span => cell(figure, column, index === 0 ? null : first)),
  ])
  const engines: Cell[] = ['engine', ...shown.map(({ record }) => record.engine ?? '-')]
  const head = ['', ...shown.map(({ name }) => ({ title: name, align: 'right' as const }))]
  const loads: Cell[] = ['load', ...shown.map(({ record }) => loadOf(record))]
  return renderTable(head, [engines, loads, ...rows], options)
}

/** What was sent, in a word: figures of different loads are no comparison. */
function loadOf({ load }: RunRecord): string {
  return load.mode === 'closed' ? `max, ${load.connections} conn.` : `${whole(load.offered_rps ?? 0)}/s`
}

function cell({ read, format, ratio }: ComparedFigure, column: Column, first: Column | null): Span {
  const value = read(column)
  const reference = first === null ? null : read(first)
  const text = value === null ? '-' : format(value)
  if (!ratio || value === null || reference === null || reference === 0) return [text]
  return [`${text}${padStart(formatRatio(value / reference), RATIO_WIDTH)}`]
}

function figureWidth(figures: readonly ComparedFigure[], columns: readonly Column[]): number {
  const widths = figures.flatMap(({ read, format }) =>
    columns.map((column) => {
      const value = read(column)
      return value === null ? 1 : format(value).length
    }),
  )
  return Math.max(...widths)
}

/** Refused and lost requests of those due. */
function failedShare({ due, http_error, lost }: RunRecord['load']['ledger']): number | null {
  return due === 0 ? null : (http_error + lost) / due
}
