import { type CapacityProbe, type CapacityRecord, probedRates } from '../core/capacity.js'
import { capacityAnswer, objectiveWords } from '../core/capacity-answer.js'
import { isLaboratory } from '../core/capacity-judgement.js'
import { formatDuration, formatNumber, formatShare, fromTo } from '../core/units.js'
import { formatValue } from '../core/value.js'
import { median } from '../stats/quantiles.js'
import { judgedProbes, kneeOfProbes, latencyAgainstRate } from './charts/capacity.js'
import type { Lead } from './lead.js'
import { count, list, ms, numberOr } from './quantities.js'
import { type Report, reportOf } from './report-of.js'
import { environmentSection } from './sections/environment.js'
import { mixPoint } from './sections/method.js'
import { plain, table } from './table.js'

/**
 * The report of a search for the highest rate that holds an objective. A pure function of its record: the same record
 * gives the same bytes.
 */
export function renderCapacityReport(record: CapacityRecord): Report {
  const drawing = latencyAgainstRate(record)
  const charts = drawing === null ? {} : { 'latency-against-rate.svg': drawing }
  const { environment, engine, command } = record
  const parts = [
    `Search \`${record.id}\`, ${fromTo(record.started_at, record.ended_at)}.`,
    ...(drawing === null ? [] : ['![Latency against offered rate](latency-against-rate.svg)']),
    ...kneeWords(record),
    ...rateSection(record),
    ...probeSection(record),
    methodSection(record),
    ...(command === null ? [] : ['To repeat it:', ['```sh', command, '```'].join('\n')]),
    ...validitySection(record),
    limitSection(record),
    ...(environment === null ? [] : [environmentSection({ environment, engine })]),
  ]
  return reportOf({
    title: `${record.scenario}: capacity for ${plain(record.slo)}`,
    lead: capacityLead(record),
    authors: [record.author],
    parts,
    charts,
  })
}

/** A search in plain words. */
export function capacityLead(record: CapacityRecord): Lead {
  const { objectives, stack, probes, load, outcome } = record
  const said = objectives.map(
    ({ label, comparison, bound, unit }) =>
      `${label} ${COMPARED[comparison] ?? comparison} ${formatValue(bound, unit)}`,
  )
  const [first = '', ...rest] = capacityAnswer(record)
  const doubtful = outcome === 'laboratory in doubt' || record.status !== 'complete'
  return {
    ...(doubtful ? { doubt: [first] } : {}),
    asked: [`Asked was how many requests per second ${stack} can be sent with ${list(said)}.`],
    found: doubtful ? rest : [first, ...rest],
    means: [],
    sure: record.confirmed
      ? [
          `It rests on ${count(probes.length, 'run')} of ${formatDuration(load.duration_ms)} on one stack, repeated around the limit; another search may end a few per cent away.`,
        ]
      : ['That is not confirmed, so take it for a hint.'],
  }
}

const COMPARED: Readonly<Record<string, string>> = { '<': 'below', '<=': 'at most', '>': 'above', '>=': 'at least' }

function kneeWords(record: CapacityRecord): string[] {
  const knee = kneeOfProbes(record)
  if (knee === null) return []
  return [
    `The curve of p99 turns upwards at **${formatNumber(knee.x)} requests/s** (${formatNumber(knee.y)} ms): up to its knee load costs little latency, beyond it much. Of the rates that were probed it is the one furthest below the chord of the curve (Kneedle).`,
  ]
}

