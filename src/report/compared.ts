import { isOneBlock } from '../core/comparison.js'
import type { Verdict } from '../core/record.js'
import { formatNumber, fromTo } from '../core/units.js'
import { formatValue } from '../core/value.js'
import type { ComparedResults, VariantResult } from '../stats/compared-runs.js'
import { isOfOneVariant, untestedWords } from '../stats/comparison.js'
import { effectText } from '../stats/effect.js'
import { scalingGroups, scalingVerdicts } from '../stats/shard-scaling.js'
import { latencyComparison } from './charts/distribution.js'
import { ratioIntervals, valuesByRun } from './charts/dot-rows.js'
import { shardScaling } from './charts/growth.js'
import { comparedLead, intervalText, isFound, oneBlockWords, pText } from './compared-words.js'
import { count } from './quantities.js'
import { drawn, picture, type Report, reportOf } from './report-of.js'
import { differenceSection, limitSection, methodSection, runSection, variantSection } from './sections/compared.js'
import { environmentSection } from './sections/environment.js'
import { scalingSection } from './sections/shard-scaling.js'
import { verdictTable } from './sections/verdicts.js'
import { plain, right, table } from './table.js'

/** The report of a comparison. A pure function of its results: the same records give the same bytes. */
export function renderCompared(results: ComparedResults): Report {
  const { comparison, variants } = results
  const charts = chartsOf(results)
  const verdicts = verdictRows(results)
  const verdictSection = verdicts.length === 0 ? [] : [`## Verdicts\n\n${verdictTable(verdicts)}`]
  // Claims about the comparison are what it was made for; those of each run stand below what it found.
  const asked = results.claims.length > 0
  const groups = scalingGroups(variants.flatMap(({ runs }) => runs))
  const parts = [
    `Comparison \`${comparison.id}\`, ${fromTo(comparison.started_at, comparison.ended_at)}.`,
    ...(asked ? verdictSection : []),
    ...differences(results),
    ...picture(charts, 'ratios.svg', `Ratios to the baseline${isOneBlock(comparison) ? '' : ' with their intervals'}`),
    ...figures(results),
    ...scalingSection(groups),
    ...picture(charts, 'shard-scaling.svg', 'Speed-up by number of shards, beside linear growth'),
    ...picture(charts, 'runs.svg', 'The deciding figure of each run'),
    ...picture(charts, 'latency.svg', 'Distribution of the response time of each variant, all its runs merged'),
    ...drawnSection(results),
    ...(asked ? [] : verdictSection),
    variantSection(variants),
    ...differenceSection(variants),
    runSection(results),
    ...(comparison.reading === null ? [] : [`## How to read the answer\n\n${plain(comparison.reading)}`]),
    methodSection(results),
    limitSection(results),
    ...environment(variants),
  ]
  return reportOf({
    title: `${plain(comparison.question)}`,
    lead: comparedLead(results),
    authors: [comparison.author, ...variants.flatMap(({ runs }) => runs.map(({ author }) => author))],
    parts,
    charts,
  })
}

function chartsOf({ metrics, judged, comparison, cells, variants }: ComparedResults): Record<string, string> {
  const panels = metrics.map((metric) => ({
    title: metric.label,
    rows: judged.flatMap(({ metric: { name }, variant, judged: { effect, scale, interval, ...rest } }) =>
      name !== metric.name || effect === null || scale !== 'ratio'
        ? []
        : [
            {
              name: variant,
              ratio: effect,
              interval,
              words: isOneBlock(comparison) ? '' : rest.verdict,
              found: isFound(rest),
            },
          ],
    ),
  }))
  const [deciding] = metrics
  const runs = variants.map(({ name }) => ({
    name,
    values: (cells[deciding?.name ?? '']?.[name]?.values ?? []).filter((value) => value !== null),
  }))
  const merged = variants.flatMap(({ name, pooled }) => (pooled === null ? [] : [{ name, record: pooled }]))
  return drawn({
    'ratios.svg': ratioIntervals(panels, comparison.baseline, comparison.margin),
    'runs.svg':
      deciding === undefined || isOneBlock(comparison) ? null : valuesByRun(runs, deciding.label, deciding.unit),
    'shard-scaling.svg': shardScaling(scalingGroups(variants.flatMap((variant) => variant.runs))),
    'latency.svg': merged.length === 0 ? null : latencyComparison(merged),
  })
}

/** Claims on the comparison; of each variant what its runs were expected to show; and what shards should bring. */
function verdictRows({ claims, variants }: ComparedResults): { run?: string; verdict: Verdict }[] {
  const ofRuns = variants.flatMap(({ name, pooled }) =>
    (pooled?.verdicts ?? []).map((verdict) => ({ run: name, verdict })),
  )
  const ofShards = scalingVerdicts(variants.flatMap(({ runs }) => runs))
  const all = [...claims, ...ofShards]
  return ofRuns.length === 0
    ? all.map((verdict) => ({ verdict }))
    : [...all.map((verdict) => ({ run: 'all', verdict })), ...ofRuns]
}

