import { isOneBlock } from '../core/comparison.js'
import type { Metric } from '../core/metric.js'
import { formatNumber } from '../core/units.js'
import { bearing, doubtsOf } from '../core/validity.js'
import { formatValue } from '../core/value.js'
import type { ComparedResults } from '../stats/compared-runs.js'
import { isOfOneVariant, untestedWords } from '../stats/comparison.js'
import { effectText } from '../stats/effect.js'
import type { Judged } from '../stats/paired-comparison.js'
import { paint, type Tone } from './style.js'
import { type Cell, renderTable, type TextOptions } from './table.js'
import { renderRunValidity } from './validity.js'
import { renderVerdicts } from './verdicts.js'
import { oneLine, wrap } from './width.js'

const TONES: Record<Judged['verdict'], Tone> = {
  better: 'good',
  worse: 'bad',
  different: 'contrast',
  equivalent: 'data',
  'cannot tell': 'warn',
  'not tested': 'dim',
}

/** What a comparison came to: every variant against the baseline, figure by figure; then claims, and why it cannot tell. */
export function renderCompared(results: ComparedResults, options: TextOptions): string {
  const { comparison, judged, variants, claims, drawn } = results
  const failed = variants.flatMap(({ name, failure }) =>
    failure === null ? [] : wrap(oneLine(`${name} could not run: ${failure}`), options.width),
  )
  const voided = variants.flatMap(({ name, voided: words }) =>
    Object.entries(words).map(([word, n]) => `${oneLine(name)}: ${n} ${n === 1 ? 'run' : 'runs'} voided, ${word}`),
  )
  const single = isOneBlock(comparison)
  const reasons = judged.flatMap(({ metric, variant, judged: { reason, verdict } }) =>
    reason === null || verdict !== 'cannot tell' || single
      ? []
      : wrap(oneLine(`${metric.label}, ${variant}: ${reason}`), options.width - 2).map((line, i) =>
          i === 0 ? line : `  ${line}`,
        ),
  )
  const untested = untestedWords(judged).flatMap((words) => wrap(oneLine(`Not tested: ${words}`), options.width))
  // Of one block no run is voided, so each says what it can be relied on for, and what to do.
  const doubtful = variants.flatMap(({ name, runs }) =>
    runs
      .filter((run) => single && doubtsOf(bearing(run)).length > 0)
      .map((run) => renderRunValidity(name, run, options)),
  )
  return [
    ...(judged.length === 0 ? [] : [table(results, options)]),
    ...(drawn === null ? [] : [drawnText(results, options.width)]),
    ...(judged.length === 0
      ? []
      : [
          wrap(
            single
              ? `Held against ${oneLine(comparison.baseline)}: ${comparison.order.length > 1 ? 'medians of the runs' : 'each was run once'}.`
              : `Held against ${oneLine(comparison.baseline)}: medians of the runs; ratio and 95 % interval within blocks.`,
            options.width,
          ).join('\n'),
        ]),
    ...(reasons.length + untested.length === 0 ? [] : [[...reasons, ...untested].join('\n')]),
    ...doubtful,
    ...(failed.length + voided.length === 0
      ? []
      : [[...failed, ...voided].map((text) => paint(text, 'warn', options.colour)).join('\n')]),
    ...(claims.length === 0 ? [] : [renderVerdicts(claims, options)]),
  ].join('\n\n')
}

function table({ comparison, judged, metrics }: ComparedResults, options: TextOptions): string {
  const once = isOneBlock(comparison)
  const alone = isOfOneVariant(judged)
  const rows = metrics.flatMap((metric) =>
    judged
      .filter((one) => one.metric.name === metric.name && !(once && one.judged.effect === null))
      .map(({ variant, judged: one }, i): Cell[] => [
        i === 0 ? figure(metric, once) : '',
        ...(alone ? [] : [oneLine(variant)]),
        value(one.baseline_median, metric.unit),
        value(one.variant_median, metric.unit),
        effectText(one.effect, one.scale, metric),
        ...(once
          ? []
          : [
              one.interval?.map((bound) => effectText(bound, one.scale, metric)).join(' - ') ?? '-',
              [one.verdict, TONES[one.verdict]] as const,
            ]),
      ]),
  )
  return renderTable(
    [
      'figure',
      ...(alone ? [] : ['variant']),
      { title: oneLine(comparison.baseline), align: 'right' },
      { title: oneLine((alone && judged[0]?.variant) || 'its value'), align: 'right' },
      { title: 'ratio', align: 'right' },
      ...(once
        ? []
        : [
            { title: '95 % interval', align: 'right' as const },
            { title: 'verdict', whole: true as const },
          ]),
    ],
    rows,
    options,
  )
}

/** Its name with its unit where there is room: beside intervals there is none. */
function figure({ label, short, unit }: Metric, room: boolean): string {
  if (!room) return short ?? label
  return unit === '' || unit === 'share' ? label : `${label}, ${unit}`
}

function value(number: number | null, unit: string): string {
  if (number === null) return ''
  return unit === 'share' ? formatValue(number, unit) : formatNumber(number)
}

function drawnText({ drawn, variants }: ComparedResults, width: number): string {
  if (drawn === null) return ''
  const percent = (share: number): string => `${formatNumber(share * 100)} %`
  const { deciding, any, comparisons } = drawn
  const rate = ({ rate: share, interval: [low, high] }: typeof any): string =>
    `${percent(share)} (95 % interval ${percent(low)} to ${percent(high)})`
  return [
    `${formatNumber(comparisons)} comparisons of ${oneLine(variants[0]?.name ?? '')} with itself, drawn from ${formatNumber(variants[0]?.runs.length ?? 0)} runs, found a difference`,
    `  in the deciding figure: ${rate(deciding)}`,
    `  in any figure: ${rate(any)}`,
  ]
    .flatMap((line) => wrap(line, width))
    .join('\n')
}
