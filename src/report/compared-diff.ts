import type { Comparison } from '../core/comparison.js'
import { dayAndTime, formatNumber } from '../core/units.js'
import type { ComparedResults } from '../stats/compared-runs.js'
import type { JudgedVariant } from '../stats/comparison.js'
import { effectText, marginOf } from '../stats/effect.js'
import { type Change, changesBetween } from './changes.js'
import { intervalText, isFound } from './compared-words.js'
import type { Lead } from './lead.js'
import { count } from './quantities.js'
import { type Report, reportOf } from './report-of.js'
import { plain, table } from './table.js'

/** One figure of one variant, in two comparisons. */
export interface ComparedTwice {
  old: JudgedVariant
  new: JudgedVariant
  /** Whether the intervals of both effects share a value, or the effects lie within the margin; null where one has none. */
  agree: boolean | null
}

export interface ComparedDiff {
  rows: readonly ComparedTwice[]
  /** Variants that only one of the two has. */
  missing: readonly string[]
  changes: readonly Change[]
}

/** What two comparisons of the same variants say of each other: do the effects agree, and what was changed in between? */
export function diffCompared(older: ComparedResults, newer: ComparedResults): ComparedDiff {
  const rows = older.judged.flatMap((old): ComparedTwice[] => {
    const same = newer.judged.find(({ metric, variant }) => metric.name === old.metric.name && variant === old.variant)
    return same === undefined ? [] : [{ old, new: same, agree: agreeing(old, same, newer.comparison.margin) }]
  })
  const [before, after] = [older, newer].map(({ variants }) => variants.map(({ name }) => name)) as [string[], string[]]
  const missing = [...before.filter((name) => !after.includes(name)), ...after.filter((name) => !before.includes(name))]
  return { rows, missing, changes: changesOf(older, newer) }
}

function agreeing(
  { judged: old }: JudgedVariant,
  { judged: recent, metric }: JudgedVariant,
  margin: number,
): boolean | null {
  if (old.interval === null || recent.interval === null || old.scale !== recent.scale) return null
  if (old.effect !== null && recent.effect !== null) {
    const least = marginOf(metric, margin, old.scale, recent.baseline_median ?? 0)
    const apart =
      old.scale === 'ratio' ? Math.abs(Math.log(recent.effect / old.effect)) : Math.abs(recent.effect - old.effect)
    if (apart <= (old.scale === 'ratio' ? Math.log(1 + least) : least)) return true
  }
  return old.interval[0] <= recent.interval[1] && recent.interval[0] <= old.interval[1]
}

function changesOf(older: ComparedResults, newer: ComparedResults): Change[] {
  const settings: { what: string; read: (comparison: Comparison) => string }[] = [
    { what: 'blocks', read: ({ blocks }) => formatNumber(blocks) },
    { what: 'margin', read: ({ margin }) => String(margin) },
    { what: 'seed', read: ({ seed }) => String(seed) },
    { what: 'baseline', read: ({ baseline }) => baseline },
    { what: 'flags of all', read: ({ set }) => JSON.stringify(set) },
  ]
  const own = settings.flatMap(({ what, read }): Change[] => {
    const [old, recent] = [read(older.comparison), read(newer.comparison)]
    return old === recent ? [] : [{ what, kind: what === 'seed' ? 'seed' : 'experiment', old, new: recent }]
  })
  const pairs = older.variants.flatMap(({ name, runs: [first] }) => {
    const other = newer.variants.find((variant) => variant.name === name)?.runs[0]
    if (first === undefined || other === undefined) return []
    // Each run has a seed of its own.
    return [{ name, found: changesBetween(first, other).filter(({ kind }) => kind !== 'seed') }]
  })
  const everywhere = (change: Change): boolean =>
    pairs.every(({ found }) => found.some((other) => JSON.stringify(other) === JSON.stringify(change)))
  const of = pairs.flatMap(({ name, found }, i) =>
    found.flatMap((change): Change[] => {
      if (!everywhere(change)) return [{ ...change, what: `${change.what} of ${name}` }]
      return i === 0 ? [change] : []
    }),
  )
  return [...own, ...of]
}

