import type { TickRow } from '../../core/record.js'
import type { Snapshot } from '../../core/snapshot.js'
import { drawColumns, timeColumns } from '../chart.js'
import { count, milliseconds } from '../figures.js'
import type { Glyphs, Line, Span, Tone } from '../style.js'

/** Cells of a row's name with the margin before it; the panels below keep to the same column. */
export const LABEL_WIDTH = 10
const VALUE_WIDTH = 11

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const largest = (values: readonly number[]): number => Math.max(...values)

interface ChartRow {
  name: string
  value: string
  /** Shown under the value where the chart is higher than a line. */
  peak: (top: string) => string
  pick: (tick: TickRow) => number | null
  combine: (values: readonly number[]) => number
  top: number
  tone: Tone
}

/** The rate that the load asks for. */
export function offeredLine(snapshot: Snapshot): Line {
  const value: Span =
    snapshot.offered_rps === null
      ? ['  as fast as the answers come (closed loop)', 'dim']
      : [`${count(snapshot.offered_rps)}/s`.padStart(VALUE_WIDTH)]
  return [[label('offered'), 'dim'], value]
}

/** Answers per second over time. The scale takes in the offered rate, so that what is missing shows. */
export function achievedLines(snapshot: Snapshot, width: number, height: number, glyphs: Glyphs): Line[] {
  const { history } = snapshot
  return chart(snapshot, width, height, glyphs, {
    name: 'achieved',
    value: `${count(snapshot.achieved_rps)}/s`,
    peak: (top) => `top ${top}/s`,
    pick: (tick) => tick.achieved_rps,
    combine: mean,
    top: largest([1, snapshot.offered_rps ?? 0, ...history.map((tick) => tick.achieved_rps)]),
    tone: 'data',
  })
}

/** The 99th percentile of each tick's response times over time. */
export function p99Lines(snapshot: Snapshot, width: number, height: number, glyphs: Glyphs): Line[] {
  const { history } = snapshot
  const last = history.at(-1)?.p99_ms ?? null
  return chart(snapshot, width, height, glyphs, {
    name: 'p99 now',
    value: `${milliseconds(last)} ms`,
    peak: (top) => `top ${top} ms`,
    pick: (tick) => tick.p99_ms,
    combine: largest,
    top: largest([0, ...history.map((tick) => tick.p99_ms ?? 0)]),
    tone: 'contrast',
  })
}

/** Refused and lost requests per second over time. */
export function errorLines(snapshot: Snapshot, width: number, glyphs: Glyphs): Line[] {
  const { history } = snapshot
  const rate = history.at(-1)?.errors_per_s ?? 0
  return chart(snapshot, width, 1, glyphs, {
    name: 'errors',
    value: `${count(rate)}/s`,
    peak: () => '',
    pick: (tick) => tick.errors_per_s,
    combine: largest,
    top: largest([1, ...history.map((tick) => tick.errors_per_s)]),
    tone: 'warn',
  })
}

function chart(snapshot: Snapshot, width: number, height: number, glyphs: Glyphs, row: ChartRow): Line[] {
  const columns = Math.max(0, width - LABEL_WIDTH - VALUE_WIDTH - 3)
  const values = timeColumns(snapshot.history, row.pick, columns, snapshot.total_ms, row.combine)
  return drawColumns(values, row.top, height, glyphs).map((drawn, index): Line => {
    const [name, value]: readonly [string, string] =
      index === 0 ? [row.name, row.value] : index === 1 ? ['', row.peak(count(row.top))] : ['', '']
    const past = drawn.trimEnd().replace(new RegExp(`[${glyphs.future} ]+$`), '')
    return [
      [label(name), 'dim'],
      [`${value.padStart(VALUE_WIDTH)}  `, index === 0 ? 'plain' : 'dim'],
      [past, row.tone],
      [drawn.slice(past.length), 'dim'],
    ]
  })
}

/** The name of a row, with the margin. */
export function label(name: string): string {
  return ` ${name.padEnd(LABEL_WIDTH - 1)}`
}
