import { type ListedClaim, rowsOf } from '../../core/claims.js'
import { runError } from '../../core/errors.js'
import type { Claim, Experiment } from '../../core/experiment.js'
import { findMetric } from '../../core/metrics.js'
import { claimedBounds } from '../../stats/compared-claims.js'
import { conductExperiment } from '../commands/compare.js'
import { optionsOf, variantsOf } from '../variants.js'
import type { ClaimUnit, Pace } from './unit.js'

/** Around each run, in milliseconds: its stack comes up and goes down. */
const AROUND_MS = 2_500
/** What an experiment runs that says nothing of its load, in milliseconds. */
const DURATION = 10_000
const WARM_UP = 2_000

/** Variants in blocks of runs: what claims on ratios need. */
export function experimentUnit(experiment: Experiment, pace: Pace): ClaimUnit {
  const { name, set } = experiment
  const variants = variantsOf(experiment).map((variant) => variant.name)
  const baseline = experiment.baseline ?? variants[0] ?? ''
  const run = `${variants.join(' against ')}`
  const blocks = pace.blocks ?? experiment.blocks
  const load = optionsOf(set)
  const duration = pace.duration ?? load.duration ?? DURATION
  const warmup = pace.warmup ?? load.warmup ?? WARM_UP
  const runMs = duration + warmup + AROUND_MS
  return {
    name,
    claims: experiment.expect.map((claim) => listed(claim, name, run, baseline)),
    steps: [{ what: `${blocks} blocks of ${run}`, ms: blocks * variants.length * runMs }],
    async run({ lab, options, step, found }) {
      step()
      const { results, folder } = await conductExperiment(lab, experiment, {
        ...options,
        blocks: String(blocks),
        // A claim has an interval of its own: it needs no more blocks than that can be drawn from.
        force: true,
        ...(set.stages === undefined ? { duration } : {}),
        warmup,
      })
      found(run, results.claims, folder)
      const failed = results.variants.find(({ failure }) => failure !== null)
      if (failed !== undefined) throw runError(`${failed.name}: ${failed.failure}`)
    },
  }
}

function listed(claim: Claim, name: string, run: string, baseline: string): ListedClaim {
  const metric = findMetric(claim.metric)
  if (metric === undefined) throw new Error(`no metric ${claim.metric}`)
  return {
    rows: rowsOf(claim.source),
    claim: claim.claim,
    source: claim.source ?? null,
    metric: metric.name,
    expected: claimedBounds(claim, metric, claim.baseline ?? baseline),
    min: claim.min ?? null,
    max: claim.max ?? null,
    unit: claim.of === 'ratio' ? '' : metric.unit,
    scenario: name,
    run,
  }
}