/** Every variant against the baseline, figure by figure, with its verdict; of one block there is none. */
function differences(results: ComparedResults): string[] {
  const { comparison, judged } = results
  if (judged.length === 0) return []
  const single = isOneBlock(comparison)
  const alone = isOfOneVariant(judged)
  const rows = judged.map(({ metric, variant, judged: one }) => [
    metric.label,
    ...(alone ? [] : [variant]),
    one.baseline_median === null ? '-' : formatValue(one.baseline_median, metric.unit),
    one.variant_median === null ? '-' : formatValue(one.variant_median, metric.unit),
    effectText(one.effect, one.scale, metric),
    ...(single
      ? []
      : [
          intervalText(one, metric),
          pText(one),
          formatNumber(one.pairs),
          isFound(one) ? `**${one.verdict}**` : one.verdict,
        ]),
  ])
  const reasons = judged.flatMap(({ metric, variant, judged: { reason, verdict } }) =>
    reason === null || verdict === 'not tested' || single
      ? []
      : [`- ${metric.label}, ${plain(variant)}: ${plain(reason)}.`],
  )
  const untested = untestedWords(judged).map((words) => `- ${plain(words)}.`)
  return [
    `## Held against ${plain(comparison.baseline)}`,
    table(
      [
        { title: 'Figure' },
        ...(alone ? [] : [{ title: 'Variant' }]),
        ...right(comparison.baseline, (alone && judged[0]?.variant) || 'Its value', 'Ratio or difference'),
        ...(single ? [] : [...right('95 % interval', 'p', 'Pairs'), { title: 'Verdict' }]),
      ],
      rows,
    ),
    single
      ? `${oneBlockWords(results)} pp are percentage points.`
      : 'Medians over the runs; ratios and differences within blocks; p by a sign-flip test, corrected; pp are percentage points. The first figure decides, and figures are tested in this order.',
    ...(reasons.length === 0 ? [] : [`Where it cannot tell:\n\n${reasons.join('\n')}`]),
    ...(untested.length === 0
      ? []
      : [
          `Not tested, since a figure is tested only as long as those before it were significant:\n\n${untested.join('\n')}`,
        ]),
  ]
}

/** What each variant measured: the median of its runs, and how far they scatter. Of one block all is told already. */
function figures({ comparison, metrics, variants, cells }: ComparedResults): string[] {
  if (isOneBlock(comparison) && comparison.order.length === 1 && variants.length > 1) return []
  const reasons = metrics.some((metric) =>
    variants.some(({ name }) => (cells[metric.name]?.[name]?.reason ?? null) !== null),
  )
  const rows = metrics.flatMap((metric) =>
    variants.map(({ name }) => {
      const cell = cells[metric.name]?.[name]
      const unit = metric.unit === 'share' ? 'share' : ''
      const show = (value: number | null): string => (value === null ? '' : formatValue(value, unit))
      return [
        `${metric.label}${metric.unit === '' || metric.unit === 'share' ? '' : `, ${metric.unit}`}`,
        name,
        show(cell?.median ?? null),
        show(cell?.lowest ?? null),
        show(cell?.highest ?? null),
        ...(reasons ? [cell?.reason ?? ''] : []),
      ]
    }),
  )
  return [
    '## What was measured',
    table(
      [
        { title: 'Figure' },
        { title: 'Variant' },
        ...right('Median', 'Lowest', 'Highest'),
        ...(reasons ? [{ title: 'Why there is none' }] : []),
      ],
      rows,
    ),
    'Each figure is that of a run; percentiles are compared run by run and never averaged.',
  ]
}

function drawnSection({ drawn }: ComparedResults): string[] {
  if (drawn === null) return []
  const { deciding, any, comparisons, blocks } = drawn
  const row = (name: string, { alarms, rate, interval }: typeof any): string[] => [
    name,
    formatNumber(alarms),
    formatValue(rate, 'share'),
    interval.map((bound) => formatValue(bound, 'share')).join(' to '),
  ]
  return [
    '## False alarms',
    table(
      [{ title: 'Differences found in' }, ...right('Comparisons', 'Rate', '95 % interval')],
      [row('the deciding figure', deciding), row('any figure', any)],
    ),
    `${formatNumber(comparisons)} comparisons of ${count(blocks, 'block')}, each of ${formatNumber(2 * blocks)} distinct runs drawn at random from those recorded and split into pairs, judged as a real comparison is. They share runs, so the interval is a little too narrow.`,
  ]
}

function environment(variants: readonly VariantResult[]): string[] {
  const first = variants.flatMap(({ runs }) => runs)[0]
  return first === undefined ? [] : [environmentSection(first)]
}