/** Every rate with what its probes came to. */
function rateSection(record: CapacityRecord): string[] {
  const rates = probedRates(record.probes)
  if (rates.length === 0) return []
  const judged = judgedProbes(record)
  const [low, high] = record.interval ?? [null, null]
  const middle = (rps: number, read: (probe: CapacityProbe) => number | null): number | null =>
    median(judged.flatMap((probe) => (probe.rps === rps ? (read(probe) ?? []) : [])))
  const numbers = ['Offered/s', 'Held', 'p50', 'p95', 'p99', 'Achieved/s', 'Errors']
  const rows = rates.map(({ rps, held, missed }) => {
    const errors = middle(rps, (probe) => probe.errors)
    return [
      formatNumber(rps),
      held + missed === 0 ? '-' : `${held} of ${held + missed}`,
      ms(middle(rps, (probe) => probe.p50_ms)),
      ms(middle(rps, (probe) => probe.p95_ms)),
      ms(middle(rps, (probe) => probe.p99_ms)),
      numberOr(middle(rps, (probe) => probe.achieved_rps)),
      errors === null ? '-' : formatValue(errors, 'share'),
      rps === record.capacity_rps
        ? '**capacity**'
        : rps === low
          ? 'highest that held'
          : rps === high
            ? 'lowest that failed'
            : '',
    ]
  })
  return [
    '## Rates',
    table([...numbers.map((title) => ({ title, align: 'right' as const })), { title: '' }], rows),
    'Latencies, achieved rate and errors are the medians of the probes of that rate; percentiles are never averaged.',
  ]
}

/** Every probe in the order in which they ran. */
function probeSection({ probes, maximum, maximum_rps: rps }: CapacityRecord): string[] {
  if (maximum === null) return []
  const rows = probes.map((probe, i) => [
    String(i + 1),
    probe.phase,
    formatNumber(probe.rps),
    probe.holds === null ? 'void' : probe.holds ? 'held' : 'missed',
    ms(probe.p50_ms),
    ms(probe.p99_ms),
    probe.reason ?? '',
    probe.run,
  ])
  return [
    '## Probes',
    table(
      [
        { title: '#', align: 'right' },
        { title: 'Phase' },
        { title: 'Offered/s', align: 'right' },
        { title: 'Objective' },
        { title: 'p50', align: 'right' },
        { title: 'p99', align: 'right' },
        { title: 'Why' },
        { title: 'Record' },
      ],
      [['0', 'closed loop', '-', '-', '-', '-', `${formatNumber(rps ?? 0)} requests/s reached`, maximum.run], ...rows],
    ),
    'The record of every probe lies below this folder; `scalelab report <record>` draws any of them.',
  ]
}

function methodSection(record: CapacityRecord): string {
  const { load, search, maximum } = record
  const { request } = load
  const points = [
    `**Objective:** ${plain(objectiveWords(record))}, held against every probe. A probe that could not follow its rate, or was not steady, counts as missed whatever its percentiles say. One that held although generator or host were at their limit did hold, since they only add to what is measured; one that missed then says nothing of the system: it is void, and repeated.`,
    ...(maximum === null
      ? []
      : [
          `**Maximum:** a closed loop over ${count(maximum.connections, 'connection')} for ${formatDuration(maximum.duration_ms)}, each sending again as soon as it is answered. A rate beyond what it reaches cannot hold, so it is the upper end of the search.`,
        ]),
    `**Probes:** open loops, ${load.arrival === 'poisson' ? 'requests due at random moments (Poisson), as those of independent users are' : 'requests due at equal distances (uniform)'}; ${formatDuration(load.duration_ms)} counted${load.warmup_ms > 0 ? ` after ${formatDuration(load.warmup_ms)} of warm-up` : ''}, ${count(load.connections, 'connection')}, arrivals seeded anew for each (from ${load.seed + 1} on). Response time runs from the moment a request was due.`,
    ...mixPoint(record),
    `**Search:** the rate is doubled from a quarter of the maximum, then bisected until the bracket is ${formatShare(search.precision)} wide. Near the limit one probe is a matter of luck; so the share of probes that hold is fitted over all rates as one that never rises (isotonic regression, Ayer et al. 1955), and the answer is where it crosses one half. Then ${search.confirm === 0 ? 'nothing is confirmed (`--confirm 0`)' : `the answer is probed up to ${count(search.confirm, 'more time')} and the rate above it once more`}, and what that overturns is searched anew.`,
    'The same stack served every probe. Each began once no instance had a request left of the one before, where instances can be asked.',
    `**Work per request:** ${plain(record.work)}.`,
    ...(request === null || load.workload !== undefined
      ? []
      : [`**Request:** \`${plain(request.method)} ${plain(request.path)}\`.`]),
    `**Target:** ${plain(record.target)}${record.engine === null ? '' : `, on the ${record.engine} engine`} (${record.nodes.map((node) => `${node.id}: ${plain(node.program)}`).join('; ')}).`,
  ]
  return ['## How it was measured', points.map((point) => `- ${point}`).join('\n')].join('\n\n')
}

