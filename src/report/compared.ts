import { formatDuration, formatNumber, formatProbability } from '../core/units.js'
import { doubtsOf } from '../core/validity.js'
import { formatValue } from '../core/verdict.js'
import type { ComparedResults, VariantResult } from '../stats/compared-runs.js'
import { latencyComparison } from './charts/comparison.js'
import { ratioIntervals } from './charts/ratio-intervals.js'
import { valuesByRun } from './charts/values-by-run.js'
import { comparedAnswer, effectText, intervalText, isFound, pText } from './compared-words.js'
import type { Report } from './markdown.js'
import { count, list, numberOr } from './quantities.js'
import { environmentSection } from './sections/environment.js'
import { loadPoint, mixPoint } from './sections/method.js'
import { verdictTable } from './sections/verdicts.js'
import { plain, table } from './table.js'

const right = (titles: readonly string[]) => titles.map((title) => ({ title, align: 'right' as const }))

/** The report of a comparison. A pure function of its results: the same records give the same bytes. */
export function renderCompared(results: ComparedResults): Report {
  const { comparison, variants } = results
  const charts = chartsOf(results)
  const parts = [
    `# ${plain(comparison.question)}`,
    plain(comparedAnswer(results)),
    `Comparison \`${comparison.id}\`, ${comparison.started_at} to ${comparison.ended_at ?? 'now'}.`,
    ...(comparison.expect.length === 0
      ? []
      : [`## Verdicts\n\n${verdictTable(results.claims.map((verdict) => ({ verdict })))}`]),
    ...differences(results),
    ...picture(charts, 'ratios.svg', 'Ratios to the baseline with their intervals'),
    figures(results),
    ...picture(charts, 'runs.svg', 'The deciding figure of each run'),
    ...picture(charts, 'latency.svg', 'Distribution of the response time of each variant, all its runs merged'),
    ...drawnSection(results),
    variantSection(variants),
    runSection(results),
    ...(comparison.reading === null ? [] : [`## How to read the answer\n\n${plain(comparison.reading)}`]),
    methodSection(results),
    limitSection(results),
    ...environment(variants),
  ]
  return { markdown: `${parts.join('\n\n')}\n`, charts }
}

function chartsOf({ metrics, judged, comparison, cells, variants }: ComparedResults): Record<string, string> {
  const panels = metrics.map((metric) => ({
    title: metric.label,
    rows: judged.flatMap(({ metric: { name }, variant, judged: { effect, scale, interval, ...rest } }) =>
      name !== metric.name || effect === null || scale !== 'ratio'
        ? []
        : [{ name: variant, ratio: effect, interval, words: rest.verdict, found: isFound(rest) }],
    ),
  }))
  const [deciding] = metrics
  const runs = variants.map(({ name }) => ({
    name,
    values: (cells[deciding?.name ?? '']?.[name]?.values ?? []).filter((value) => value !== null),
  }))
  const merged = variants.flatMap(({ name, pooled }) => (pooled === null ? [] : [{ name, record: pooled }]))
  const drawn = {
    'ratios.svg': ratioIntervals(panels, comparison.baseline, comparison.margin),
    'runs.svg': deciding === undefined ? null : valuesByRun(runs, deciding.label, deciding.unit),
    'latency.svg': merged.length === 0 ? null : latencyComparison(merged),
  }
  return Object.fromEntries(Object.entries(drawn).flatMap(([file, svg]) => (svg === null ? [] : [[file, svg]])))
}

/** Every variant against the baseline, figure by figure, with its verdict. */
function differences({ comparison, judged }: ComparedResults): string[] {
  if (judged.length === 0) return []
  const rows = judged.map(({ metric, variant, judged: one }) => [
    metric.label,
    variant,
    one.baseline_median === null ? '-' : formatValue(one.baseline_median, metric.unit),
    one.variant_median === null ? '-' : formatValue(one.variant_median, metric.unit),
    effectText(one, metric),
    intervalText(one, metric),
    pText(one),
    formatNumber(one.pairs),
    isFound(one) ? `**${one.verdict}**` : one.verdict,
  ])
  const reasons = judged.flatMap(({ metric, variant, judged: { reason } }) =>
    reason === null ? [] : [`- ${metric.label}, ${plain(variant)}: ${plain(reason)}.`],
  )
  return [
    `## Held against ${plain(comparison.baseline)}`,
    table(
      [
        { title: 'Figure' },
        { title: 'Variant' },
        ...right([comparison.baseline, 'Variant', 'Ratio or difference', '95 % interval', 'p', 'Pairs']),
        { title: 'Verdict' },
      ],
      rows,
    ),
    'Medians over the runs; ratios and differences within blocks; p by a sign-flip test, after Holm; pp are percentage points. The first figure decides.',
    ...(reasons.length === 0 ? [] : [`Where it cannot tell:\n\n${reasons.join('\n')}`]),
  ]
}

/** What each variant measured: the median of its runs, and how far they scatter. */
function figures({ metrics, variants, cells }: ComparedResults): string {
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
        cell?.reason ?? '',
      ]
    }),
  )
  return [
    '## What was measured',
    table(
      [
        { title: 'Figure' },
        { title: 'Variant' },
        ...right(['Median', 'Lowest', 'Highest']),
        { title: 'Why there is none' },
      ],
      rows,
    ),
    'Each figure is that of a run; percentiles are compared run by run and never averaged.',
  ].join('\n\n')
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
      [{ title: 'Differences found in' }, ...right(['Comparisons', 'Rate', '95 % interval'])],
      [row('the deciding figure', deciding), row('any figure', any)],
    ),
    `${formatNumber(comparisons)} comparisons of ${count(blocks, 'block')}, each of ${formatNumber(2 * blocks)} distinct runs drawn at random from those recorded and split into pairs, judged as a real comparison is. They share runs, so the interval is a little too narrow.`,
  ]
}

