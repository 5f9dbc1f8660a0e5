import type { RunRecord } from '../core/record.js'
import { formatDuration, formatNumber, formatRatio } from '../core/units.js'
import type { Column } from '../stats/columns.js'
import { median } from '../stats/quantiles.js'
import { scalingGroups } from '../stats/shard-scaling.js'
import type { NamedRun } from './charts/distribution.js'
import { differences } from './differences.js'
import { doubtWords } from './doubts.js'
import type { Lead } from './lead.js'
import { capital, count, list, ms } from './quantities.js'
import { isReshard, lengthOf } from './reshard-words.js'
import { shareOfLinear } from './scaling.js'

/** Differences below this say nothing where each side was measured once. */
const TELLABLE = 0.05

/** Runs side by side in plain words; no winner where a run is in doubt or the loads differ in kind. */
export function comparisonLead(runs: readonly Column[]): Lead {
  const doubt = doubtOf(runs)
  const [baseline, ...others] = runs
  if (baseline === undefined) return { asked: [], found: ['There is no run to report.'], means: [], sure: [] }
  const names = runs.map(({ name }) => name)
  const shown = names.length <= 5 ? list(names) : `${names[0]} and ${names.length - 1} more runs`
  const asked = [`How do ${shown} differ?`]
  if (others.length === 0) {
    return {
      asked: [],
      found: [`There is one run only, ${baseline.name}: nothing to compare it with.`],
      means: [],
      sure: [],
    }
  }
  const first = [...scalingSentence(runs), ...movingSentence(runs)]
  if (doubt !== null) {
    return { doubt: [doubt], asked, found: [...first, figures(runs), ...recoverySentence(runs)], means: [], sure: [] }
  }
  const [other] = others
  const sentences = others.length === 1 && other !== undefined ? [pair(baseline, other)] : [field(baseline, others)]
  return {
    asked,
    found: [...first, ...sentences, ...recoverySentence(runs)],
    means: caveatOf(runs),
    sure: [sureness(runs)],
  }
}

/** How much runs that were made one after the other can tell. */
function sureness(runs: readonly Column[]): string {
  const least = Math.min(...runs.map((column) => column.runs.length + column.drills.length))
  const who = least === 1 ? 'Not each of them was repeated' : `Each stands for ${least} runs or more`
  return `${who}, and they ran one after the other: differences below ${TELLABLE * 100} % say nothing, and scalelab compare tells more by running them in turn.`
}

/** The doubts of all runs as the first sentence, each with the runs it falls on; null when there are none. */
function doubtOf(runs: readonly NamedRun[]): string | null {
  const fallenOn = new Map<string, string[]>()
  for (const { name, record } of runs) {
    const words = [...(record.status === 'complete' ? [] : [record.status]), ...doubtWords(record)]
    for (const word of words) fallenOn.set(word, [...(fallenOn.get(word) ?? []), name])
  }
  if (fallenOn.size === 0) return null
  const doubts = [...fallenOn].map(
    ([word, names]) => `${word} (${names.length === runs.length ? 'every run' : names.join(', ')})`,
  )
  return `${capital(list(doubts))}: no winner is named.`
}

/** Recovery and losses, where drills were compared. */
function recoverySentence(runs: readonly Column[]): string[] {
  const drilled = runs.filter(({ drills }) => drills.length > 0)
  if (drilled.length === 0) return []
  const each = drilled.map(({ name, drills }) => {
    const half = median(drills.flatMap(({ trial }) => trial.rto_ms ?? []))
    const never = drills.filter(({ trial }) => trial.rto_ms === null).length
    const lost = drills.reduce((sum, { trial }) => sum + trial.lost.length, 0)
    const unread = drills.some(({ writes }) => writes?.lost === null)
    const cost = unread ? 'an unknown number of acknowledged writes lost' : `${count(lost, 'acknowledged write')} lost`
    const back = half === null ? 'never' : `after ${ms(half)}`
    return `${back} with ${name} (median of ${count(drills.length, 'trial')}${never === 0 ? '' : `, ${never} of them without recovery`}; ${cost})`
  })
  return [`In drills service was back ${list(each)}.`]
}

/** How capacity grew with the number of shards, where it was measured. */
function scalingSentence(runs: readonly Column[]): string[] {
  const groups = scalingGroups(runs.flatMap((column) => column.runs))
  if (groups.length === 0) return []
  const schemes = new Set(groups.map(({ scheme }) => scheme)).size > 1
  const each = groups.map(({ keys, scheme, points }) => {
    const last = points.at(-1) ?? points[0]
    const first = points[0].shards === 1 ? 'one' : String(points[0].shards)
    return `${last.shards} shards answered ${times(last.speedup)} the requests of ${first} with ${keys}${schemes ? ` on ${scheme}` : ''} (${formatNumber(last.efficiency * 100)} % of linear)`
  })
  return [`${capital(list(each))}.`]
}

