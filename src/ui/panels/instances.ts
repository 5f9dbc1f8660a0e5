import type { Health, InstanceRow, Snapshot } from '../../core/snapshot.js'
import { formatShare } from '../../core/units.js'
import { drawBar } from '../chart.js'
import { count, milliseconds } from '../figures.js'
import type { Glyphs, Line, Span, Tone } from '../style.js'
import { displayWidth, oneLine } from '../width.js'
import { fitColumns, type PanelColumn, tableLines } from './columns.js'

const HEALTH: Record<Health, readonly [string, Tone]> = {
  ok: ['ok', 'plain'],
  overloaded: ['overloaded', 'warn'],
  down: ['DOWN', 'bad'],
  unknown: ['?', 'dim'],
}

/** A line of column titles, a line per instance, and a last line for those that do not fit `most` lines. */
export function instanceLines(snapshot: Snapshot, width: number, most: number, glyphs: Glyphs): Line[] {
  const { instances } = snapshot
  if (instances.length === 0 || most < 2) return []
  return tableLines(instances, columnsOf(instances, width, glyphs), most, moreLine)
}

/** Lines that all instances take, the titles' line among them. */
export function instanceHeight(snapshot: Snapshot): number {
  return snapshot.instances.length === 0 ? 0 : snapshot.instances.length + 1
}

/** The instances out of sight in one line, with what must not be missed about them. */
function moreLine(hidden: readonly InstanceRow[]): Line {
  const sick = hidden.filter(({ health }) => health === 'down' || health === 'overloaded')
  const errors = hidden.reduce((sum, row) => sum + row.errors, 0)
  const share = hidden.reduce((sum, row) => sum + row.share, 0)
  return [
    [` +${hidden.length} more`],
    [`, together ${formatShare(share)}`, 'dim'],
    ...(errors > 0 ? [[`, ${count(errors)} errors`, 'bad'] as const] : []),
    ...(sick.length > 0 ? [[`, ${sick.map(({ id }) => oneLine(id)).join(' ')} not well`, 'bad'] as const] : []),
  ]
}

function columnsOf(instances: readonly InstanceRow[], width: number, glyphs: Glyphs): PanelColumn<InstanceRow>[] {
  const longest = Math.max(...instances.map(({ id }) => displayWidth(oneLine(id))))
  const id = Math.min(Math.max(7, longest), width >= 100 ? 24 : 12)
  // A bar is full at twice an even share, so that even shares look even and an excess has room.
  const scale = Math.max(...instances.map(({ share }) => share), Math.min(1, 2 / instances.length))
  return fitColumns(allColumns(id, scale, glyphs), width)
}

function allColumns(id: number, scale: number, glyphs: Glyphs): PanelColumn<InstanceRow>[] {
  const percent = (value: number | null): Span => (value === null ? ['-', 'dim'] : [`${Math.round(value)} %`])
  return [
    { title: ' instance', width: id + 2, worth: 10, text: true, cell: (row) => [` ${oneLine(row.id)}`] },
    { title: 'share', width: 8, worth: 9, cell: (row) => [formatShare(row.share)] },
    {
      title: '',
      width: 7,
      worth: 2,
      text: true,
      grows: 24,
      cell: (row, width) => [` ${drawBar(row.share / scale, width - 1, glyphs)}`, 'data'],
    },
    { title: 'rate/s', width: 7, worth: 7, cell: (row) => [count(row.rps)] },
    { title: 'p50 ms', width: 8, worth: 4, cell: (row) => [milliseconds(row.p50_ms)] },
    { title: 'p99 ms', width: 8, worth: 6, cell: (row) => [milliseconds(row.p99_ms)] },
    {
      title: 'errors',
      width: 7,
      worth: 5,
      cell: (row) => [count(row.errors), row.errors > 0 ? 'bad' : 'plain'],
    },
    {
      title: '  health',
      width: 12,
      worth: 8,
      text: true,
      cell: (row) => [`  ${HEALTH[row.health][0]}`, HEALTH[row.health][1]],
    },
    { title: 'CPU', width: 6, worth: 3, cell: (row) => percent(row.cpu_percent) },
    {
      title: 'MiB',
      width: 6,
      worth: 1,
      cell: (row) => (row.memory_mib === null ? ['-', 'dim'] : [count(row.memory_mib)]),
    },
  ]
}
