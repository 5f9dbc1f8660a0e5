import type { RunRecord, Verdict } from '../core/record.js'
import { formatNumber, fromTo } from '../core/units.js'
import type { CHECKS } from '../core/validity.js'
import { formatValue } from '../core/value.js'
import { worstOf } from '../core/verdict.js'
import { pooledVerdicts } from '../stats/pooled.js'
import { median, nearestRank } from '../stats/quantiles.js'
import { drillMarks, drillTimeline, recoveryTimes } from './charts/drill.js'
import { latencyOverTime } from './charts/over-time.js'
import { drillCommand } from './command.js'
import { doubtWords } from './doubts.js'
import { type DrillRecord, isDrill, repeatedFaultWords } from './drill-words.js'
import { idList } from './ids.js'
import { count, list, ms } from './quantities.js'
import { drawn, picture, type Report, reportOf } from './report-of.js'
import { drillLoad, moments, RETRIES } from './sections/drill.js'
import { environmentSection } from './sections/environment.js'
import { drillLimits } from './sections/limits.js'
import { detectionWords, loadPoint, mixPoint } from './sections/method.js'
import { timesOf, timeTable, trialTable } from './sections/trials.js'
import { verdictTable } from './sections/verdicts.js'
import { answerOf } from './sentences.js'
import { stackWords } from './stack-words.js'
import { plain } from './table.js'

const STANDSTILLS: readonly string[] = ['command-paused', 'generator-paused'] satisfies (keyof typeof CHECKS)[]

/**
 * The report of repeated drills of one fault on one target.
 * @param records of which those without a trial are counted as broken off
 * @param name of the whole, in its heading
 * @param sources links to the runs' own reports, in the order of the records
 */
export function renderDrills(records: readonly RunRecord[], name: string, sources: readonly string[] = []): Report {
  const drills = records.filter(isDrill)
  const [first] = drills
  if (first === undefined) {
    return { markdown: `# ${plain(name)}\n\nNo drill was carried through: there is nothing to report.\n`, charts: {} }
  }
  const timely = inTime(drills)
  const times = timesOf(timely)
  const middle = medianTrial(timely)
  const charts = drawn({
    'trial-times.svg': recoveryTimes(times, timely.length),
    'drill-timeline.svg': drillTimeline(middle.trial),
    'latency-over-time.svg': latencyOverTime(middle, drillMarks(middle.trial)),
  })
  const verdicts = pooledVerdicts(drills.map((record) => record.verdicts))
  const number = drills.indexOf(middle) + 1
  const parts = [
    `${stackWords(first)}; ${fromTo(first.started_at, drills.at(-1)?.ended_at ?? first.ended_at)}.`,
    '## Verdicts',
    verdictTable(
      verdicts.map((verdict) => (drills.length === 1 ? { verdict } : { verdict, worst: worstTrial(verdict, drills) })),
    ),
    ...(verdicts.length === 0 || drills.length === 1
      ? []
      : ['A claim holds when it holds in every trial, the worst one too.']),
    '## Times',
    timeTable(times),
    ...picture(charts, 'trial-times.svg', 'Times of every trial'),
    ...lossParts(drills),
    '## Trials',
    trialTable(drills, records, sources),
    RETRIES,
    `## The median trial\n\nTrial ${number}, the one in the middle by recovery time.`,
    ...moments(middle.trial),
    ...picture(charts, 'drill-timeline.svg', 'When each thing happened after the fault'),
    ...drillLoad(middle),
    ...picture(charts, 'latency-over-time.svg', 'p50 and p99 of the response time over time'),
    methodPart(first, drills.length),
    limitPart(first, drills),
    environmentSection(first),
  ]
  return reportOf({
    title: `${plain(name)}: ${repeatedFaultWords(first.trial)}, ${count(drills.length, 'trial')}`,
    lead: { asked: [], found: [answer(records, drills)], means: [], sure: [] },
    authors: records.map(({ author }) => author),
    parts,
    charts,
  })
}

function answer(records: readonly RunRecord[], drills: readonly DrillRecord[]): string {
  const [first] = drills
  if (first === undefined) return ''
  const timely = inTime(drills)
  const recoveries = timely.flatMap(({ trial }) => trial.rto_ms ?? [])
  const never = timely.length - recoveries.length
  const late = drills.length - timely.length
  const broken = records.length - drills.length
  const [half, p95, max] = [median(recoveries), nearestRank(recoveries, 0.95), nearestRank(recoveries, 1)]
  const times = `(median of ${count(timely.length, 'trial')}; p95 ${ms(p95)}, longest ${ms(max)})`
  const struck = repeatedFaultWords(first.trial)
  const failed = drills.reduce((sum, { trial }) => sum + trial.failed_requests, 0)
  const back =
    half === null
      ? `**Service came back in none of ${count(timely.length, 'trial')}** in which ${struck}`
      : first.trial.role === 'primary'
        ? `A standby took over ${ms(half)} after ${struck} ${times}`
        : failed === 0
          ? `No request failed in ${count(drills.length, 'trial')} in which ${struck}${(max ?? 0) > 0 ? `, but writes waited for more than a second, until ${ms(max)} after the fault at the longest` : ''}`
          : `${count(failed, 'request')} failed in all when ${struck}, the last of a trial ${ms(half)} after the fault ${times}`
  const doubts = [...new Set(drills.flatMap(doubtWords))]
  return answerOf([
    [
      ...(broken === 0 ? [] : [`**${count(broken, 'trial')} broken off**: the figures are those of the others.`]),
      ...(doubts.length === 0 ? [] : [`**In doubt** in at least one trial: ${list(doubts)}.`]),
      ...(late === 0
        ? []
        : [
            `In ${count(late, 'trial')} this command or its load generator stood still: the times are those of the others.`,
          ]),
    ],
    [
      `${back}; ${lossWords(drills)}.`,
      ...(never === 0 || half === null ? [] : [`**In ${count(never, 'trial')} service did not come back.**`]),
    ],
    successors(drills),
  ])
}

