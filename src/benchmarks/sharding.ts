// node dist/benchmarks/sharding.js [part...]: measures what must hold of sharding, on this machine and now, each figure
// with its target and the ratio of the two. A part is one line below.
import { runParts } from './parts.js'
import { kills } from './sharding/kills.js'
import { lookups } from './sharding/lookups.js'
import { movement } from './sharding/movement.js'
import { reshard } from './sharding/reshard.js'
import { ringImbalance } from './sharding/ring-imbalance.js'
import { scaling } from './sharding/scaling.js'

await runParts({
  lookups,
  'ring-imbalance': ringImbalance,
  movement,
  reshard,
  kills,
  scaling,
})