/** The worst value of every check over the probes that count, and what was void. */
function validitySection(record: CapacityRecord): string[] {
  const judged = judgedProbes(record)
  const empty = record.probes.filter(({ holds }) => holds === null)
  if (record.probes.length === 0) return []
  const names = [...new Set(judged.flatMap(({ validity }) => validity.map(({ check }) => check)))]
  const rows = names.map((name) => {
    const checks = judged.flatMap(({ validity }) => validity.filter(({ check }) => check === name))
    const failed = checks.filter(({ ok }) => !ok)
    const values = checks.flatMap(({ value }) => value ?? [])
    const { unit = '' } = checks[0] ?? {}
    const shown = (value: number): string =>
      unit.startsWith('share')
        ? `${formatValue(value, 'share')}${unit.slice('share'.length)}`
        : `${formatNumber(value)} ${unit}`
    const worst = name === 'offered-rate' ? Math.min(...values) : Math.max(...values)
    return [
      name,
      values.length === 0 ? '-' : shown(worst),
      failed.length === 0 ? 'ok' : `failed in ${failed.length} of ${checks.length}`,
    ]
  })
  const voids = empty.map(
    ({ rps, reason }) =>
      `- At ${formatNumber(rps)} requests/s: **void**, and repeated (${plain(reason ?? 'in doubt')}).`,
  )
  const doubted = record.maximum?.doubts.filter(isLaboratory) ?? []
  return [
    '## Validity',
    ...(rows.length === 0
      ? []
      : [table([{ title: 'Check' }, { title: 'Worst of the probes', align: 'right' }, { title: 'Result' }], rows)]),
    ...(rows.some(([, , result]) => result !== 'ok')
      ? ['Checks of load that the system could not follow fail beyond its capacity: there that is the finding.']
      : []),
    ...(voids.length === 0 ? [] : [voids.join('\n')]),
    ...(doubted.length === 0
      ? []
      : [
          `The closed loop was ${doubted.join(' and ')}: the stack may reach more than was found as the upper end of the search.`,
        ]),
  ]
}

function limitSection(record: CapacityRecord): string {
  const { load, environment } = record
  const answers = Math.round(((record.capacity_rps ?? 0) * load.duration_ms) / 1_000)
  const limits = [
    'The interval is that of the search, not of a population: another search of the same stack may end a few per cent away. Longer probes (`--duration`) and more of them (`--confirm`) bring it nearer.',
    ...(answers > 0 && answers < 2_000
      ? [
          `At the capacity a probe holds about ${count(answers, 'answer')}: its p99 rests on the slowest ${count(Math.max(1, Math.round(answers / 100)), 'of them', 'of them')}.`,
        ]
      : []),
    ...(environment === null || record.engine === null
      ? []
      : [
          `Everything ran on one machine: the generator and all nodes shared ${count(environment.cores, 'core')}, and no real network lay between them.`,
        ]),
    ...(record.work.startsWith('calibrated')
      ? [
          'The instances wait as the model says instead of computing: the capacity is that of the model behind this stack, not of code.',
        ]
      : []),
    'It is the capacity for this load: another arrival process, mix or request has another one.',
  ]
  return ['## What limits the answer', limits.map((limit) => `- ${limit}`).join('\n')].join('\n\n')
}
