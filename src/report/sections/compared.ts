import { type Comparison, isOneBlock } from '../../core/comparison.js'
import { formatDuration, formatNumber, formatProbability } from '../../core/units.js'
import { doubtsOf } from '../../core/validity.js'
import type { ComparedResults, VariantResult } from '../../stats/compared-runs.js'
import { repeatCommand } from '../command.js'
import { differences } from '../differences.js'
import { count, list, numberOr } from '../quantities.js'
import { plain, right, table } from '../table.js'
import { loadPoint, mixPoint } from './method.js'

export function variantSection(variants: readonly VariantResult[]): string {
  return [
    '## The variants',
    table(
      [
        { title: 'Variant' },
        { title: 'Scenario' },
        { title: 'Set apart by' },
        ...right('Runs that count', 'Voided'),
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

/** In what the runs of the variants differ: a comparison shows the effect of all of it together. */
export function differenceSection(variants: readonly VariantResult[]): string[] {
  const shown = variants.flatMap(({ name, runs: [first] }) => (first === undefined ? [] : [{ name, first }]))
  if (shown.length < 2) return []
  const rows = differences(shown.map(({ first }) => first))
  return [
    '## What differs',
    rows.length === 0
      ? 'Nothing that shapes the figures differs, as far as the records know.'
      : table(
          [{ title: 'What differs' }, ...shown.map(({ name }) => ({ title: name }))],
          rows.map(({ name, values }) => [name, ...values]),
        ),
    ...(rows.length === 0 ? [] : ['The comparison shows the effect of all of these together.']),
  ]
}

/** Of runs that were put together, those that repeat each variant. */
function commandsOf({ gathered, command }: Comparison, variants: readonly VariantResult[]): string[] {
  if (gathered !== true) return [command]
  return variants.flatMap(({ runs: [first] }) => (first === undefined ? [] : [repeatCommand(first)]))
}

/** Every run in the order in which it ran. */
export function runSection({ comparison, metrics, cells }: ComparedResults): string {
  const [deciding] = metrics
  const rows = comparison.runs.map(({ block, variant, record, doubts, failure }) => [
    formatNumber(block),
    variant,
    numberOr(cells[deciding?.name ?? '']?.[variant]?.values[block - 1] ?? null),
    failure ?? (doubts.join(', ') || 'none'),
    record === null
      ? ''
      : isOneBlock(comparison) || comparison.gathered === true
        ? `[report](${encodeURI(record)}/report.md)`
        : `[record](${encodeURI(record)}/run.json)`,
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
    isOneBlock(comparison)
      ? 'A run in doubt is shown all the same: its figures may be those of the laboratory.'
      : 'In the order in which they ran. A run in doubt is voided: its value is left out.',
  ].join('\n\n')
}

export function methodSection({ comparison, variants, judged }: ComparedResults): string {
  const { blocks, seed, margin, order, act, kind, gathered } = comparison
  const single = isOneBlock(comparison)
  const first = variants.find(({ runs }) => runs.length > 0)?.runs[0]
  const exact = judged.every(({ judged: { p_exact } }) => p_exact !== false)
  const points = [
    kind === 'aa'
      ? `**Runs:** ${count(order.length, 'run')}, each on fresh processes after a warm-up, with a seed of its own.`
      : gathered === true
        ? `**Runs** that were there, put together: those of a variant repeat one another, and the first of each are one block, the second another. They were not run in turn, so what changed on the machine in between is in the differences.`
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
    ...(single ? [] : judgingPoints({ exact, margin, variants: variants.length })),
  ]
  return [
    '## How it was measured',
    points.map((point) => `- ${point}`).join('\n'),
    'To repeat it:',
    ['```sh', ...commandsOf(comparison, variants), '```'].join('\n'),
  ].join('\n\n')
}

function judgingPoints({ exact, margin, variants }: { exact: boolean; margin: number; variants: number }): string[] {
  return [
    `**Verdicts:** ${exact ? 'the sign-flip test over all assignments of signs to the differences within blocks' : 'the sign-flip test over 100,000 random assignments of signs'} (Fisher, Pitman), each figure at 5 % as long as those before it were significant${variants > 2 ? ', divided among the variants; one that comes through all its figures leaves its part to the others' : ''} (Maurer, Hothorn and Lehmacher${variants > 2 ? '; Bretz and others' : ''}). So at most 5 % of comparisons find a difference in any figure where there is none. A figure that cannot become significant, such as no errors on either side, is passed over. Better or worse: p at most 0.05 and the effect beyond ${formatNumber(margin * 100)} %. Equivalent: the whole interval within it, whatever its place in the order. Otherwise: cannot tell, or not tested.`,
    '**Intervals:** 95 %, by the studentised bootstrap of the mean of the logarithms of the ratios within blocks (of the differences, where ratios mean nothing); each by itself, not corrected.',
    '**Void** is a run in which the generator was late or full, the machine was full, figures drifted or requests were lost; it is made up for by another block, up to half as many. What is counted (rows, instances, lost writes) stands all the same. A run that was overloaded keeps its rates and loses its times, which grow with its length.',
  ]
}

export function limitSection({ comparison, variants, judged }: ComparedResults): string {
  const smallest = judged.flatMap(({ deciding, judged: { smallest_p } }) =>
    deciding && smallest_p !== null && !isOneBlock(comparison) ? [smallest_p] : [],
  )
  const doubts = new Set(variants.flatMap(({ runs }) => runs.flatMap(({ validity }) => doubtsOf(validity))))
  const points = [
    ...(isOneBlock(comparison)
      ? ['Each was measured once: a difference of a few per cent shows nothing, and which one is noise cannot be seen.']
      : []),
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
