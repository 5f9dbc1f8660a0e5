import type { SchemePlan, ShardPlan } from '../core/shard-plan.js'
import { formatNumber } from '../core/units.js'
import { formatValue } from '../core/verdict.js'
import type { Report } from './markdown.js'
import { count, list, numberOr } from './quantities.js'
import { verdictTable } from './sections/verdicts.js'
import { plain, table } from './table.js'

const percent = (share: number): string => formatValue(share, 'share')

/** The report of what every scheme would do to the same keys. A pure function of the plan. */
export function renderShardPlan(plan: ShardPlan): Report {
  const parts = [
    `# Keys on shards: ${stagesWords(plan)}`,
    schemeTable(plan.schemes),
    `## Verdicts\n\n${verdictTable(plan.verdicts.map((verdict) => ({ verdict })))}`,
  ]
  return { markdown: `${parts.join('\n\n')}\n`, charts: {} }
}

/** "3 to 4 shards". */
function stagesWords({ stages }: ShardPlan): string {
  return `${list(stages.map((shards) => formatNumber(shards.length)))} shards`
}

function schemeTable(schemes: readonly SchemePlan[]): string {
  const columns = ['Moved', 'Minimum', 'Unnecessary', 'CV', 'Peak/mean', 'Chi-square', 'p', 'Lookups/s', 'Memory']
  return table(
    [{ title: 'Scheme' }, ...columns.map((title) => ({ title, align: 'right' as const }))],
    schemes.map((scheme) => [
      plain(scheme.scheme),
      ...[scheme.moved_fraction, scheme.minimum_fraction, scheme.unnecessary_fraction, scheme.cv].map(percent),
      formatNumber(scheme.peak_to_mean),
      formatNumber(scheme.chi_square),
      numberOr(scheme.p_value),
      numberOr(scheme.lookups_per_s),
      count(scheme.memory_bytes, 'byte'),
    ]),
  )
}
