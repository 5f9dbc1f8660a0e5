import type { ShardPlan } from '../core/shard-plan.js'
import { shardMovement } from './charts/shard-movement.js'
import { shardRing } from './charts/shard-ring.js'
import { keysPerShard, movedFraction, trafficPerShard } from './charts/shards.js'
import { drawn, picture, type Report, reportOf } from './report-of.js'
import { keySection, movementSection, sourceSection, stageSection, trafficSection } from './sections/planned-keys.js'
import { schemeSection, stepSection, theorySection } from './sections/planned-schemes.js'
import { planEnvironment, planLead, planReading, stageWords } from './sections/planned-words.js'
import { verdictTable } from './sections/verdicts.js'
import { plain } from './table.js'

/** The report of what every scheme would do to the same keys. A pure function of the plan. */
export function renderShardPlan(plan: ShardPlan): Report {
  const skewed = plan.schemes.some(
    ({ traffic_peak_to_mean, peak_to_mean }) => traffic_peak_to_mean > peak_to_mean * 1.05,
  )
  const charts = drawn({
    'moved.svg': movedFraction(plan),
    'keys-per-shard.svg': keysPerShard(plan),
    'traffic-per-shard.svg': skewed ? trafficPerShard(plan) : null,
    'movement.svg': shardMovement(plan),
    'ring.svg': shardRing(plan),
  })
  const parts = [
    ...schemeSection(plan),
    ...picture(charts, 'moved.svg', 'Share of the keys that move, by scheme'),
    '## Verdicts',
    verdictTable(plan.verdicts.map((verdict) => ({ verdict }))),
    ...theorySection(plan),
    ...stepSection(plan),
    ...stageSection(plan),
    ...keySection(plan),
    ...picture(charts, 'keys-per-shard.svg', 'Keys per shard before and after, by scheme'),
    ...trafficSection(plan),
    ...picture(charts, 'traffic-per-shard.svg', 'Requests per shard before and after, by scheme'),
    ...movementSection(plan),
    ...picture(charts, 'movement.svg', 'Keys that move between shards, by scheme'),
    ...('ring.svg' in charts ? ['## The ring'] : []),
    ...picture(charts, 'ring.svg', 'The ring before and after'),
    ...planReading(plan),
    ...sourceSection(plan),
    ...(plan.command === undefined ? [] : ['## To repeat it', ['```sh', plan.command, '```'].join('\n')]),
    ...planEnvironment(plan),
  ]
  return reportOf({
    title: `Keys on shards: ${plain(stageWords(plan))}`,
    lead: planLead(plan),
    authors: [plan.author],
    parts,
    charts,
  })
}
