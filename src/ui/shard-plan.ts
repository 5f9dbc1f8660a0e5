import type { SchemePlan, SchemeStep, ShardPlan } from '../core/shard-plan.js'
import { formatNumber, formatShare } from '../core/units.js'
import { bytes } from './figures.js'
import { paint, type Span } from './style.js'
import { type Cell, renderTable, type TableColumn, type TextOptions } from './table.js'
import { renderVerdicts } from './verdicts.js'
import { oneLine, wrap } from './width.js'

/** What every scheme would do, for the terminal: the answer in a sentence, the schemes by what they move, the verdicts. */
export function renderShardPlanSummary(plan: ShardPlan, options: TextOptions): string {
  const rows = plan.schemes
    .map((scheme) => rowOf(plan, scheme))
    .toSorted(
      (a, b) =>
        Number(a.ignoresWeights) - Number(b.ignoresWeights) || inPrint(a) - inPrint(b) || a.scheme.cv - b.scheme.cv,
    )
  const verdicts = renderVerdicts(plan.verdicts, options)
  return [
    heading(plan, rows, options),
    schemeTable(plan, rows, options),
    ...(plan.stages.length > 2 ? [stepTable(plan, rows, options)] : []),
    ...remarks(plan, rows, options),
    ...(verdicts === '' ? [] : [verdicts]),
  ].join('\n\n')
}

/** A scheme with what it does in all steps together. */
interface Row {
  scheme: SchemePlan
  moved: number
  needless: number
  minimum: number
  /** It did not do what was asked: it takes no weights, and they differ. */
  ignoresWeights: boolean
}

function rowOf({ stages }: ShardPlan, scheme: SchemePlan): Row {
  const differ = stages.some((stage) => stage.some(({ weight }) => weight !== stage[0]?.weight))
  const total = (read: (step: SchemeStep) => number): number => scheme.steps.reduce((sum, step) => sum + read(step), 0)
  return {
    scheme,
    moved: total(({ moved_fraction }) => moved_fraction),
    needless: total(({ unnecessary_fraction }) => unnecessary_fraction),
    minimum: total(({ minimum_fraction }) => minimum_fraction),
    ignoresWeights: scheme.weighted === false && differ,
  }
}

/** What is the same in print counts as the same. */
function inPrint({ moved }: Row): number {
  return Math.round(moved * 1_000)
}

function heading(plan: ShardPlan, rows: readonly Row[], { width, colour }: TextOptions): string {
  const { keys } = plan
  const shape = keys.exponent === null ? oneLine(keys.source) : `zipf ${formatNumber(keys.exponent)}`
  const seed = keys.source === 'uniform' ? `, seed ${keys.seed}` : ''
  const what = `${formatNumber(keys.count)} ${keys.count === 1 ? 'key' : 'keys'} (${shape}${seed})`
  return [
    ...wrap(answer(plan, rows), width).map((line) => paint(line, 'strong', colour)),
    ...wrap(what, width).map((line) => paint(line, 'dim', colour)),
  ].join('\n')
}

/** As many schemes are named one by one in the answer. */
const NAMED = 3

function answer(plan: ShardPlan, all: readonly Row[]): string {
  const done = all.filter(({ ignoresWeights }) => !ignoresWeights)
  const rows = done.length > 0 ? done : all
  const [first] = rows
  if (first === undefined) return 'No scheme could place these keys.'
  const last = rows.at(-1) ?? first
  const named = rows.length <= NAMED ? rows.toReversed() : [last, first]
  const moves = named.map(({ scheme, moved }, index) =>
    index === 0 ? `${scheme.scheme} moves ${formatShare(moved)} of the keys` : `${scheme.scheme} ${formatShare(moved)}`,
  )
  const main = `${change(plan)} ${moves.join(', ')}; even shards ask for ${formatShare(first.minimum)}.`
  return rows.length <= NAMED ? main : `${main} ${plan.keys.exponent === null ? evenest(rows) : coolest(rows)}`
}

function evenest(rows: readonly Row[]): string {
  const [best] = rows.toSorted((a, b) => a.scheme.cv - b.scheme.cv)
  if (best === undefined) return ''
  const { scheme, peak_to_mean } = best.scheme
  return `Evenest is ${scheme}: its fullest shard has ${times(peak_to_mean)} its share.`
}

function coolest(rows: readonly Row[]): string {
  const sorted = rows.map(({ scheme }) => scheme).toSorted((a, b) => a.traffic_peak_to_mean - b.traffic_peak_to_mean)
  const [best, worst] = [sorted[0], sorted.at(-1)]
  if (best === undefined || worst === undefined) return ''
  return `The hottest shard gets ${times(best.traffic_peak_to_mean)} its share of the requests with ${best.scheme}, ${times(worst.traffic_peak_to_mean)} with ${worst.scheme}.`
}

/** "From 3 to 4 shards", "When shard-2 of 5 is lost,", "With other weights of 3 shards". */
function change({ stages }: ShardPlan): string {
  const sizes = stages.map((stage) => stage.length)
  const [first = [], last = []] = [stages[0], stages.at(-1)]
  const lost = first.filter(({ id }) => last.every((shard) => shard.id !== id)).map(({ id }) => id)
  const tail = first.slice(first.length - lost.length).map(({ id }) => id)
  // What leaves from the end is a smaller number; another one is somebody.
  if (lost.length > 0 && stages.length === 2 && lost.join() !== tail.join()) {
    const who = lost.length > NAMED ? `${lost.length} shards` : lost.join(' and ')
    return `When ${who} of ${first.length} ${lost.length === 1 ? 'is' : 'are'} lost,`
  }
  if (new Set(sizes).size === 1) return `With other weights of ${first.length} shards`
  if (stages.length === 2) return `From ${list(sizes)} shards`
  const way =
    sizes.length > NAMED + 1
      ? `${sizes[0]} to ${sizes.at(-1)} shards in ${sizes.length - 1} steps`
      : `${list(sizes)} shards`
  return `From ${way}, added up,`
}