/** What moving rows took, where runs did. */
function movingSentence(runs: readonly Column[]): string[] {
  const moves = runs.flatMap(({ name, runs: [record] }) => {
    if (!isReshard(record)) return []
    const { outcome, moved_rows, held_ms } = record.reshard
    const ended = outcome === 'moved' ? '' : ` (${outcome})`
    return [
      `${formatDuration(lengthOf(record.reshard))} for ${count(moved_rows, 'row')} with ${name}${ended}, writes held ${ms(held_ms.p95)} (p95)`,
    ]
  })
  return moves.length < 2 ? [] : [`Moving rows took ${list(moves)}.`]
}

function figures(runs: readonly NamedRun[]): string {
  return `${list(runs.map(({ name, record }) => `${name} answered ${formatNumber(record.load.goodput_rps)} good answers per second with p99 ${ms(record.latency.response_ms.p99)}`))}.`
}

function pair(baseline: NamedRun, other: NamedRun): string {
  const [a, b] = [baseline.record, other.record]
  const rate = `${formatNumber(b.load.goodput_rps)} against ${formatNumber(a.load.goodput_rps)} good answers per second`
  const rateRatio = b.load.goodput_rps / a.load.goodput_rps
  const sameOffer = a.load.offered_rps !== null && a.load.offered_rps === b.load.offered_rps
  const rates = sameOffer
    ? `were offered the same rate (${rate})`
    : tellable(rateRatio)
      ? null
      : `answer at the same rate within ${TELLABLE * 100} % (${rate}), which one run each cannot tell apart`
  const first =
    rates === null
      ? `${other.name} answered ${times(rateRatio)} the requests of ${baseline.name} (${rate}${linear(baseline.record, other.record)})`
      : `${baseline.name} and ${other.name} ${rates}`
  return `${first}; ${latency(baseline, other)}.`
}

function latency(baseline: NamedRun, other: NamedRun): string {
  const [a, b] = [baseline.record.latency.response_ms.p99, other.record.latency.response_ms.p99]
  if (a === null || b === null || a === 0) return 'their latencies cannot be compared, as one has none'
  const figures = `${ms(b)} against ${ms(a)}`
  return tellable(b / a)
    ? `the p99 of ${other.name} was ${times(b / a)} that of ${baseline.name} (${figures})`
    : `their p99 is the same within ${TELLABLE * 100} % (${figures})`
}

function linear(baseline: RunRecord, other: RunRecord): string {
  const share = shareOfLinear(baseline, other)
  return share === null ? '' : `; ${formatNumber(share * 100)} % of linear scaling`
}

/** "2.95 times". */
function times(ratio: number): string {
  return `${formatRatio(ratio).replace(/x$/, '')} times`
}

function tellable(ratio: number): boolean {
  return Number.isFinite(ratio) && Math.abs(ratio - 1) >= TELLABLE
}

function field(baseline: NamedRun, others: readonly NamedRun[]): string {
  const all = [baseline, ...others]
  const fastest = all.reduce((best, run) => (run.record.load.goodput_rps > best.record.load.goodput_rps ? run : best))
  const measured = all.filter(({ record }) => record.latency.response_ms.p99 !== null)
  const p99 = ({ record }: NamedRun): number => record.latency.response_ms.p99 ?? Number.POSITIVE_INFINITY
  const quickest = measured.length === 0 ? null : measured.reduce((best, run) => (p99(run) < p99(best) ? run : best))
  const rates = all.map(({ record }) => record.load.goodput_rps)
  const [low, high] = [Math.min(...rates), Math.max(...rates)]
  const ratio = fastest.record.load.goodput_rps / baseline.record.load.goodput_rps
  const most = tellable(high / low)
    ? `The most requests were answered by ${fastest.name}: ${formatNumber(high)} good answers per second${fastest === baseline || !tellable(ratio) ? '' : `, ${times(ratio)} the rate of ${baseline.name}`}`
    : `All answered at the same rate within ${TELLABLE * 100} % (${formatNumber(low)} to ${formatNumber(high)} good answers per second)`
  if (quickest === null) return `${most}.`
  const slowest = Math.max(...measured.map(p99))
  return tellable(slowest / p99(quickest))
    ? `${most}; the lowest p99 is that of ${quickest.name}, ${ms(p99(quickest))}.`
    : `${most}; their p99 is the same within ${TELLABLE * 100} %.`
}

/** What forbids reading the figures as one effect; nothing when only the stack differs. */
function caveatOf(runs: readonly Column[]): string[] {
  const records = runs.map(({ runs: [first] }) => first)
  if (new Set(records.map(({ load }) => load.mode)).size > 1) {
    return [
      'Not comparable as they stand: open and closed loops answer different questions (latency at a rate, and capacity).',
    ]
  }
  const others = differences(records).filter(({ kind }) => kind !== 'stack')
  if (others.length > 0) {
    return [`Mind that not only the stack differs, but also: ${list(others.map(({ name }) => name))}.`]
  }
  const offered = records.map(({ load }) => load.offered_rps)
  return offered[0] !== null && new Set(offered).size === 1
    ? ['All were offered the same rate, so the rates say nothing about capacity: compare the latencies.']
    : []
}
