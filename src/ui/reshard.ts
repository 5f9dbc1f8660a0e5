import type { RunRecord } from '../core/record.js'
import { remedyFor } from '../core/remedies.js'
import type { ReshardPlan, ReshardProgress, ReshardRecord } from '../core/sharding.js'
import { formatDuration, formatNumber, formatShare } from '../core/units.js'
import { bearing } from '../core/validity.js'
import { bytes, count, milliseconds } from './figures.js'
import { movedShare } from './panels/migration.js'
import { renderTable, right, type TextOptions } from './table.js'
import { renderValidity } from './validity.js'
import { oneLine, wrap } from './width.js'

/** How far a migration is, in one line: "copying shard-1 to shard-4: 1,234 of 25,000 rows (4.9 %), 4,210 rows/s, ...". */
export function progressLine(progress: ReshardProgress): string {
  const { phase, from, to, moved_rows, total_rows, rows_per_s, left_ms, longest_held_ms, waiting_for } = progress
  const what = waiting_for === null ? phase : `WAITING for ${oneLine(waiting_for)},`
  const where = from === null || to === null ? '' : ` ${oneLine(from)} to ${oneLine(to)}`
  const figures = [
    `${count(moved_rows)} of ${count(total_rows)} rows (${formatShare(movedShare(progress))})`,
    `${count(rows_per_s)} rows/s`,
    ...(left_ms === null || phase === 'done' ? [] : [`${formatDuration(left_ms)} left`]),
    ...(longest_held_ms === null ? [] : [`longest hold ${milliseconds(longest_held_ms)} ms`]),
  ]
  return `${what}${where}: ${figures.join(', ')}`
}

/** What a migration is to do, counted before anything is changed. */
export function renderReshardPlan(plan: ReshardPlan, options: TextOptions): string {
  const { from, to, moves, keys, rows } = plan
  const head = `From ${placed(from)} to ${placed(to)}: ${movedText(plan)}.`
  const share = (part: number): string => (rows.total === 0 ? '-' : formatShare(part / rows.total))
  const table = renderTable(
    ['from', 'to', ...['slots', 'keys', 'rows', 'size', 'of all rows'].map(right)],
    [
      ...moves.map((move) => [
        move.from,
        move.to,
        count(move.slots),
        count(move.keys),
        count(move.rows),
        bytes(move.bytes),
        share(move.rows),
      ]),
      ...(moves.length > 1
        ? [
            [
              'in all',
              '',
              count(moves.reduce((sum, { slots }) => sum + slots, 0)),
              count(keys.moved),
              count(rows.moved),
              bytes(plan.bytes.moved),
              share(rows.moved),
            ],
          ]
        : []),
    ],
    options,
  )
  return [...wrap(head, options.width), ...(moves.length === 0 ? [] : ['', table])].join('\n')
}

/**
 * A run in which rows moved, in a few lines: what came out in plain words, what it cost clients, and where keys lie now.
 * @param width of the terminal, in cells
 */
export function reshardLines(record: RunRecord, lead: string, width = 80): string[] {
  const { reshard } = record
  if (reshard === undefined) return []
  const said = [
    outcomeLine(reshard),
    ...holdLines(reshard),
    clientLine(record),
    ...writeLines(record),
    ...auditLines(record),
  ]
  const wrapped = (lines: readonly string[]): string[] => lines.flatMap((line) => wrap(line, width))
  return [
    '',
    ...wrap(oneLine(lead), width),
    '',
    ...wrapped(said),
    '',
    ...keyTable(reshard, width).split('\n'),
    '',
    ...renderValidity(bearing(record), { width, colour: false }, (row) => remedyFor(row, record)).split('\n'),
  ]
}

function placed({ scheme, shards }: ReshardPlan['from']): string {
  return `${count(shards.length)} ${shards.length === 1 ? 'shard' : 'shards'} by ${oneLine(scheme)}`
}

/** How many keys move, and how many have to where shards are to be even; uneven ones can move a little less. */
function movedText({ keys }: ReshardPlan): string {
  if (keys.total === 0) return 'there are no keys'
  const share = (part: number): string => formatShare(part / keys.total)
  const least = keys.minimum === 0 ? 'none' : share(keys.minimum)
  return `${count(keys.moved)} of ${count(keys.total)} keys move (${share(keys.moved)}); even shards ask for ${least}`
}