function variantSection(variants: readonly VariantResult[]): string {
  return [
    '## The variants',
    table(
      [
        { title: 'Variant' },
        { title: 'Scenario' },
        { title: 'Set apart by' },
        ...right(['Runs that count', 'Voided']),
        { title: 'Remark' },
      ],
      variants.map(({ name, scenario, set, runs, voided, overloaded, failure }) => [
        name,
        scenario,
        Object.entries(set)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
        formatNumber(runs.length),
        Object.entries(voided)
          .map(([word, n]) => `${n} ${word}`)
          .join(', ') || '0',
        failure ?? (overloaded > 0 ? `${overloaded} overloaded: of those, times are left out` : ''),
      ]),
    ),
  ].join('\n\n')
}

/** Every run in the order in which it ran. */
function runSection({ comparison, metrics, cells }: ComparedResults): string {
  const [deciding] = metrics
  const rows = comparison.runs.map(({ block, variant, record, doubts, failure }) => [
    formatNumber(block),
    variant,
    numberOr(cells[deciding?.name ?? '']?.[variant]?.values[block - 1] ?? null),
    failure ?? (doubts.join(', ') || 'none'),
    record === null ? '' : `[record](${encodeURI(record)}/run.json)`,
  ])
  return [
    '## Every run',
    table(
      [
        { title: 'Block', align: 'right' },
        { title: 'Variant' },
        {
          title:
            deciding === undefined ? 'Value' : `${deciding.label}${deciding.unit === '' ? '' : `, ${deciding.unit}`}`,
          align: 'right',
        },
        { title: 'Doubts' },
        { title: 'Record' },
      ],
      rows,
    ),
    'In the order in which they ran. A run in doubt is voided: its value is left out.',
  ].join('\n\n')
}

function methodSection({ comparison, variants, judged }: ComparedResults): string {
  const { blocks, seed, margin, order, act, kind } = comparison
  const first = variants.find(({ runs }) => runs.length > 0)?.runs[0]
  const exact = judged.every(({ judged: { p_exact } }) => p_exact !== false)
  const points = [
    kind === 'aa'
      ? `**Runs:** ${count(order.length, 'run')}, each on fresh processes after a warm-up, with a seed of its own.`
      : `**Blocks:** ${formatNumber(order.length)}${order.length > blocks ? ` (${formatNumber(blocks)} were planned; the others make up for runs in doubt)` : ''}, each with one run of every variant on fresh processes after a warm-up, in a random order (seed ${seed}). All runs of a block share the seed of their arrivals and service times, each block has another.`,
    ...(first === undefined ? [] : [loadPoint(first), ...mixPoint(first)]),
    ...(first === undefined
      ? []
      : [
          `**Counted** were ${formatDuration(first.load.planned_ms)} of each run, after a warm-up of ${formatDuration(first.load.warmup_ms)}. **Work per request:** ${plain(first.work)}.`,
        ]),
    ...(act === null
      ? []
      : [
          act.kind === 'drill'
            ? `**Each run is a drill:** ${act.fault} ${plain(act.node)}.`
            : `**In each run** rows move to ${count(act.to, 'shard')}.`,
        ]),
    `**Verdicts:** ${exact ? 'the sign-flip test over all assignments of signs to the differences within blocks' : 'the sign-flip test over 100,000 random assignments of signs'} (Fisher, Pitman), corrected by Holm among the variants in the deciding figure, and among all variants and figures beside it. Better or worse: p at most 0.05 and the effect beyond ${formatNumber(margin * 100)} %. Equivalent: the whole interval within it. Otherwise: cannot tell.`,
    '**Intervals:** 95 %, by the studentised bootstrap of the mean of the logarithms of the ratios within blocks (of the differences, where ratios mean nothing); each by itself, not corrected.',
    '**Void** is a run in which the generator was late or full, the machine was full, figures drifted or requests were lost; it is made up for by another block, up to half as many. What is counted (rows, instances, lost writes) stands all the same. A run that was overloaded keeps its rates and loses its times, which grow with its length.',
  ]
  return [
    '## How it was measured',
    points.map((point) => `- ${point}`).join('\n'),
    'To repeat it:',
    ['```sh', comparison.command, '```'].join('\n'),
  ].join('\n\n')
}

function limitSection({ comparison, variants, judged }: ComparedResults): string {
  const smallest = judged.flatMap(({ deciding, judged: { smallest_p } }) =>
    deciding && smallest_p !== null ? [smallest_p] : [],
  )
  const doubts = new Set(variants.flatMap(({ runs }) => runs.flatMap(({ validity }) => doubtsOf(validity))))
  const points = [
    'All parts share one machine: what a network between them would cost is not in these figures.',
    'A comparison holds for this load, this work per request and this machine; the records say which.',
    ...(smallest.length === 0
      ? []
      : [
          `The smallest p that so many blocks allow is ${formatProbability(Math.max(...smallest))} in the deciding figure.`,
        ]),
    ...(doubts.size === 0 ? [] : [`Some runs that count were ${list([...doubts])}.`]),
    ...(comparison.status === 'interrupted' ? ['It was interrupted: later blocks are missing.'] : []),
  ]
  return ['## What limits the answer', points.map((point) => `- ${point}`).join('\n')].join('\n\n')
}

function environment(variants: readonly VariantResult[]): string[] {
  const first = variants.flatMap(({ runs }) => runs)[0]
  return first === undefined ? [] : [environmentSection(first)]
}

function picture(charts: Record<string, string>, file: string, words: string): string[] {
  return file in charts ? [`![${words}](${file})`] : []
}