/** "3 to 4", "3 over 4 and 5 to 6". */
function list(sizes: readonly number[]): string {
  const between = sizes.slice(1, -1)
  return `${sizes[0]}${between.length === 0 ? '' : ` over ${between.join(' and ')}`} to ${sizes.at(-1)}`
}

function times(ratio: number): string {
  return `${ratio.toFixed(ratio < 9.995 ? 3 : 1)} times`
}

interface PlanColumn extends TableColumn {
  cell: (row: Row) => Cell
  /** Shown in terminals at least so wide. */
  from: number
}

function schemeTable(plan: ShardPlan, rows: readonly Row[], options: TextOptions): string {
  const skewed = plan.keys.exponent !== null
  const timed = rows.some(({ scheme }) => scheme.lookups_per_s !== null)
  const columns: readonly (PlanColumn | false)[] = [
    {
      title: 'scheme',
      from: 0,
      cell: ({ scheme: { scheme, note } }) => [note === null ? scheme : `${scheme} *`, 'strong'],
    },
    { title: 'moved', align: 'right', from: 0, cell: ({ moved }) => formatShare(moved) },
    { title: 'needless', align: 'right', from: 0, cell: needlessMoves },
    { title: '', from: 120, cell: bar },
    { title: 'fullest shard', align: 'right', from: 0, cell: ({ scheme }) => times(scheme.peak_to_mean) },
    skewed && { title: 'busiest shard', align: 'right', from: 0, cell: traffic },
    timed && { title: 'lookups/s', align: 'right', from: 0, cell: ({ scheme }) => rate(scheme.lookups_per_s) },
    { title: 'memory', align: 'right', from: 0, cell: ({ scheme }) => bytes(scheme.memory_bytes) },
    { title: 'parameters', from: 150, cell: parameters },
  ]
  const shown = columns.filter((column) => column !== false).filter(({ from }) => options.width >= from)
  return renderTable(
    shown,
    rows.map((row) => shown.map(({ cell }) => cell(row))),
    options,
  )
}

function needlessMoves({ needless }: Row): Span {
  return [formatShare(needless), needless > 0.0005 ? 'warn' : 'plain']
}

const BAR = 20

/** All keys as one bar (of several steps the mean): what moved for a reason, then what need not have. */
function bar({ scheme, moved, needless }: Row): Span {
  const cells = (share: number): number => Math.round((share / scheme.steps.length) * BAR)
  const needed = cells(moved - needless)
  const filled = Math.max(needed, cells(moved))
  return [`${'█'.repeat(needed)}${'▒'.repeat(filled - needed)}${'·'.repeat(BAR - filled)}`, 'data']
}

function traffic({ scheme: { traffic_peak_to_mean } }: Row): Span {
  return [times(traffic_peak_to_mean), traffic_peak_to_mean > 1.5 ? 'warn' : 'plain']
}

function rate(value: number | null): string {
  return value === null ? '-' : `${(value / 1e6).toFixed(value >= 9.95e6 ? 1 : 2)} M`
}

function parameters({ scheme }: Row): string {
  const entries = Object.entries(scheme.parameters)
  return entries.length === 0 ? '-' : entries.map(([name, value]) => `${name} ${value}`).join(', ')
}

/** Steps that fit beside each other; the report has all. */
const MOST_STEPS = 6

function stepTable({ stages }: ShardPlan, rows: readonly Row[], options: TextOptions): string {
  const steps = stages.slice(1, MOST_STEPS + 1).map((stage, step) => `${stages[step]?.length ?? 0} to ${stage.length}`)
  const [least] = rows
  const minimum = (step: number): Span => [formatShare(least?.scheme.steps[step]?.minimum_fraction ?? 0), 'dim']
  return renderTable(
    ['moved', ...[...steps, 'added up', 'at once'].map((title): TableColumn => ({ title, align: 'right' }))],
    [
      ...rows.map(({ scheme, moved }): Cell[] => [
        [scheme.scheme, 'strong'],
        ...steps.map((_, step) => formatShare(scheme.steps[step]?.moved_fraction ?? 0)),
        formatShare(moved),
        formatShare(scheme.moved_fraction),
      ]),
      [
        ['minimum', 'dim'],
        ...steps.map((_, step) => minimum(step)),
        [formatShare(least?.minimum ?? 0), 'dim'],
        [formatShare(least?.scheme.minimum_fraction ?? 0), 'dim'],
      ],
    ],
    options,
  )
}

function remarks(plan: ShardPlan, rows: readonly Row[], { width, colour }: TextOptions): string[] {
  const texts = [
    ...rows.flatMap(({ scheme: { scheme, note } }) => (note === null ? [] : [`* ${scheme}: ${note}`])),
    ...(plan.left_out ?? []).map(({ scheme, reason }) => `${scheme} is left out: ${reason}`),
  ]
  if (texts.length === 0) return []
  return [texts.flatMap((text) => wrap(oneLine(text), width).map((line) => paint(line, 'dim', colour))).join('\n')]
}