/** The report of two comparisons, held against one another. A pure function of their results. */
export function renderComparedDiff(older: ComparedResults, newer: ComparedResults, sources: readonly string[]): Report {
  const { rows, missing, changes } = diffCompared(older, newer)
  const parts = [
    table(
      ['Comparison', 'Started', 'Runs that count', 'Command'].map((title) => ({ title })),
      [older, newer].map(({ comparison, variants }, i) => [
        `[${i === 0 ? 'older' : 'newer'}](${encodeURI(sources[i] ?? '')})`,
        dayAndTime(comparison.started_at),
        formatNumber(variants.reduce((sum, { runs }) => sum + runs.length, 0)),
        comparison.command,
      ]),
    ),
    '## What was changed',
    changes.length === 0
      ? 'Nothing that the records know of.'
      : table(
          ['What', 'Older', 'Newer'].map((title) => ({ title })),
          changes.map((change) => [change.what, change.old, change.new]),
        ),
    '## Effects side by side',
    rows.length === 0
      ? 'No variant was compared in both.'
      : table(
          [
            { title: 'Figure' },
            { title: 'Variant' },
            ...['Older', '95 % interval', 'Newer', '95 % interval'].map((title) => ({
              title,
              align: 'right' as const,
            })),
            { title: 'Verdicts' },
            { title: 'Agree' },
          ],
          rows.map(({ old, new: recent, agree }) => [
            old.metric.label,
            old.variant,
            effectText(old.judged.effect, old.judged.scale, old.metric),
            intervalText(old.judged, old.metric),
            effectText(recent.judged.effect, recent.judged.scale, recent.metric),
            intervalText(recent.judged, recent.metric),
            old.judged.verdict === recent.judged.verdict
              ? old.judged.verdict
              : `${old.judged.verdict}, now ${recent.judged.verdict}`,
            agreeWord(agree),
          ]),
        ),
    '## What limits the answer',
    [
      '- Effects agree when their intervals share a value: what both days allow. That they do is no proof that nothing has changed; that they do not is a sign that something has.',
      '- Medians of different days are not held against one another: the machine itself may be another.',
    ].join('\n'),
  ]
  return reportOf({
    title: `${plain(newer.comparison.name)}: ${older.comparison.started_at.slice(0, 10)} and ${newer.comparison.started_at.slice(0, 10)}`,
    lead: comparedDiffLead({ rows, missing, changes }),
    authors: [older.comparison.author, newer.comparison.author],
    parts,
    charts: {},
  })
}

/** "yes", "**no**", or a dash. */
export function agreeWord(agree: boolean | null): string {
  return agree === null ? '-' : agree ? 'yes' : '**no**'
}

/** What came of it, in plain words. */
export function comparedDiffLead({ rows, missing, changes }: ComparedDiff): Lead {
  const known = rows.filter(({ agree }) => agree !== null)
  const apart = known.filter(({ agree }) => agree === false)
  const opposite = rows.filter(
    ({ old, new: recent }) =>
      isFound(old.judged) && isFound(recent.judged) && old.judged.verdict !== recent.judged.verdict,
  )
  const first =
    known.length === 0
      ? 'No effect was measured in both comparisons.'
      : apart.length === 0
        ? `All ${count(known.length, 'effect')} that both measured agree.`
        : `${formatNumber(apart.length)} of ${count(known.length, 'effect')} do not agree: ${apart
            .slice(0, 3)
            .map(
              ({ old, new: recent }) =>
                `${old.metric.label} of ${old.variant} (${effectText(old.judged.effect, old.judged.scale, old.metric)}, now ${effectText(recent.judged.effect, recent.judged.scale, recent.metric)})`,
            )
            .join(', ')}.`
  return {
    asked: ['Did the differences between the variants stay what they were?'],
    found: [first],
    means: opposite.length === 0 ? [] : [`${count(opposite.length, 'verdict')} turned around.`],
    sure: [
      `${[
        changes.length === 0
          ? 'Nothing was changed in between that the records know of'
          : `Changed in between: ${changes.map(({ what }) => what).join(', ')}`,
        ...(missing.length === 0 ? [] : [`only one of the two has ${missing.join(', ')}`]),
      ].join('; ')}.`,
    ],
  }
}
