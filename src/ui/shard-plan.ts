import type { SchemePlan, ShardPlan } from '../core/shard-plan.js'
import { formatNumber, formatProbability, formatShare } from '../core/units.js'
import { bytes } from './figures.js'
import { paint, type Span } from './style.js'
import { type Cell, renderTable, type TableColumn, type TextOptions } from './table.js'
import { renderVerdicts } from './verdicts.js'
import { oneLine, wrap } from './width.js'

/** What every scheme would do, for the terminal: the answer in a sentence, the schemes by what they move, the verdicts. */
export function renderShardPlanSummary(plan: ShardPlan, options: TextOptions): string {
  const schemes = plan.schemes.toSorted((a, b) => rank(a) - rank(b) || a.cv - b.cv)
  const verdicts = renderVerdicts(plan.verdicts, options)
  return [
    heading(plan, schemes, options),
    schemeTable(plan, schemes, options),
    ...(plan.stages.length > 2 ? [stepTable(plan, schemes, options)] : []),
    ...remarks(plan, schemes, options),
    ...(verdicts === '' ? [] : [verdicts]),
  ].join('\n\n')
}

/** By movement; what is the same in print counts as the same. */
function rank({ moved_fraction }: SchemePlan): number {
  return Math.round(moved_fraction * 1_000)
}

function heading(plan: ShardPlan, schemes: readonly SchemePlan[], { width, colour }: TextOptions): string {
  const { keys } = plan
  const shape = keys.exponent === null ? oneLine(keys.source) : `zipf ${formatNumber(keys.exponent)}`
  const seed = keys.source === 'uniform' ? `, seed ${keys.seed}` : ''
  const what = `${formatNumber(keys.count)} ${keys.count === 1 ? 'key' : 'keys'} (${shape}${seed})`
  return [
    ...wrap(answer(plan, schemes), width).map((line) => paint(line, 'strong', colour)),
    ...wrap(what, width).map((line) => paint(line, 'dim', colour)),
  ].join('\n')
}

/** As many schemes are named one by one in the answer. */
const NAMED = 3

function answer(plan: ShardPlan, schemes: readonly SchemePlan[]): string {
  const [first] = schemes
  if (first === undefined) return 'No scheme could place these keys.'
  const minimum = `the minimum is ${formatShare(first.minimum_fraction)}`
  const moves = ({ scheme, moved_fraction }: SchemePlan, verb = ''): string =>
    `${scheme} ${verb}${formatShare(moved_fraction)}`
  if (schemes.length <= NAMED) {
    const [most, ...others] = schemes.toReversed()
    const rest = others.map((scheme) => `, ${moves(scheme)}`).join('')
    return `${change(plan)} ${most === undefined ? '' : `${moves(most, 'moves ')} of the keys`}${rest}; ${minimum}.`
  }
  const last = schemes.at(-1) ?? first
  const [even] = schemes.toSorted((a, b) => a.cv - b.cv)
  const evenest =
    even === undefined ? '' : ` Evenest is ${even.scheme}: its fullest shard has ${times(even.peak_to_mean)} its share.`
  return `${change(plan)} ${moves(last, 'moves ')} of the keys, ${moves(first)}; ${minimum}.${evenest}`
}

/** "From 3 to 4 shards", "Without shard-2", "With other weights". */
function change({ stages }: ShardPlan): string {
  const sizes = stages.map((stage) => stage.length)
  const [first = [], last = []] = [stages[0], stages.at(-1)]
  const lost = first.filter(({ id }) => last.every((shard) => shard.id !== id)).map(({ id }) => id)
  const tail = first.slice(-lost.length).map(({ id }) => id)
  // What leaves from the end is a smaller number; another one is somebody.
  if (lost.length > 0 && stages.length === 2 && lost.length <= NAMED && lost.join() !== tail.join()) {
    return `Without ${lost.join(' and ')} of ${first.length} shards`
  }
  if (new Set(sizes).size === 1) return `With other weights of ${first.length} shards`
  return `From ${sizes.length > NAMED + 1 ? `${sizes[0]} over ${sizes.length - 2} steps to ${sizes.at(-1)}` : list(sizes)} shards`
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
  cell: (scheme: SchemePlan) => Cell
  /** Shown in terminals at least so wide. */
  from: number
}

