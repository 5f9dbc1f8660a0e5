import type { SchemePlan, ShardPlan } from '../../core/shard-plan.js'
import { formatNumber, formatProbability } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import { bytes, numberOr } from '../quantities.js'
import { predictedCv, predictedMove } from '../shard-theory.js'
import { plain, right, table } from '../table.js'

const percent = (share: number): string => formatValue(share, 'share')
const probability = (p: number | null): string => (p === null ? '-' : formatProbability(p))

/** One row per scheme, of all steps together. */
export function schemeSection({ schemes }: ShardPlan): string[] {
  if (schemes.length === 0) return []
  const columns = ['Moved', 'Minimum', 'Unnecessary', 'CV', 'Peak/mean', 'Chi-square', 'p', 'Lookups/s', 'Memory']
  const notes = schemes.flatMap(({ scheme, note }) => (note === null ? [] : [`- **${plain(scheme)}**: ${plain(note)}`]))
  return [
    '## The schemes',
    table(
      [{ title: 'Scheme' }, ...right(...columns)],
      schemes.map((scheme) => [
        scheme.scheme,
        ...[scheme.moved_fraction, scheme.minimum_fraction, scheme.unnecessary_fraction, scheme.cv].map(percent),
        scheme.peak_to_mean.toFixed(3),
        formatNumber(scheme.chi_square),
        probability(scheme.p_value),
        numberOr(scheme.lookups_per_s),
        bytes(scheme.memory_bytes),
      ]),
    ),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
  ]
}

/** What theory predicts beside what was counted, a row per scheme and step; nothing where it predicts nothing. */
export function theorySection({ schemes, stages, keys }: ShardPlan): string[] {
  const rows = schemes.flatMap((scheme) =>
    scheme.steps.flatMap((step, i) => {
      const [from = [], to = []] = [stages[i], stages[i + 1]]
      const move = predictedMove(scheme, from, to, keys.count)
      const cv = predictedCv(scheme, to, keys.count)
      if (move === null && cv === null) return []
      return [
        [
          scheme.scheme,
          `${from.length} to ${to.length}`,
          percent(step.moved_fraction),
          move === null ? '-' : `${percent(move.mean)} ± ${percent(move.sd)}`,
          move === null ? '-' : apart(step.moved_fraction, move),
          percent(step.cv),
          cv === null ? '-' : percent(cv),
        ],
      ]
    }),
  )
  if (rows.length === 0) return []
  return [
    '## Theory beside it',
    table([{ title: 'Scheme' }, ...right('Shards', 'Moved', 'Moved in theory', 'Apart', 'CV', 'CV in theory')], rows),
    '± is one standard deviation, and "apart" how many of them lie between the two. The points of a ring are drawn once: its CV is one drawing, and theory says the mean over many. Both are for equal weights and for keys that hash like random numbers; schemes that choose their split (range, directory, geo) or bound it have no such formula.',
  ]
}

function apart(measured: number, { mean, sd }: { mean: number; sd: number }): string {
  if (sd === 0) return measured === mean ? '0 sd' : '-'
  return `${(Math.abs(measured - mean) / sd).toFixed(1)} sd`
}

/** The figures of every step, where there are several. */
export function stepSection({ schemes, stages }: ShardPlan): string[] {
  if (stages.length < 3) return []
  const rows = stages.slice(1).flatMap((to, i) =>
    schemes.flatMap((scheme: SchemePlan) => {
      const step = scheme.steps[i]
      if (step === undefined) return []
      return [
        [
          `${stages[i]?.length ?? 0} to ${to.length}`,
          scheme.scheme,
          ...[step.moved_fraction, step.minimum_fraction, step.unnecessary_fraction, step.cv].map(percent),
          step.peak_to_mean.toFixed(3),
          formatNumber(step.chi_square),
          probability(step.p_value),
        ],
      ]
    }),
  )
  const sum = (scheme: SchemePlan, read: (step: SchemePlan['steps'][number]) => number): string =>
    percent(scheme.steps.reduce((total, step) => total + read(step), 0))
  const sums = schemes.map((scheme) => [
    'all steps',
    scheme.scheme,
    sum(scheme, ({ moved_fraction }) => moved_fraction),
    sum(scheme, ({ minimum_fraction }) => minimum_fraction),
    sum(scheme, ({ unnecessary_fraction }) => unnecessary_fraction),
  ])
  return [
    '## Step by step',
    table(
      [
        { title: 'Shards' },
        { title: 'Scheme' },
        ...right('Moved', 'Minimum', 'Unnecessary', 'CV', 'Peak/mean', 'Chi-square', 'p'),
      ],
      [...rows, ...sums],
    ),
    'The steps add up to what is moved when each is carried out before the next; the table on top is of one move from the first set of shards to the last.',
  ]
}
