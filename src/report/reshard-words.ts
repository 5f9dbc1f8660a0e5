import type { RunRecord } from '../core/record.js'
import type { ReshardRecord } from '../core/sharding.js'
import { formatDuration, formatNumber, formatShare } from '../core/units.js'
import { bytes, count, ms } from './quantities.js'
import { plain } from './table.js'

/** The record of a run in which rows moved from shard to shard. */
export type ReshardRun = RunRecord & { reshard: ReshardRecord }

export function isReshard(record: RunRecord): record is ReshardRun {
  return record.reshard !== undefined
}

/** "from 3 to 4 shards", "3 shards from ring to modulo", or both. */
export function moveWords({ plan: { from, to } }: Pick<ReshardRecord, 'plan'>): string {
  const schemes = from.scheme === to.scheme ? null : `from ${plain(from.scheme)} to ${plain(to.scheme)}`
  const [before, after] = [from.shards.length, to.shards.length]
  if (before === after && schemes !== null) return `${count(before, 'shard')} ${schemes}`
  return `from ${before} to ${count(after, 'shard')}${schemes === null ? '' : `, ${schemes}`}`
}

/** The part of all rows that moved, 0 to 1; null where there was none to move. */
export function movedShare({ moved_rows, plan }: ReshardRecord): number | null {
  return plan.rows.total === 0 ? null : moved_rows / plan.rows.total
}

/** The least part of all users that had to move, 0 to 1; null without users. */
export function minimumShare({ plan: { keys } }: Pick<ReshardRecord, 'plan'>): number | null {
  return keys.total === 0 ? null : keys.minimum / keys.total
}

/** How long it took, in milliseconds. */
export function lengthOf({ started_ms, ended_ms }: ReshardRecord): number {
  return ended_ms - started_ms
}

/** What a migration showed, sentence by sentence. */
export function reshardSentences(record: ReshardRun): string[] {
  return [outcome(record.reshard, rateWords(record)), ...remains(record)]
}

/** What to do with a move that is half done; nothing for one that is over. */
export function waysOn({ outcome }: ReshardRecord): string[] {
  return outcome === 'interrupted' || outcome === 'failed'
    ? ['`scalelab reshard --resume` goes on, `--rollback` moves back.']
    : []
}

function outcome(reshard: ReshardRecord, rate: string): string {
  const took = formatDuration(lengthOf(reshard))
  const [planned, moved] = [reshard.plan.rows.moved, reshard.moved_rows]
  const of = `${formatNumber(moved)} of ${count(planned, 'row')}`
  switch (reshard.outcome) {
    case 'moved': {
      const [share, least] = [movedShare(reshard), minimumShare(reshard)]
      const part =
        share === null
          ? ''
          : ` (${formatShare(share)}${least === null ? '' : `; minimum ${formatShare(least)} of the users`}; ${bytes(reshard.moved_bytes)})`
      return `Moving ${moveWords(reshard)} moved ${count(moved, 'row')}${part} in ${took}${rate}; ${waits(reshard)}.`
    }
    case 'rolled back':
      return `**Rolled back**: the move ${moveWords(reshard)} was taken back after ${took}${rate}${reshard.misplaced === 0 ? '; every row is where it was' : ''}.`
    case 'interrupted':
      return `**Interrupted**: the move ${moveWords(reshard)} ended after ${took}${rate} with ${of} moved${reshard.duplicated === 0 ? '; no user is served by two shards' : ''}.`
    case 'failed':
      return `**The move ${moveWords(reshard)} failed** after ${took}${rate} with ${of} moved.`
  }
}

function waits({ held_ms, moved_rows }: ReshardRecord): string {
  if (moved_rows === 0 || held_ms.count === 0) return 'no write had to wait'
  return `writes to what moved waited ${ms(held_ms.p95)} (p95) per batch, ${ms(held_ms.max)} at most`
}

function rateWords({ load }: RunRecord): string {
  if (load.ledger.due === 0) return ' without any load'
  return load.offered_rps === null ? ' under a closed loop' : ` under ${formatNumber(load.offered_rps)} requests/s`
}

/** What is left to say after the outcome: failed requests, waiting, and rows that are not where they belong. */
function remains(record: ReshardRun): string[] {
  const { reshard } = record
  const { ledger } = record.load
  const failed = ledger.http_error + ledger.lost
  return [
    ...(ledger.due === 0
      ? []
      : [
          failed === 0
            ? 'No request failed.'
            : `**${count(failed, 'request')} of ${formatNumber(ledger.due)} failed.**`,
        ]),
    ...(reshard.waited_ms > 0
      ? [`It waited ${formatDuration(reshard.waited_ms)} for shards that did not answer.`]
      : []),
    ...wrongWords(reshard),
  ]
}

function wrongWords({ misplaced, duplicated, outcome }: ReshardRecord): string[] {
  // What an interrupted move leaves half-way is expected, and cleaned up by what goes on from there.
  const left = outcome === 'moved' || outcome === 'rolled back'
  return [
    ...(left && misplaced !== null && misplaced > 0
      ? [`**${count(misplaced, 'row')} left on a shard that does not own them.**`]
      : []),
    ...(duplicated !== null && duplicated > 0 ? [`**${count(duplicated, 'user')} served by two shards.**`] : []),
    ...(left && (misplaced === null || duplicated === null)
      ? ['**Whether every row is where it belongs could not be asked afterwards.**']
      : []),
  ]
}
