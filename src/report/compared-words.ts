import { isOneBlock } from '../core/comparison.js'
import type { Metric } from '../core/metric.js'
import { formatNumber, formatProbability, formatRatio } from '../core/units.js'
import { formatValue } from '../core/value.js'
import type { ComparedResults, VariantResult } from '../stats/compared-runs.js'
import { type JudgedVariant, untestedWords } from '../stats/comparison.js'
import { effectText } from '../stats/effect.js'
import { blocksNeeded, type Judged } from '../stats/paired-comparison.js'
import { scalingGroups } from '../stats/shard-scaling.js'
import { differences } from './differences.js'
import type { Lead } from './lead.js'
import { capital, count, list } from './quantities.js'
import { shareOfLinear } from './scaling.js'

/** Whether a difference was found. */
export function isFound({ verdict }: Pick<Judged, 'verdict'>): boolean {
  return verdict === 'better' || verdict === 'worse' || verdict === 'different'
}

/** "2.90x to 2.97x". */
export function intervalText({ interval, scale }: Judged, metric: Metric): string {
  return interval === null ? '-' : interval.map((bound) => effectText(bound, scale, metric)).join(' to ')
}

/** A p value, corrected; "-" where nothing was tested. */
export function pText({ p_adjusted }: Judged): string {
  return p_adjusted === null ? '-' : formatProbability(p_adjusted)
}

/** A comparison in plain words: what the deciding figure showed, what the others add, how far it can be believed. */
export function comparedLead(results: ComparedResults): Lead {
  const { comparison, judged, drawn } = results
  const asked = [comparison.question]
  if (comparison.kind === 'aa') return { asked, ...aaAnswer(results) }
  const deciding = judged.filter(({ deciding: decides }) => decides)
  const beside = judged.filter(({ deciding: decides }) => !decides)
  const single = isOneBlock(comparison)
  return {
    doubt: single ? doubtSentence(results) : voidSentence(results),
    asked,
    found: [decidingSentence(results, deciding), ...scalingSentence(results)],
    means: [
      ...(drawn !== null ? [] : single ? besideInOneBlock(beside) : besideSentence(beside)),
      ...gatheredSentence(results),
    ],
    sure: single ? [oneBlockWords(results)] : trustSentence(results),
  }
}

/** That nothing can be judged, and what would judge: "One block: no interval and no verdict; scalelab compare a b --blocks 6 judges." */
export function oneBlockWords({ comparison }: ComparedResults): string {
  const others = comparison.variants.length - 1
  if (others < 1) return 'It was run once.'
  const blocks = `--blocks ${blocksNeeded(others)}`
  const scenarios = comparison.variants.map(({ scenario }) => scenario)
  const distinct = new Set(scenarios).size === scenarios.length
  const judge = distinct
    ? `\`scalelab compare ${scenarios.join(' ')} ${blocks}\` with the same flags`
    : `\`scalelab compare\` with \`${blocks}\``
  return `One block: no interval and no verdict; ${judge} judges.`
}

/** What is in doubt about runs of which none was voided. */
function doubtSentence({ comparison, variants }: ComparedResults): string[] {
  const fallenOn = new Map<string, string[]>()
  for (const { variant, doubts } of comparison.runs) {
    for (const word of doubts) fallenOn.set(word, [...(fallenOn.get(word) ?? []), variant])
  }
  const failed = variants.filter(({ failure }) => failure !== null).map(({ name }) => name)
  const words = [...fallenOn].map(
    ([word, names]) => `${word} (${names.length === variants.length ? 'every run' : list([...new Set(names)])})`,
  )
  return [
    ...(words.length === 0 ? [] : [`${capital(list(words))}: no winner is named.`]),
    ...(failed.length === 0 ? [] : [`${capital(list(failed))} could not run.`]),
  ]
}

