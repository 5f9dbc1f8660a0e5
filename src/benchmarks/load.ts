// node dist/benchmarks/load.js [part...]: measures what must hold of the lab, on this machine and now, each figure with its
// target and the ratio of the two. Exit code 1 when one is missed, 2 for an unknown part. A part is one line below.
import { capacity } from './capacity.js'
import { dashboard } from './dashboard.js'
import { judged } from './judged.js'
import { outage } from './outage.js'
import { pacing } from './pacing.js'
import { runParts } from './parts.js'
import { peers } from './peers.js'
import { readiness } from './readiness.js'
import { throughput } from './throughput.js'

await runParts({
  pacing,
  throughput,
  outage,
  capacity,
  readiness,
  dashboard,
  judged,
  peers,
})
