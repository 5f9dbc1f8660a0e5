// node dist/benchmarks/replication.js [part...]: measures what must hold of replication and failover, on this machine and
// now, each figure with its target and the ratio of the two. A part is one line below.
import { runParts } from './parts.js'
import { detection } from './replication/detection.js'
import { durability } from './replication/durability.js'
import { failoverOnDocker, failoverOnProcesses } from './replication/failover.js'
import { freshness } from './replication/freshness.js'
import { readScaling } from './replication/read-scaling.js'
import { start } from './replication/start.js'

await runParts({
  start,
  'failover-process': failoverOnProcesses,
  'failover-docker': failoverOnDocker,
  durability,
  freshness,
  'read-scaling': readScaling,
  detection,
})
