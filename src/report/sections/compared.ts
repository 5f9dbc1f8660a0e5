import { formatDuration, formatNumber, formatProbability } from '../../core/units.js'
import { doubtsOf } from '../../core/validity.js'
import type { ComparedResults, VariantResult } from '../../stats/compared-runs.js'
import { count, list, numberOr } from '../quantities.js'
import { plain, table } from '../table.js'
import { loadPoint, mixPoint } from './method.js'

const right = (titles: readonly string[]) => titles.map((title) => ({ title, align: 'right' as const }))

export function variantSection(variants: readonly VariantResult[]): string {
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
export function runSection({ comparison, metrics, cells }: ComparedResults): string {
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

export function methodSection({ comparison, variants, judged }: ComparedResults): string {
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
    `**Verdicts:** ${exact ? 'the sign-flip test over all assignments of signs to the differences within blocks' : 'the sign-flip test over 100,000 random assignments of signs'} (Fisher, Pitman), each figure at 5 % as long as those before it were significant${variants.length > 2 ? ', divided among the variants; one that comes through all its figures leaves its part to the others' : ''} (Maurer, Hothorn and Lehmacher${variants.length > 2 ? '; Bretz and others' : ''}). So at most 5 % of comparisons find a difference in any figure where there is none. A figure that cannot become significant, such as no errors on either side, is passed over. Better or worse: p at most 0.05 and the effect beyond ${formatNumber(margin * 100)} %. Equivalent: the whole interval within it, whatever its place in the order. Otherwise: cannot tell, or not tested.`,
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

export function limitSection({ comparison, variants, judged }: ComparedResults): string {
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
