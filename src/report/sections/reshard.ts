import { formatDuration, formatNumber, formatShare } from '../../core/units.js'
import { bytes, ms, numberOr } from '../quantities.js'
import { lengthOf, minimumShare, movedShare, type ReshardRun, reshardSentences, waysOn } from '../reshard-words.js'
import { right, table } from '../table.js'
import { loadTable, medianOf, phasesOf } from './load-phases.js'

const share = (part: number | null): string => (part === null ? '-' : formatShare(part))

/** A migration: the answer, its figures, and what moved from where to where. */
export function reshardSection(record: ReshardRun): string[] {
  return [
    '## The migration',
    [...reshardSentences(record), ...waysOn(record.reshard)].join(' '),
    figureTable(record),
    'A batch is copied in chunks while clients go on, caught up with what they changed meanwhile, held for writing, verified by count and checksum on both sides, and only then switched; its old rows are dropped afterwards. "Held" runs from the moment that writes to these slots began to wait to the moment that the new owner served them.',
  ]
}

function figureTable(record: ReshardRun): string {
  const { reshard } = record
  const { plan, options, held_ms, batches } = reshard
  const seconds = lengthOf(reshard) / 1_000
  const verified = batches.reduce((sum, { rows }) => sum + rows, 0)
  const rows: [string, string, string][] = [
    [
      'outcome',
      reshard.outcome,
      `${plan.from.shards.length} shards (${plan.from.scheme}) to ${plan.to.shards.length} (${plan.to.scheme})`,
    ],
    [
      'rows moved',
      formatNumber(reshard.moved_rows),
      `${share(movedShare(reshard))} of ${formatNumber(plan.rows.total)}; ${formatNumber(plan.rows.moved)} were planned`,
    ],
    [
      'users to move',
      formatNumber(plan.keys.moved),
      `${share(plan.keys.total === 0 ? null : plan.keys.moved / plan.keys.total)} of ${formatNumber(plan.keys.total)}, by slots; the least for even shards is ${formatNumber(plan.keys.minimum)} (${share(minimumShare(reshard))})`,
    ],
    ['bytes moved', bytes(reshard.moved_bytes), `of ${bytes(plan.bytes.total)}`],
    [
      'duration',
      formatDuration(lengthOf(reshard)),
      seconds > 0
        ? `${formatNumber(reshard.moved_rows / seconds)} rows/s${options.max_rows_per_second === null ? '' : `, limited to ${formatNumber(options.max_rows_per_second)}`}`
        : '',
    ],
    [
      'batches',
      formatNumber(batches.length),
      `of at most about ${formatNumber(options.batch_rows)} rows and 512 slots, copied ${formatNumber(options.chunk_rows)} at a time`,
    ],
    ['held p50', ms(held_ms.p50), 'writes to the slots of a batch waited'],
    ['held p95', ms(held_ms.p95), ''],
    ['held p99', ms(held_ms.p99), ''],
    ['held max', ms(held_ms.max), ''],
    [
      'caught up',
      formatNumber(batches.reduce((sum, { caught_up }) => sum + caught_up, 0)),
      'changes by clients during the copy, applied again',
    ],
    ['verified', formatNumber(verified), 'rows, by count and checksum on both sides before the switch'],
    ...(reshard.waited_ms > 0
      ? [
          ['waited', formatDuration(reshard.waited_ms), 'for shards that did not answer'] satisfies [
            string,
            string,
            string,
          ],
        ]
      : []),
    ['shards added', reshard.added.join(', ') || 'none', ''],
    ['shards removed', reshard.removed.join(', ') || 'none', ''],
    ['left over', numberOr(reshard.misplaced), 'rows on a shard that does not own them, afterwards'],
    ['duplicated', numberOr(reshard.duplicated), 'users that two shards serve, afterwards'],
  ]
  return table([{ title: 'Figure' }, { title: 'Value', align: 'right' }, { title: 'What it is' }], rows)
}

