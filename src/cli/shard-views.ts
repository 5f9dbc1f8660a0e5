import type { ShardingParameters } from '../core/parameters.js'
import { SCHEMES } from '../core/shard-map.js'
import type { ShardView } from '../core/shard-view.js'
import type { Stack } from '../engines/port.js'
import type { Endpoint } from '../replication/session.js'
import { Session } from '../replication/session.js'
import { withShardCount } from '../topologies/sharded.js'
import { isSharded, serversOf } from './databases.js'
import type { Lab } from './lab.js'

/** How long a shard may take to say how it is; one that is dead or frozen takes all of it. */
const PATIENCE_MS = 1_000

const QUESTION = `SELECT map.version::int AS map_version, map.body->>'scheme' AS scheme, counts.*
FROM shard_map AS map, (
  SELECT count(*) FILTER (WHERE state IN ('here', 'leaving', 'held'))::int AS slots,
    count(*) FILTER (WHERE state IN ('leaving', 'held'))::int AS leaving,
    count(*) FILTER (WHERE state = 'arriving')::int AS arriving
  FROM slots) AS counts`

/**
 * What the shards of a stack say of themselves, by id, asked all at once; null of one that gives no answer. Empty for a
 * stack without shards.
 */
export async function shardViews(lab: Lab, stack: Stack): Promise<Map<string, ShardView | null>> {
  if (!isSharded(stack)) return new Map()
  const servers = await serversOf(lab, stack)
  const views = await Promise.all(
    servers.map(({ endpoint, state }) => (endpoint === null || state === 'paused' ? null : viewOf(endpoint))),
  )
  return new Map(servers.map(({ id }, index) => [id, views[index] ?? null]))
}

async function viewOf(endpoint: Endpoint): Promise<ShardView | null> {
  const session = new Session(endpoint, 'scalelab')
  try {
    const [view] = await session.query<ShardView>(QUESTION, [], PATIENCE_MS)
    return view ?? null
  } catch {
    return null
  } finally {
    session.close()
  }
}

/**
 * The shards of a stack as they are now, not as it was brought up: a migration may have changed their number and the
 * scheme. The newest map counts, which is known to at least one shard; where none answers it is as it was brought up.
 */
export async function shardingNow(lab: Lab, stack: Stack, sharding: ShardingParameters): Promise<ShardingParameters> {
  const views = await shardViews(lab, stack)
  const answers = [...views.values()].filter((view) => view !== null)
  const newest = answers.reduce((best: ShardView | undefined, view) => {
    return best === undefined || view.map_version > best.map_version ? view : best
  }, undefined)
  const scheme = SCHEMES.find((name) => name === newest?.scheme)
  return { ...withShardCount(sharding, views.size), ...(scheme === undefined ? {} : { scheme }) }
}
