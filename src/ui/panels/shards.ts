import type { ShardRow, Snapshot } from '../../core/snapshot.js'
import { formatShare } from '../../core/units.js'
import { drawBar } from '../chart.js'
import { bytes, count, milliseconds } from '../figures.js'
import type { Glyphs, Line, Span } from '../style.js'
import { displayWidth, oneLine } from '../width.js'
import { fitColumns, type PanelColumn, tableLines } from './columns.js'

/** A line of column titles and a line per shard: what it holds, what it answers, and whether that is too much. */
export function shardLines({ shards }: Snapshot, width: number, most: number, glyphs: Glyphs): Line[] {
  if (shards === null || shards.length === 0) return []
  return tableLines(shards, fitColumns(allColumns(shards, width, glyphs), width), most, moreLine)
}

/** Lines that all shards take, the titles' line among them. */
export function shardHeight({ shards }: Snapshot): number {
  return shards === null || shards.length === 0 ? 0 : shards.length + 1
}

/** The shards out of sight in one line, with what must not be missed about them. */
function moreLine(hidden: readonly ShardRow[]): Line {
  const named = (rows: readonly ShardRow[]): string => rows.map(({ id }) => oneLine(id)).join(' ')
  const hot = hidden.filter((row) => row.hot)
  const down = hidden.filter(({ state }) => state === 'down')
  return [
    [` +${hidden.length} more`],
    [`, together ${formatShare(hidden.reduce((sum, { share }) => sum + share, 0))}`, 'dim'],
    ...(down.length > 0 ? [[`, ${named(down)} down`, 'bad'] as const] : []),
    ...(hot.length > 0 ? [[`, ${named(hot)} hot`, 'warn'] as const] : []),
  ]
}

function allColumns(shards: readonly ShardRow[], width: number, glyphs: Glyphs): PanelColumn<ShardRow>[] {
  const longest = Math.max(...shards.map(({ id }) => displayWidth(oneLine(id))))
  const id = Math.min(Math.max(7, longest), width >= 100 ? 24 : 9)
  // A bar is full at twice an even share, so that even shares look even and an excess has room.
  const scale = Math.max(...shards.map(({ share }) => share), Math.min(1, 2 / shards.length))
  const known = (value: number | null, text: (value: number) => string): Span =>
    value === null ? ['-', 'dim'] : [text(value)]
  return [
    { title: ' shard', width: id + 2, worth: 10, text: true, cell: (row) => [` ${oneLine(row.id)}`] },
    { title: 'keys', width: 8, worth: 9, cell: (row) => known(row.keys, count) },
    { title: 'slots', width: 8, worth: 2, cell: (row) => known(row.slots, count) },
    { title: 'size', width: 9, worth: 4, cell: (row) => known(row.bytes, bytes) },
    { title: 'share', width: 8, worth: 8, cell: (row) => [formatShare(row.share), row.hot ? 'warn' : 'plain'] },
    {
      title: '',
      width: 6,
      worth: 1,
      text: true,
      grows: 24,
      cell: (row, cells) => [` ${drawBar(row.share / scale, cells - 1, glyphs)}`, row.hot ? 'warn' : 'data'],
    },
    { title: 'rate/s', width: 7, worth: 6, cell: (row) => [count(row.rps)] },
    { title: 'p50 ms', width: 8, worth: 3, cell: (row) => [milliseconds(row.p50_ms)] },
    { title: 'p99 ms', width: 8, worth: 5, cell: (row) => [milliseconds(row.p99_ms)] },
    { title: '', width: 6, worth: 7, text: true, cell: (row) => markSpan(row) },
  ]
}

/** Of one that is up and not hot there is nothing to say. */
function markSpan({ state, hot }: ShardRow): Span {
  if (state === 'down') return ['  DOWN', 'bad']
  if (hot) return ['  hot', 'warn']
  return state === 'up' ? [''] : ['  ?', 'dim']
}
