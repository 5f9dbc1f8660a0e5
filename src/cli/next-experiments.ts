import { type StackParameters, statedCapacity } from '../core/parameters.js'
import { MAX_SHARDS } from '../core/shard-map.js'

/** Of a stated capacity a rate at which queues stay short: an M/M/1 queue holds 1.5 requests on average. */
const MODERATE = 0.6

/** Commands that make sense on this very stack, each with what it shows. */
export function experimentsOn(parameters: StackParameters): [command: string, shows: string][] {
  const { database, sharding } = parameters
  if (database !== null) {
    return [
      ['scalelab bench', 'reads and writes: lag, latency, who answers what'],
      ['scalelab failover standby-1', 'a standby dies under load'],
      ['scalelab failover primary', 'the primary dies: what is lost, and for how long'],
    ]
  }
  if (sharding !== null) {
    const other = sharding.shards < MAX_SHARDS ? sharding.shards + 1 : sharding.shards - 1
    return [
      ['scalelab bench', 'reads, writes and listings: keys, rate and latency per shard'],
      [`scalelab reshard --to ${other}`, 'rows move to other shards while clients read and write'],
      ['scalelab ps', 'which slots each shard has'],
    ]
  }
  const capacity = statedCapacity(parameters)
  return [
    ['scalelab bench --max', 'how much it can take'],
    // Of what nobody has stated no rate is known to be a moderate one.
    ...(capacity === null
      ? []
      : ([
          [
            `scalelab bench --rps ${Math.max(1, Math.round(capacity * MODERATE))}`,
            `how fast it answers at 60 % of its ${Math.round(capacity)} requests/s`,
          ],
        ] satisfies [string, string][])),
  ]
}
