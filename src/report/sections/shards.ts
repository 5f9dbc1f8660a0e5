import { REQUEST_KINDS } from '../../core/load.js'
import type { RunRecord } from '../../core/record.js'
import type { ShardingRecord } from '../../core/sharding.js'
import { formatNumber, formatShare } from '../../core/units.js'
import { fairShares, HOT, hotShards } from '../../stats/shards.js'
import { bytes, count, list, numberOr } from '../quantities.js'
import { plain, right, table } from '../table.js'
import { MEANING } from './request-kinds.js'

/** What lies on each shard, what each answered, and whether every row lies where it belongs; nothing for other stacks. */
export function shardSection(record: RunRecord): string[] {
  const { sharding } = record
  if (sharding === undefined) return []
  return [
    '## Shards',
    shardTable(record, sharding),
    loadWords(record, sharding),
    ...kindParts(sharding),
    placement(sharding),
  ]
}

function shardTable(record: RunRecord, { shards }: ShardingRecord): string {
  const fair = fairShares(record)
  const columns = ['Slots', 'Users', 'Rows', 'Size', 'Requests', 'Share', 'Fair', 'Requests/s', 'p50 ms', 'p99 ms']
  return table(
    [{ title: 'Shard' }, ...right(...columns)],
    shards.map((shard, i) => [
      shard.id,
      formatNumber(shard.slots),
      numberOr(shard.keys),
      numberOr(shard.rows),
      shard.bytes === null ? '-' : bytes(shard.bytes),
      formatNumber(shard.requests),
      formatShare(shard.share),
      formatShare(fair[i] ?? 0),
      formatNumber(shard.rps),
      numberOr(shard.p50_ms),
      numberOr(shard.p99_ms),
    ]),
  )
}

function loadWords(record: RunRecord, { scheme, keying, map_version, gathered, shards }: ShardingRecord): string {
  return [
    `Slots are placed by \`${plain(scheme)}\`, keys on slots by \`${plain(keying)}\`; version ${formatNumber(map_version)} of the map at the end.`,
    'Users, rows and sizes are counted by SQL at the end; requests are answers that name one shard alone (`X-Shard`).',
    ...(gathered === 0
      ? []
      : [
          `${formatNumber(gathered)} more ${gathered === 1 ? 'answer was' : 'answers were'} gathered from several shards.`,
        ]),
    ...(record.reshard === undefined
      ? heatWords(record, shards.length)
      : ['Requests are those of the whole run, in which slots moved from shard to shard.']),
  ].join(' ')
}

function heatWords(record: RunRecord, shards: number): string[] {
  if (shards < 2) return []
  const hot = hotShards(record).map(
    ({ id, share, times }) => `${plain(id)} (${formatShare(share)}, ${formatNumber(times)} times its fair share)`,
  )
  return [
    hot.length === 0
      ? `No shard is hot: none has more than ${HOT} times its fair share of the requests.`
      : `**Hot**: ${list(hot)}.`,
  ]
}

/** What each shard answered, by kind of request. */
function kindParts({ shards }: ShardingRecord): string[] {
  const kinds = REQUEST_KINDS.filter((kind) => shards.some((shard) => (shard.kinds[kind] ?? 0) > 0))
  if (kinds.length === 0) return []
  return [
    table(
      [{ title: 'Answers' }, ...right(...kinds)],
      shards.map(({ id, kinds: answers }) => [id, ...kinds.map((kind) => formatNumber(answers[kind] ?? 0))]),
    ),
    `${list(kinds.map((kind) => `\`${kind}\` is ${MEANING[kind]}`))}.`,
  ]
}

/** Whether every row is where the map says, and nowhere else. */
function placement({ misplaced, misslotted, duplicated }: ShardingRecord): string {
  if (misplaced === null || misslotted === null || duplicated === null) {
    return '**The shards could not all be asked afterwards**: whether every row lies where it belongs is not known.'
  }
  const wrong = [
    ...(misplaced === 0 ? [] : [`${count(misplaced, 'row')} on a shard that does not own their slot`]),
    ...(misslotted === 0 ? [] : [`${count(misslotted, 'row')} with a slot that is not that of their user`]),
    ...(duplicated === 0 ? [] : [`${count(duplicated, 'user')} served by more than one shard`]),
  ]
  return wrong.length === 0
    ? 'Every row lies on the shard that owns its slot, and no user is served by two shards.'
    : `**Not where they belong**: ${list(wrong)}.`
}