function schemeTable(plan: ShardPlan, schemes: readonly SchemePlan[], options: TextOptions): string {
  const skewed = plan.keys.exponent !== null
  const timed = schemes.some(({ lookups_per_s }) => lookups_per_s !== null)
  const columns: readonly (PlanColumn | false)[] = [
    { title: 'scheme', from: 0, cell: ({ scheme, note }) => [note === null ? scheme : `${scheme} *`, 'strong'] },
    { title: 'moved', align: 'right', from: 0, cell: ({ moved_fraction }) => formatShare(moved_fraction) },
    { title: 'needless', align: 'right', from: 0, cell: needless },
    { title: '', from: 120, cell: bar },
    { title: 'cv', align: 'right', from: 0, cell: ({ cv }) => `${(cv * 100).toFixed(2)} %` },
    { title: 'peak/mean', align: 'right', from: 0, cell: ({ peak_to_mean }) => peak_to_mean.toFixed(3) },
    skewed && { title: 'traffic', align: 'right', from: 0, cell: traffic },
    { title: 'chi-square', align: 'right', from: 110, cell: ({ chi_square }) => formatNumber(chi_square) },
    { title: 'p', align: 'right', from: skewed ? 90 : 0, cell: probability },
    timed && { title: 'lookups/s', align: 'right', from: 0, cell: ({ lookups_per_s }) => rate(lookups_per_s) },
    { title: 'memory', align: 'right', from: 0, cell: ({ memory_bytes }) => bytes(memory_bytes) },
    { title: 'parameters', from: 150, cell: parameters },
  ]
  const shown = columns.filter((column) => column !== false).filter(({ from }) => options.width >= from)
  return renderTable(
    shown,
    schemes.map((scheme) => shown.map(({ cell }) => cell(scheme))),
    options,
  )
}

function needless({ unnecessary_fraction }: SchemePlan): Span {
  return [formatShare(unnecessary_fraction), unnecessary_fraction > 0.0005 ? 'warn' : 'plain']
}

const BAR = 20

/** All keys as one bar: what moved for a reason, then what need not have. */
function bar({ moved_fraction, unnecessary_fraction }: SchemePlan): Span {
  const cells = (share: number): number => Math.round(share * BAR)
  const needed = cells(moved_fraction - unnecessary_fraction)
  const filled = Math.max(needed, cells(moved_fraction))
  return [`${'█'.repeat(needed)}${'▒'.repeat(filled - needed)}${'·'.repeat(BAR - filled)}`, 'data']
}

function traffic({ traffic_peak_to_mean }: SchemePlan): Span {
  return [traffic_peak_to_mean.toFixed(3), traffic_peak_to_mean > 1.5 ? 'warn' : 'plain']
}

function probability({ p_value }: SchemePlan): string {
  return p_value === null ? '-' : formatProbability(p_value)
}

function rate(value: number | null): string {
  return value === null ? '-' : `${(value / 1e6).toFixed(value >= 9.95e6 ? 1 : 2)} M`
}

function parameters({ parameters: all }: SchemePlan): string {
  const entries = Object.entries(all)
  return entries.length === 0 ? '-' : entries.map(([name, value]) => `${name} ${value}`).join(', ')
}

/** Steps that fit beside each other; the report has all. */
const MOST_STEPS = 6

function stepTable({ stages }: ShardPlan, schemes: readonly SchemePlan[], options: TextOptions): string {
  const steps = stages.slice(1).map((stage, step) => `${stages[step]?.length ?? 0} to ${stage.length}`)
  const shown = steps.slice(0, MOST_STEPS)
  const column = (title: string): TableColumn => ({ title, align: 'right' })
  const minimum: Cell[] = [
    ['minimum', 'dim'],
    ...shown.map((_, step): Span => [formatShare(schemes[0]?.steps[step]?.minimum_fraction ?? 0), 'dim']),
  ]
  return renderTable(
    ['moved in step', ...shown.map(column), column('all steps')],
    [
      ...schemes.map(({ scheme, steps }): Cell[] => {
        const moves = steps.map(({ moved_fraction }) => moved_fraction)
        return [
          [scheme, 'strong'],
          ...moves.slice(0, MOST_STEPS).map(formatShare),
          formatShare(moves.reduce((sum, moved) => sum + moved, 0)),
        ]
      }),
      [
        ...minimum,
        [
          formatShare((schemes[0]?.steps ?? []).reduce((sum, { minimum_fraction }) => sum + minimum_fraction, 0)),
          'dim',
        ],
      ],
    ],
    options,
  )
}

function remarks(plan: ShardPlan, schemes: readonly SchemePlan[], { width, colour }: TextOptions): string[] {
  const texts = [
    ...schemes.flatMap(({ scheme, note }) => (note === null ? [] : [`* ${scheme}: ${note}`])),
    ...(plan.left_out ?? []).map(({ scheme, reason }) => `${scheme} is left out: ${reason}`),
  ]
  if (texts.length === 0) return []
  return [texts.flatMap((text) => wrap(oneLine(text), width).map((line) => paint(line, 'dim', colour))).join('\n')]
}
