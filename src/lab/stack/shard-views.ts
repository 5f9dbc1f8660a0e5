import type { ShardingParameters } from '../../core/parameters.js'
import { SCHEMES } from '../../core/shard-map.js'
import type { ShardRefusal, ShardView } from '../../core/shard-view.js'
import type { Stack } from '../../engines/port.js'
import { noAnswerOf, refusalOf } from '../../replication/outcome.js'
import type { Endpoint } from '../../replication/session.js'
import { Session } from '../../replication/session.js'
import { withShardCount } from '../../topologies/sharded.js'
import type { LabContext } from '../context.js'
import { isSharded, serversOf } from './databases.js'

/** How long a shard may take to say how it is; one that is dead or frozen takes all of it. */
const PATIENCE_MS = 1_000

/** What a shard says of itself, and the shards of its map. */
type Answer = ShardView & { shards: { id: string; weight?: number }[] }

const QUESTION = `SELECT map.version::int AS map_version, map.body->>'scheme' AS scheme, map.body->'shards' AS shards, counts.*
FROM shard_map AS map, (
  SELECT count(*) FILTER (WHERE state IN ('here', 'leaving', 'held'))::int AS slots,
    count(*) FILTER (WHERE state IN ('leaving', 'held'))::int AS leaving,
    count(*) FILTER (WHERE state = 'arriving')::int AS arriving
  FROM slots) AS counts`

/**
 * What the shards of a stack say of themselves, by id, asked all at once; null of one that says nothing. Empty for a
 * stack without shards.
 */
export async function shardViews(lab: LabContext, stack: Stack): Promise<Map<string, ShardView | ShardRefusal | null>> {
  const answers = await answersOf(lab, stack)
  return new Map(
    [...answers].map(([id, answer]) => [id, answer === null || 'refusal' in answer ? answer : viewIn(answer)]),
  )
}

function viewIn({ shards: _shards, ...view }: Answer): ShardView {
  return view
}

async function answersOf(lab: LabContext, stack: Stack): Promise<Map<string, Answer | ShardRefusal | null>> {
  if (!isSharded(stack)) return new Map()
  const servers = await serversOf(lab, stack)
  const answers = await Promise.all(
    servers.map(({ endpoint, state }) => (endpoint === null || state === 'paused' ? null : answerOf(endpoint))),
  )
  return new Map(servers.map(({ id }, index) => [id, answers[index] ?? null]))
}

async function answerOf(endpoint: Endpoint): Promise<Answer | ShardRefusal | null> {
  const session = new Session(endpoint, 'scalelab')
  try {
    const [answer] = await session.query<Answer>(QUESTION, [], PATIENCE_MS)
    return answer ?? null
  } catch (error) {
    const refusal = refusalOf(noAnswerOf(error))
    return refusal === null ? null : { refusal }
  } finally {
    session.close()
  }
}

/**
 * The shards of a stack as they are now, not as it was brought up: a migration may have changed their number, their
 * weights and the scheme. The newest map counts, which is known to at least one shard; where none answers it is as it was
 * brought up.
 */
export async function shardingNow(
  lab: LabContext,
  stack: Stack,
  sharding: ShardingParameters,
): Promise<ShardingParameters> {
  const answers = await answersOf(lab, stack)
  const [newest] = [...answers.values()]
    .flatMap((answer) => (answer === null || 'refusal' in answer ? [] : [answer]))
    .toSorted((a, b) => b.map_version - a.map_version)
  return nowOf(sharding, [...answers.keys()], newest)
}

/** @param ids shards that there are, in a map or not */
export function nowOf(
  sharding: ShardingParameters,
  ids: readonly string[],
  newest: Pick<Answer, 'scheme' | 'shards'> | undefined,
): ShardingParameters {
  const counted = withShardCount(sharding, ids.length)
  if (newest === undefined) return counted
  const weights = ids.map((id) => newest.shards.find((shard) => shard.id === id)?.weight ?? 1)
  return {
    ...counted,
    scheme: SCHEMES.find((name) => name === newest.scheme) ?? sharding.scheme,
    weights: weights.every((weight) => weight === 1) ? null : weights,
  }
}
