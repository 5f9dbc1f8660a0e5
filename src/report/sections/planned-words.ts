import type { SchemePlan, ShardPlan } from '../../core/shard-plan.js'
import { formatNumber } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import { largest, smallest } from '../../stats/quantiles.js'
import type { Lead } from '../lead.js'
import { capital, count, list } from '../quantities.js'
import { sumOfSteps } from '../sum-of-steps.js'
import { table } from '../table.js'

const percent = (share: number): string => formatValue(share, 'share')

/** "from 3 to 4 shards", "from 3 to 4, 5 and 6 shards", "from 3 shards to the same with other weights". */
export function stageWords({ stages }: ShardPlan): string {
  const [first, ...others] = stages.map((shards) => formatNumber(shards.length))
  if (new Set([first, ...others]).size > 1) return `from ${first} to ${list(others)} shards`
  const sets = stages.map((shards) => shards.map(({ id }) => id).join(' '))
  return `from ${first} shards to ${new Set(sets).size > 1 ? 'as many others' : 'the same with other weights'}`
}

/** What the plan shows, in plain words. */
export function planLead(plan: ShardPlan): Lead {
  const { schemes, keys } = plan
  const [first] = schemes
  const asked = [
    `How many of ${count(keys.count, 'key')} (${keyWords(plan)}) move to another shard ${stageWords(plan)}, and how evenly do they lie afterwards?`,
  ]
  if (first === undefined) return { asked, found: ['No scheme was asked about.'], means: [], sure: [] }
  const sure = [
    'The keys were placed one by one, so the shares are counted, not estimated; other keys differ by chance.',
  ]
  if (schemes.length === 1) {
    return {
      asked,
      found: [
        `With ${first.scheme} ${percent(first.moved_fraction)} move, where ${percent(first.minimum_fraction)} is the least for even shards${needless(first)}.`,
        `Afterwards the fullest shard holds ${first.peak_to_mean.toFixed(2)} times the average.`,
      ],
      means: [],
      sure,
    }
  }
  const by = (read: (scheme: SchemePlan) => number) => schemes.toSorted((a, b) => read(a) - read(b))
  const moves = by(({ moved_fraction }) => moved_fraction)
  const peaks = by(({ peak_to_mean }) => peak_to_mean)
  const [few, many, even, uneven] = [moves[0] ?? first, moves.at(-1) ?? first, peaks[0] ?? first, peaks.at(-1) ?? first]
  const least = schemes.map(({ minimum_fraction }) => minimum_fraction)
  const [low, high] = [smallest(least) ?? 0, largest(least) ?? 0]
  return {
    asked,
    found: [
      `${plan.stages.length > 2 ? 'In one move ' : ''}${many.scheme} moves ${percent(many.moved_fraction)} and ${few.scheme} ${percent(few.moved_fraction)}; even shards ask for ${low === high ? percent(low) : `${percent(low)} to ${percent(high)}`}.`,
      ...addedUp(plan),
      `Most even afterwards is ${even.scheme}, whose fullest shard holds ${even.peak_to_mean.toFixed(2)} times the average, least even ${uneven.scheme} (${uneven.peak_to_mean.toFixed(2)} times).`,
    ].map(capital),
    means: [],
    sure,
  }
}

/** Several steps move more than one move to the same end: what each scheme moves in all of them. */
function addedUp({ stages, schemes }: ShardPlan): string[] {
  if (stages.length <= 2) return []
  const rows = schemes.map(({ scheme, steps }) => ({ scheme, ...sumOfSteps(steps) }))
  const sorted = rows.toSorted((a, b) => a.moved - b.moved)
  const [few, many] = [sorted[0], sorted.at(-1)]
  if (few === undefined || many === undefined) return []
  return [
    `Step by step and added up, ${many.scheme} moves ${percent(many.moved)} and ${few.scheme} ${percent(few.moved)}; even shards ask for ${percent(few.minimum)}.`,
  ]
}

function needless({ unnecessary_fraction }: SchemePlan): string {
  return unnecessary_fraction === 0
    ? ''
    : `; ${percent(unnecessary_fraction)} move between shards that were there and stay`
}

/** Which keys: "uniform, seed 1", "popularity by Zipf's law with exponent 0.99, seed 1". */
function keyWords({ keys: { source, exponent, seed } }: ShardPlan): string {
  const drawn = exponent === null ? source : `popularity by Zipf's law with exponent ${formatNumber(exponent)}`
  return `${drawn}, seed ${seed}`
}

/** What the columns say, and what no figure here can. */
export function planReading(plan: ShardPlan): string[] {
  const points = [
    '**Moved** are keys whose shard is another one afterwards. **Minimum** is what any scheme must move so that every shard has its part by weight; where shards are not quite even, before or afterwards, a scheme can move less. **Unnecessary** are keys that moved although their old shard stays, and to a shard that was there before, although no weight asked for it.',
    '**CV**, the coefficient of variation, is the standard deviation of keys / weight over its mean; **peak/mean** is the fullest shard. Chance alone makes sqrt((N-1)/K) of K keys on N shards; a ring with V points per shard adds sqrt((N-1)/(NV+1)), because its arcs are of unequal length.',
    '**Chi-square** and its p hold the keys per shard against the shares by weight: p below 0.01 is more uneven than chance, which a ring always is with this many keys. A large number of keys finds the smallest unevenness: hold p beside the CV.',
    '**Lookups/s** are of one thread on this machine, on string keys; compare them with one another, not with those of another machine.',
    ...(plan.schemes.some(({ scheme }) => scheme === 'modulo')
      ? [
          'Modulo keeps only the keys whose hash has the same remainder twice: from N to N+1 shards N/(N+1) of all keys move.',
        ]
      : []),
    ...(plan.keys.exponent === null
      ? []
      : [
          'Keys that are asked for more than others stay on one shard, whatever the scheme: even keys are not even requests.',
        ]),
  ]
  return ['## How to read it', points.map((point) => `- ${point}`).join('\n')]
}

/** Where the lookups were timed. */
export function planEnvironment({ environment }: ShardPlan): string[] {
  const { scalelab, node, platform, cpu } = environment
  return [
    '## Environment',
    table(
      [{ title: '' }, { title: 'Version or size' }],
      [
        ['scalelab', scalelab],
        ['Node.js', node],
        ['platform', platform],
        ['processor', cpu],
      ],
    ),
  ]
}