/** What forbids reading the figures of gathered runs as one effect; nothing when only the stack differs. */
function gatheredSentence({ comparison, variants }: ComparedResults): string[] {
  if (comparison.gathered !== true) return []
  const records = variants.flatMap(({ runs: [first] }) => (first === undefined ? [] : [first]))
  if (new Set(records.map(({ load }) => load.mode)).size > 1) {
    return [
      'Not comparable as they stand: open and closed loops answer different questions (latency at a rate, and capacity).',
    ]
  }
  const others = differences(records).filter(({ kind }) => kind !== 'stack')
  if (others.length === 0) return []
  return [`Mind that not only the stack differs, but also: ${list(others.map(({ name }) => name))}.`]
}

/** How capacity grew with the number of shards, where it was measured. */
function scalingSentence({ variants }: ComparedResults): string[] {
  const groups = scalingGroups(variants.flatMap(({ runs }) => runs))
  if (groups.length === 0) return []
  const schemes = new Set(groups.map(({ scheme }) => scheme)).size > 1
  const each = groups.map(({ keys, scheme, points }) => {
    const last = points.at(-1) ?? points[0]
    const first = points[0].shards === 1 ? 'one' : String(points[0].shards)
    return `${last.shards} shards answered ${formatRatio(last.speedup)} the requests of ${first} with ${keys}${schemes ? ` on ${scheme}` : ''} (${formatNumber(last.efficiency * 100)} % of linear)`
  })
  return [`${capital(list(each))}.`]
}

/** Variants that could not run, or were voided too often. */
function voidSentence({ variants, comparison }: ComparedResults): string[] {
  const failed = variants.filter(({ failure }) => failure !== null).map(({ name }) => name)
  const words = voidWords(variants)
  if (words.length > 0) return [`${capital(list(words))}: no winner is named where that left too few runs.`]
  if (failed.length > 0)
    return [
      `${capital(list(failed))} could not run${failed.length < comparison.variants.length ? '; the others are compared' : ''}.`,
    ]
  return []
}

/** "generator-limited (lb-3: 4 of 10 runs)", for variants of which more than a third was voided. */
export function voidWords(variants: readonly VariantResult[]): string[] {
  const by = new Map<string, string[]>()
  for (const { name, voided, runs } of variants) {
    const all = runs.length + Object.values(voided).reduce((sum, n) => sum + n, 0)
    for (const [word, n] of Object.entries(voided)) {
      if (n * 3 > all) by.set(word, [...(by.get(word) ?? []), `${name}: ${n} of ${all} runs`])
    }
  }
  return [...by].map(([word, who]) => `${word} (${who.join(', ')})`)
}

function decidingSentence(results: ComparedResults, deciding: readonly JudgedVariant[]): string {
  const { comparison, cells } = results
  const { baseline } = comparison
  const [first] = deciding
  if (first === undefined) {
    const [only] = comparison.variants
    return `There is one variant only, ${only?.name ?? 'none'}: nothing to compare it with, but its runs among themselves.`
  }
  const base = cells[first.metric.name]?.[baseline]?.median ?? null
  const parts = deciding.map(({ variant, judged, metric }) => {
    const against =
      judged.variant_median === null
        ? ''
        : ` (${formatValue(judged.variant_median, metric.unit)}${linearWords(results, variant, metric)})`
    if (isOneBlock(comparison) && judged.effect !== null)
      return `${variant} ${effectText(judged.effect, judged.scale, metric)}${against}`
    if (isFound(judged)) {
      return `${variant} is ${judged.verdict}, ${effectText(judged.effect, judged.scale, metric)}${against}`
    }
    if (judged.verdict === 'equivalent') return `${variant} is equivalent${against}, with no difference that matters`
    return `of ${variant} it cannot be told${judged.reason === null ? '' : ` (${judged.reason})`}`
  })
  const shown = parts.length > 5 ? [...parts.slice(0, 4), `${parts.length - 4} more below`] : parts
  return `In ${first.metric.label}, held against ${baseline}${base === null ? '' : ` (${formatValue(base, first.metric.unit)})`}: ${shown.join('; ')}.`
}

/** "; 98 % of linear", where more instances did the same work in a closed loop. */
function linearWords({ comparison, variants }: ComparedResults, variant: string, { unit }: Metric): string {
  const pooledOf = (name: string) => variants.find((one) => one.name === name)?.pooled ?? null
  const [base, own] = [pooledOf(comparison.baseline), pooledOf(variant)]
  const share = unit !== 'requests/s' || base === null || own === null ? null : shareOfLinear(base, own)
  return share === null ? '' : `; ${formatNumber(share * 100)} % of linear`
}