/** Users and rows per shard counted by SQL before and after, and the sums that must not shrink. */
export function reshardCounts({ reshard }: ReshardRun): string[] {
  const { before, after, tallies } = reshard
  const ids = [...new Set([...before, ...after].map(({ id }) => id))]
  const pair = (id: string, read: (count: (typeof before)[number]) => string): string =>
    [before, after]
      .map((counts) => counts.find((shard) => shard.id === id))
      .map((shard) => (shard === undefined ? '-' : read(shard)))
      .join(' → ')
  return [
    '### Per shard, counted by SQL before and after',
    table(
      [{ title: 'Shard' }, ...right('Slots', 'Users', 'Rows', 'Size')],
      ids.map((id) => [
        id,
        pair(id, ({ slots }) => formatNumber(slots)),
        pair(id, ({ keys }) => formatNumber(keys)),
        pair(id, ({ rows }) => formatNumber(rows)),
        pair(id, (shard) => bytes(shard.bytes)),
      ]),
    ),
    ...(tallies.length === 0
      ? []
      : [
          table(
            [{ title: 'Rows of all shards' }, ...right('Before', 'After', 'Difference')],
            tallies.map((tally) => [
              tally.table,
              formatNumber(tally.before),
              formatNumber(tally.after),
              `${tally.after > tally.before ? '+' : ''}${formatNumber(tally.after - tally.before)}`,
            ]),
          ),
          'Clients add rows while rows move, so a difference may be positive; whether all that was acknowledged is there is told under Writes. The size of a database shrinks only when PostgreSQL vacuums what was dropped.',
        ]),
  ]
}

/** What moved between each pair of shards. */
export function reshardMoves({ reshard }: ReshardRun): string[] {
  const { plan, batches } = reshard
  if (plan.moves.length === 0) return []
  return [
    '### Moves',
    table(
      [
        { title: 'From' },
        { title: 'To' },
        ...right('Slots', 'Users', 'Rows', 'Size', 'Rows moved', 'Batches', 'Caught up', 'Held, longest'),
      ],
      plan.moves.map((move) => {
        const mine = batches.filter(({ from, to }) => from === move.from && to === move.to)
        return [
          move.from,
          move.to,
          ...[move.slots, move.keys, move.rows].map(formatNumber),
          bytes(move.bytes),
          formatNumber(mine.reduce((sum, { rows }) => sum + rows, 0)),
          formatNumber(mine.length),
          formatNumber(mine.reduce((sum, { caught_up }) => sum + caught_up, 0)),
          mine.length === 0 ? '-' : ms(Math.max(...mine.map(({ held_ms }) => held_ms))),
        ]
      }),
    ),
    'Slots, users, rows and size are the plan, counted before it began; the rest is what happened.',
  ]
}

/** What clients felt: rate and latency before, during and after. */
export function reshardLoad(record: ReshardRun): string[] {
  const { started_ms, ended_ms } = record.reshard
  if (record.timeline.length === 0) return []
  const span = { from: started_ms, to: Math.max(ended_ms, started_ms + 1) }
  const names = { before: 'before the migration', during: 'during', after: 'after' }
  return [
    '### What clients felt',
    ...effect(record, span),
    'In whole ticks of the record (p50 and p99 are medians over ticks, max is the longest of all):',
    loadTable(record, span, names),
  ]
}

function effect(record: ReshardRun, span: { from: number; to: number }): string[] {
  const { before, during } = phasesOf(record, span)
  const parts = (['p50_ms', 'p99_ms'] as const).flatMap((percentile) => {
    const [quiet, moving] = [medianOf(before, percentile), medianOf(during, percentile)]
    return quiet === null || moving === null
      ? []
      : [`${percentile.replace('_ms', '')} of a tick went from ${ms(quiet)} to ${ms(moving)}`]
  })
  return parts.length === 0 ? [] : [`While rows moved, the median ${parts.join(', and the median ')}.`]
}
