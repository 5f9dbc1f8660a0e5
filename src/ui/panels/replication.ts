import type { DatabaseRow, Snapshot } from '../../core/snapshot.js'
import { drawColumns } from '../chart.js'
import { bytes, count, milliseconds } from '../figures.js'
import type { Glyphs, Line, Span } from '../style.js'
import { displayWidth, oneLine } from '../width.js'
import { fitColumns, type PanelColumn, tableLines } from './columns.js'

/** A scale below this would draw noise as mountains, in milliseconds. */
const LEAST_TOP_MS = 10
/** Cells of the sparkline where there is little room, and how many more it may take: one for each lag there is. */
const SPARK = { least: 10, more: 50 }

/** A line of column titles and a line per database server: its role and, of a standby, how far it lags behind. */
export function replicationLines(snapshot: Snapshot, width: number, most: number, glyphs: Glyphs): Line[] {
  const { databases } = snapshot
  if (databases === null || databases.length === 0) return []
  return tableLines(databases, fitColumns(allColumns(databases, width, glyphs), width), most, moreLine)
}

/** Lines that all servers take, the titles' line among them. */
export function replicationHeight({ databases }: Snapshot): number {
  return databases === null || databases.length === 0 ? 0 : databases.length + 1
}

/** The servers out of sight in one line, with what must not be missed about them. */
function moreLine(hidden: readonly DatabaseRow[]): Line {
  const down = hidden.filter(({ state }) => state === 'down')
  const lags = hidden.flatMap(({ heartbeat_ms }) => heartbeat_ms ?? [])
  return [
    [` +${hidden.length} more`],
    ...(lags.length > 0 ? [[`, lag up to ${milliseconds(Math.max(...lags))} ms`, 'dim'] as const] : []),
    ...(down.length > 0 ? [[`, ${down.map(({ id }) => oneLine(id)).join(' ')} down`, 'bad'] as const] : []),
  ]
}

function allColumns(databases: readonly DatabaseRow[], width: number, glyphs: Glyphs): PanelColumn<DatabaseRow>[] {
  const longest = Math.max(...databases.map(({ id }) => displayWidth(oneLine(id))))
  const id = Math.min(Math.max(8, longest), width >= 100 ? 24 : 12)
  // One scale for all, so that the slower standby looks slower.
  const top = Math.max(LEAST_TOP_MS, ...databases.flatMap(({ history }) => history.map((lag) => lag ?? 0)))
  const newest = Math.max(0, ...databases.map(({ timeline }) => timeline ?? 0))
  const standby = (row: DatabaseRow, span: (row: DatabaseRow) => Span): Span =>
    row.state === 'standby' ? span(row) : ['']
  return [
    { title: ' database', width: id + 2, worth: 10, text: true, cell: (row) => [` ${oneLine(row.id)}`] },
    { title: 'replication', width: 17, worth: 9, text: true, cell: (row) => stateSpan(row, newest) },
    // Every server begins on timeline 1: the number tells something only after a promotion.
    ...(newest > 1
      ? [
          {
            title: 'TL',
            width: 3,
            worth: 3,
            cell: ({ timeline }: DatabaseRow): Span => (timeline === null ? ['-', 'dim'] : [String(timeline)]),
          },
        ]
      : []),
    {
      title: 'lag ms',
      width: 8,
      worth: 8,
      cell: (row) =>
        standby(row, ({ heartbeat_ms }) => [milliseconds(heartbeat_ms), heartbeat_ms === null ? 'dim' : 'strong']),
    },
    {
      title: '',
      width: SPARK.least + 1,
      grows: SPARK.more,
      worth: 2,
      text: true,
      cell: (row, cells) =>
        standby(row, ({ history }) => [` ${sparkline(history, cells - 1, top, glyphs)}`, 'contrast']),
    },
    {
      title: 'replay ms',
      width: 10,
      worth: 5,
      cell: (row) =>
        standby(row, ({ replay_lag_ms }) => (replay_lag_ms === null ? ['idle', 'dim'] : [milliseconds(replay_lag_ms)])),
    },
    {
      title: 'behind',
      width: 9,
      worth: 6,
      cell: (row) => standby(row, ({ replay_bytes }) => (replay_bytes === null ? ['-', 'dim'] : [bytes(replay_bytes)])),
    },
    { title: 'requests', width: 10, worth: 4, cell: ({ requests }) => [count(requests)] },
  ]
}

function stateSpan(row: DatabaseRow, newest: number): Span {
  if (row.state === 'down') return ['DOWN', 'bad']
  if (row.state === 'primary') {
    // It slept through the promotion of another, and does not know.
    return row.timeline !== null && row.timeline < newest ? ['FORMER primary', 'bad'] : ['primary', 'good']
  }
  const text = oneLine(row.replication)
  return [text, text.startsWith('streaming') ? 'plain' : text === 'slot lost' ? 'bad' : 'warn']
}

/** The last lags that fit, the newest at the right. */
function sparkline(history: readonly (number | null)[], cells: number, top: number, glyphs: Glyphs): string {
  const shown = history.slice(-cells)
  return drawColumns(shown, top, 1, glyphs).join('').padStart(cells)
}