/** The first figures beside the deciding one, of the first variants. */
function besideInOneBlock(beside: readonly JudgedVariant[]): string[] {
  const shown = beside.filter(({ judged: { effect } }) => effect !== null).slice(0, 3)
  const words = shown.map(
    ({ metric, variant, judged }) => `${metric.label} of ${variant} ${effectText(judged.effect, judged.scale, metric)}`,
  )
  return words.length === 0 ? [] : [`Beside it: ${list(words)}.`]
}

function besideSentence(beside: readonly JudgedVariant[]): string[] {
  if (beside.length === 0) return []
  const found = beside.filter(({ judged }) => isFound(judged))
  const untested = beside.filter(({ judged }) => judged.verdict === 'not tested')
  if (found.length === 0) {
    if (untested.length === 0) return ['None of the other figures shows a difference.']
    const rest =
      untested.length === beside.length ? 'The other figures were not tested' : 'Other figures were not tested'
    return [`${rest}: those before them were not significant.`]
  }
  const words = found
    .slice(0, 4)
    .map(
      ({ variant, metric, judged }) =>
        `${metric.label} of ${variant} ${judged.verdict} (${effectText(judged.effect, judged.scale, metric)})`,
    )
  const rest = found.length > 4 ? [`${found.length - 4} more`] : []
  return [
    `Beside it: ${list([...words, ...rest])}.`,
    ...(untested.length === 0
      ? []
      : [`Not tested ${untested.length === 1 ? 'was' : 'were'} ${untestedList(untested)}.`]),
  ]
}

/** "response time p99 of lb-3, as median response time was not significant before"; many are only counted. */
function untestedList(untested: readonly JudgedVariant[]): string {
  const [only, ...others] = untestedWords(untested)
  if (only === undefined) return ''
  return others.length === 0
    ? only.replace(': ', ', since ')
    : `${count(untested.length, 'figure')}, for those before them were not significant`
}

function trustSentence({ comparison, variants }: ComparedResults): string[] {
  const least = Math.min(...variants.filter(({ failure }) => failure === null).map(({ runs }) => runs.length))
  if (!Number.isFinite(least)) return []
  const voided = variants.reduce((sum, each) => sum + Object.values(each.voided).reduce((a, b) => a + b, 0), 0)
  const status = comparison.status === 'interrupted' ? ', and was interrupted before its end' : ''
  return [
    `It rests on ${count(least, 'run')} of each variant${comparison.gathered === true ? ', made one after the other and not in turn' : ` on fresh processes, in ${count(comparison.order.length, 'block')}`}${voided === 0 ? '' : `, ${formatNumber(voided)} more voided`}${status}.`,
  ]
}

function aaAnswer({ comparison, drawn, variants }: ComparedResults): Pick<Lead, 'found' | 'means' | 'sure'> {
  const [variant] = variants
  if (variant === undefined || drawn === null) {
    return {
      found: [`Too few runs of ${variant?.name ?? 'the variant'} to draw comparisons from.`],
      means: [],
      sure: [],
    }
  }
  const { deciding, any, comparisons, blocks } = drawn
  const percent = (share: number): string => `${formatNumber(share * 100)} %`
  return {
    found: [
      `Of ${formatNumber(comparisons)} comparisons of ${variant.name} with itself, drawn from ${count(variant.runs.length, 'run')}, ${formatNumber(deciding.alarms)} found a difference in the deciding figure: a rate of false alarms of ${percent(deciding.rate)} (95 % interval ${percent(deciding.interval[0])} to ${percent(deciding.interval[1])}).`,
      `In any of the figures it was ${formatNumber(any.alarms)} (${percent(any.rate)}).`,
    ],
    means: [],
    sure: [
      `Each drawn comparison has ${count(blocks, 'block')}; ${formatNumber(deciding.verdicts.equivalent)} found the two equivalent within ${percent(comparison.margin)}, ${formatNumber(deciding.verdicts['cannot tell'])} could not tell.`,
    ],
  }
}
