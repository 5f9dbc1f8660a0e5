// node dist/benchmarks/compare.js [part...]: measures what must hold of comparisons and searches, on this machine and now,
// each figure with its target and the ratio of the two. A part is one line below. About 30 minutes, on a quiet machine.
import { capacity } from './compare/capacity.js'
import { quick } from './compare/quick.js'
import { theory } from './compare/theory.js'
import { verdicts } from './compare/verdicts.js'
import { runParts } from './parts.js'

await runParts({ quick, theory, verdicts, capacity })
