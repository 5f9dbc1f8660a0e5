import type { RunRecord } from '../core/record.js'
import { formatNumber, formatRatio, formatShare } from '../core/units.js'
import { paint, type Span } from './style.js'
import { type Cell, renderTable, type TextOptions } from './table.js'
import { renderDoubts } from './verdicts.js'
import { displayWidth, oneLine, padStart } from './width.js'

interface Metric {
  name: string
  value: (record: RunRecord) => number | null
  format: (value: number) => string
  /** Whether a ratio to the first run says something. */
  ratio: boolean
}

const whole = (value: number): string => formatNumber(Math.round(value))

const METRICS: readonly Metric[] = [
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

const RATIO_WIDTH = 7
const GAP = 2

/**
 * Runs side by side: metrics as rows, runs as columns, each with its ratio to the first. Runs that do not fit beside the
 * first follow in further tables, again beside the first. Doubts about a run come below: they outweigh its figures.
 */
export function renderComparisonTable(records: readonly RunRecord[], options: TextOptions): string {
  const [first, ...others] = records
  if (first === undefined) return ''
  const names = uniqueNames(records)
  const columns = names.map((name) => Math.max(displayWidth(name), figureWidth(records) + RATIO_WIDTH) + GAP)
  const labels = Math.max(...METRICS.map(({ name }) => name.length))
  const room = options.width - labels - (columns[0] ?? 0)
  const perTable = Math.max(1, Math.floor(room / Math.max(1, ...columns.slice(1))))
  const tables: string[] = []
  for (let from = 0; from === 0 || from < others.length; from += perTable) {
    tables.push(
      oneTable(first, others.slice(from, from + perTable), [names[0] ?? '', ...names.slice(1 + from)], options),
    )
  }
  const doubts = records.flatMap((record, index) => {
    const text = renderDoubts(record.validity, options)
    return text === '' ? [] : [`${paint(names[index] ?? '', 'strong', options.colour)}: cannot be relied on\n${text}`]
  })
  return [...tables, ...doubts].join('\n\n')
}

function oneTable(
  first: RunRecord,
  others: readonly RunRecord[],
  names: readonly string[],
  options: TextOptions,
): string {
  const shown = [first, ...others]
  const rows = METRICS.filter(({ value }) => shown.some((record) => value(record) !== null)).map((metric): Cell[] => [
    metric.name,
    ...shown.map((record, index): Span => cell(metric, record, index === 0 ? null : first)),
  ])
  const engines: Cell[] = ['engine', ...shown.map(({ engine }) => engine ?? '-')]
  const head = ['', ...names.slice(0, shown.length).map((title) => ({ title, align: 'right' as const }))]
  const loads: Cell[] = ['load', ...shown.map(loadOf)]
  return renderTable(head, [engines, loads, ...rows], options)
}

/** What was sent, in a word: figures of different loads are no comparison. */
function loadOf({ load }: RunRecord): string {
  return load.mode === 'closed' ? `max, ${load.connections} conn.` : `${whole(load.offered_rps ?? 0)}/s`
}

function cell(metric: Metric, record: RunRecord, first: RunRecord | null): Span {
  const value = metric.value(record)
  const reference = first === null ? null : metric.value(first)
  const text = value === null ? '-' : metric.format(value)
  if (!metric.ratio || value === null || reference === null || reference === 0) return [text]
  return [`${text}${padStart(formatRatio(value / reference), RATIO_WIDTH)}`]
}

function figureWidth(records: readonly RunRecord[]): number {
  const widths = METRICS.flatMap(({ value, format }) =>
    records.map((record) => {
      const figure = value(record)
      return figure === null ? 1 : format(figure).length
    }),
  )
  return Math.max(...widths)
}

/** Refused and lost requests of those due. */
function failedShare({ due, http_error, lost }: RunRecord['load']['ledger']): number | null {
  return due === 0 ? null : (http_error + lost) / due
}

/** The scenarios' names, numbered where two runs share one. */
function uniqueNames(records: readonly RunRecord[]): string[] {
  const names = records.map(({ scenario }) => oneLine(scenario))
  return names.map((name, index) => {
    const same = names.filter((other) => other === name).length
    return same === 1 ? name : `${name} #${names.slice(0, index + 1).filter((other) => other === name).length}`
  })
}
