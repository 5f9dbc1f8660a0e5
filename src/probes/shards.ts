import { SERVED } from '../sharding/tables.js'
import { DatabaseServers, type KnownServer } from './database-servers.js'
import type { Probe, ProbeContext, Reading } from './port.js'
import { ShardCounter } from './shard-counter.js'

/** Of the interval an answer may take so much, so that a shard that hangs does not delay the next read. */
const WITHIN = 0.8

interface Facts {
  slots: number
  map_version: number
  bytes: string
}

const FACTS = `SELECT (SELECT count(*)::int FROM slots WHERE state IN ${SERVED}) AS slots,
  (SELECT version::int FROM shard_map) AS map_version, pg_database_size(current_database()) AS bytes`

/**
 * Of every shard: `shard.up` (1: it answered), and of those that did `shard.slots` that it serves, `shard.map_version` and
 * `shard.bytes` of its database; `shard.keys` (users) and `shard.rows` that it serves are those of its last count, which
 * is never an estimate, and on large shards a few seconds old (ShardCounter). Of a shard that has left the stack there are
 * no readings. Silent on other stacks.
 * @param now monotonic, in milliseconds
 */
export function shardsProbe(now: () => number, intervalMs = 1_000): Probe {
  const servers = new DatabaseServers('scalelab shards', now, 'shards')
  const counters = new Map<KnownServer, ShardCounter>()
  return {
    name: 'shards',
    intervalMs,
    async read(context) {
      const known = await stillThere(await servers.all(context), context)
      // The run has closed its connections by now, and nobody would close those that were made anew.
      if (context.signal.aborted) return []
      return (await Promise.all(known.map((shard) => readingsOf(shard, counterOf(shard, context))))).flat()
    },
  }

  function counterOf(shard: KnownServer, { signal }: ProbeContext): ShardCounter {
    const before = counters.get(shard)
    if (before !== undefined) return before
    const counter = new ShardCounter(shard.endpoint, now)
    signal.addEventListener('abort', () => counter.close())
    counters.set(shard, counter)
    return counter
  }

  async function readingsOf({ endpoint: { id }, session }: KnownServer, counter: ShardCounter): Promise<Reading[]> {
    const of = (kind: string, value: number, unit = ''): Reading => ({ kind: `shard.${kind}`, node: id, value, unit })
    const facts = await session.query<Facts & Record<string, unknown>>(FACTS, [], intervalMs * WITHIN).catch(() => [])
    const [first] = facts
    if (first === undefined) return [of('up', 0)]
    // Beside the readings: a large shard takes its time.
    void counter.count()
    return [
      of('up', 1),
      of('slots', first.slots, 'slots'),
      of('map_version', first.map_version),
      of('bytes', Number(first.bytes), 'bytes'),
      ...(counter.latest === null
        ? []
        : [of('keys', counter.latest.keys, 'keys'), of('rows', counter.latest.rows, 'rows')]),
    ]
  }
}

/** One whose node stopped is down; one without a node has left. */
async function stillThere(known: readonly KnownServer[], { nodes }: ProbeContext): Promise<readonly KnownServer[]> {
  if (known.length === 0) return known
  const ids = (await nodes().catch(() => [])).map(({ id }) => id)
  return ids.length === 0 ? known : known.filter(({ endpoint }) => ids.includes(endpoint.id))
}