function outcomeLine(reshard: ReshardRecord): string {
  const { outcome, plan, moved_rows, moved_bytes, started_ms, ended_ms } = reshard
  const ms = ended_ms - started_ms
  const pace = ms > 0 ? `, ${formatNumber(Math.round((moved_rows * 1_000) / ms))} rows/s` : ''
  const moved = `${count(moved_rows)} rows (${bytes(moved_bytes)}) in ${formatDuration(ms)}${pace}`
  switch (outcome) {
    case 'moved':
      return `Moved from ${placed(plan.from)} to ${placed(plan.to)}: ${moved}; ${movedText(plan)}.`
    case 'rolled back':
      return `Rolled back to ${placed(plan.from)}: ${moved}.`
    case 'interrupted':
      return `Interrupted on the way to ${placed(plan.to)}: ${moved}. Nothing is lost: scalelab reshard --resume or --rollback.`
    case 'failed':
      return `Failed on the way to ${placed(plan.to)}: ${moved}. Nothing is lost: scalelab reshard --resume or --rollback.`
  }
}

function holdLines({ held_ms, waited_ms }: ReshardRecord): string[] {
  const held =
    held_ms.count === 0
      ? []
      : [
          `Writes to what was moving had to wait ${count(held_ms.count)} times: ${milliseconds(held_ms.p50)} ms in the middle, p95 ${milliseconds(held_ms.p95)} ms, at most ${milliseconds(held_ms.max)} ms.`,
        ]
  const waited = waited_ms > 0 ? [`It waited ${formatDuration(waited_ms)} for shards that did not answer.`] : []
  return [...held, ...waited]
}

function clientLine({ load: { ledger }, latency: { response_ms } }: RunRecord): string {
  const failed = ledger.http_error + ledger.lost
  const what =
    failed === 0
      ? `none of ${count(ledger.due)} requests failed`
      : `${count(failed)} of ${count(ledger.due)} requests FAILED`
  return `Clients: ${what}; response time p50 ${milliseconds(response_ms.p50)} ms, p99 ${milliseconds(response_ms.p99)} ms, at most ${milliseconds(response_ms.max)} ms.`
}

function writeLines({ writes }: RunRecord): string[] {
  if (writes === undefined) return []
  const { acknowledged, refused, unknown, lost, duplicated } = writes
  const found =
    lost === null || duplicated === null
      ? 'they could not be read back'
      : `${count(lost.length)} of them lost, ${count(duplicated.length)} made twice`
  return [
    `Writes: ${count(acknowledged)} acknowledged, ${found}; ${count(refused)} refused, ${count(unknown)} unknown.`,
  ]
}

function auditLines({ sharding }: RunRecord): string[] {
  if (sharding === undefined) return []
  const { misplaced, misslotted, duplicated } = sharding
  if (misplaced === null || misslotted === null || duplicated === null) {
    return ['Where rows lie could not be counted afterwards.']
  }
  return [
    misplaced + misslotted + duplicated === 0
      ? 'Every row lies where it belongs, counted by SQL on all shards.'
      : `ROWS ASTRAY, counted by SQL: ${count(misplaced)} on a shard that does not serve them, ${count(misslotted)} in a wrong slot, ${count(duplicated)} users on two shards.`,
  ]
}

/** Keys by shard before and after, those that left or joined too. */
function keyTable({ before, after, added, removed }: ReshardRecord, width: number): string {
  const ids = [...new Set([...before, ...after].map(({ id }) => id))]
  const of = (counts: ReshardRecord['before'], id: string) => counts.find((shard) => shard.id === id)
  return renderTable(
    ['shard', ...['keys before', 'after', 'slots before', 'after', 'size after'].map(right), ''],
    ids.map((id) => {
      const [was, is] = [of(before, id), of(after, id)]
      const figure = (value: number | undefined): string => (value === undefined ? '-' : count(value))
      const mark = removed.includes(id) ? 'removed' : added.includes(id) ? 'new' : ''
      const size = is === undefined || removed.includes(id) ? '-' : bytes(is.bytes)
      return [id, figure(was?.keys), figure(is?.keys), figure(was?.slots), figure(is?.slots), size, mark]
    }),
    { colour: false, width },
  )
}
