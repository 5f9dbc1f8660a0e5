// node dist/benchmarks/compare.js [part...]: measures what must hold of comparisons and searches, on this machine and now,
// each figure with its target and the ratio of the two. A part is one line below.
import { capacity } from './compare/capacity.js'
import { runParts } from './parts.js'

await runParts({
  capacity,
})
