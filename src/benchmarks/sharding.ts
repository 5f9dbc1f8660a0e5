// node dist/benchmarks/sharding.js [part...]: measures what must hold of sharding, on this machine and now, each figure
// with its target and the ratio of the two. A part is one line below.
import { runParts } from './parts.js'
import { lookups } from './sharding/lookups.js'
import { movement } from './sharding/movement.js'
import { ringImbalance } from './sharding/ring-imbalance.js'

await runParts({
  lookups,
  'ring-imbalance': ringImbalance,
  movement,
})