/**
 * The trials whose times are the system's: in the others whatever watches stood still itself, and saw all of it that much
 * later. All of them, in doubt, where there is no other.
 */
function inTime(drills: readonly DrillRecord[]): readonly DrillRecord[] {
  const timely = drills.filter(({ validity }) => validity.every(({ check, ok }) => ok || !STANDSTILLS.includes(check)))
  return timely.length === 0 ? drills : timely
}

/** What the worst trial measured for a claim, and which it was; both ends where either can be the worse. */
function worstTrial({ claim, metric, expected, unit }: Verdict, drills: readonly DrillRecord[]): string {
  const trials = drills.flatMap(({ verdicts }, i) =>
    verdicts
      .filter((other) => other.claim === claim && other.metric === metric && other.expected === expected)
      .map((verdict) => ({ ...verdict, number: i + 1 })),
  )
  const gone = trials.find(({ measured, result }) => measured === null && result === 'fail')
  if (gone !== undefined) return `${gone.reason ?? 'not measured'} (trial ${gone.number})`
  const values = trials.flatMap(({ measured }) => measured ?? [])
  const worst = worstOf(values, expected)
  if (worst !== null) {
    const { number } = trials.find(({ measured }) => measured === worst) ?? {}
    const all = values.length > 1 && values.every((value) => value === worst)
    return `${formatValue(worst, unit)} (${all ? 'every trial' : `trial ${number}`})`
  }
  if (values.length === 0) return '-'
  return `${formatValue(Math.min(...values), unit)} to ${formatValue(Math.max(...values), unit)}`
}

function lossWords(drills: readonly DrillRecord[]): string {
  const acknowledged = drills.reduce((sum, { trial }) => sum + trial.acknowledged, 0)
  const lost = drills.reduce((sum, { trial }) => sum + trial.lost.length, 0)
  const losing = drills.filter(({ trial }) => trial.lost.length > 0).length
  const unread = drills.filter(({ writes }) => writes?.lost === null).length
  const known =
    lost === 0
      ? `none of ${count(acknowledged, 'acknowledged write')} was lost`
      : `${count(lost, 'write')} of ${count(acknowledged, 'acknowledged one')} lost, in ${count(losing, 'trial')}`
  return unread === 0 ? known : `${known} (${count(unread, 'trial')} could not be read back)`
}

/** Who took over, how often. */
function successors(drills: readonly DrillRecord[]): string[] {
  const promoted = drills.flatMap(({ trial }) => trial.promoted ?? [])
  const ids = [...new Set(promoted)].toSorted()
  if (ids.length === 0) return []
  return [
    `Promoted: ${list(ids.map((id) => `${plain(id)} ${count(promoted.filter((other) => other === id).length, 'time')}`))}.`,
  ]
}

function lossParts(drills: readonly DrillRecord[]): string[] {
  const of = (found: string, none: string, read: (drill: DrillRecord) => readonly string[]): string => {
    const rows = drills.flatMap((drill, i) =>
      read(drill).length === 0
        ? []
        : [`- ${formatNumber(read(drill).length)} ${found} in trial ${i + 1}: ${idList(read(drill))}`],
    )
    return rows.length === 0 ? none : rows.join('\n')
  }
  return [
    '## What was lost',
    of('lost', 'No acknowledged write is missing.', ({ trial }) => trial.lost),
    of('there more than once', 'No write is there more than once.', ({ trial }) => trial.duplicated),
  ]
}

/** The drill whose recovery time is the median, the lower of two; one without recovery counts as the longest. */
function medianTrial(drills: readonly DrillRecord[]): DrillRecord {
  const sorted = drills.toSorted(
    (a, b) => (a.trial.rto_ms ?? Number.POSITIVE_INFINITY) - (b.trial.rto_ms ?? Number.POSITIVE_INFINITY),
  )
  const middle = sorted[Math.floor((sorted.length - 1) / 2)]
  if (middle === undefined) throw new Error('no drill has no median')
  return middle
}

function methodPart(first: DrillRecord, trials: number): string {
  const { replication } = first
  const points = [
    loadPoint(first),
    ...mixPoint(first),
    `**Detection:** ${detectionWords(first)}`,
    ...(replication === undefined
      ? []
      : [
          `**Durability:** \`${plain(replication.durability)}\`${replication.synchronous_standby_names === '' ? '' : `, synchronous standbys \`${plain(replication.synchronous_standby_names)}\``}.`,
        ]),
    '**Every trial** is a run of its own: load, fault, detection, failover, the old node back; then every write that was acknowledged is looked for. The next trial finds the stack as this one left it.',
  ]
  return [
    '## How it was measured',
    points.map((point) => `- ${point}`).join('\n'),
    'To repeat it:',
    ['```sh', drillCommand(first, first.trial, trials), '```'].join('\n'),
  ].join('\n\n')
}

function limitPart({ trial, environment }: DrillRecord, drills: readonly DrillRecord[]): string {
  const limits = [
    `Everything ran on one machine of ${count(environment.cores, 'core')}: no real network lay between the servers.`,
    ...drillLimits(trial),
    ...(drills.length < 20 ? [`With ${count(drills.length, 'trial')} the p95 is the longest of them.`] : []),
  ]
  return `## What limits the answer\n\n${limits.map((limit) => `- ${limit}`).join('\n')}`
}
