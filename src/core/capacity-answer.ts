import { type CapacityProbe, type CapacityRecord, mixedZone, probedRates } from './capacity.js'
import { isLaboratory } from './capacity-judgement.js'
import { formatNumber, formatShare } from './units.js'

/** A rate in words. */
export function rateWords(rps: number): string {
  return `${formatNumber(rps)} requests/s`
}

/** The answer of a search in at most three sentences, for the terminal and the report alike. */
export function capacityAnswer(record: CapacityRecord): string[] {
  const { status, outcome, maximum_rps: maximum } = record
  const probes = `${record.probes.length} ${record.probes.length === 1 ? 'probe' : 'probes'}`
  if (status === 'failed')
    return [`The search failed after ${probes}: ${record.failure ?? 'no reason is known'}.`, ...soFar(record)]
  if (status !== 'complete' || outcome === null) {
    return [
      `${status === 'interrupted' ? 'Interrupted' : 'Ended'} after ${probes}: no capacity was found yet.`,
      ...soFar(record),
    ]
  }
  const capacity = record.capacity_rps
  if (outcome === 'laboratory in doubt') return [...doubtWords(record), ...soFar(record)]
  if (outcome === 'probe limit') {
    return [`Not confirmed: ${probes} did not settle it, and more were not allowed (--probes).`, ...soFar(record)]
  }
  if (outcome === 'nothing holds' || capacity === null) return nothingHolds(record)
  const subject = `${capital(record.stack)} ${record.stack.startsWith('one ') ? 'holds' : 'hold'} ${objectiveWords(record)} up to ${rateWords(capacity)}.`
  if (outcome === 'holds up to the maximum') {
    return [
      subject,
      `That is ${formatShare(capacity / (maximum ?? capacity))} of the ${rateWords(maximum ?? capacity)} that a closed loop reached, and nothing in between is left to try: it is not the objective that limits this stack.`,
      ...atCapacity(record, capacity),
    ]
  }
  return [subject, limitWords(record), ...shareWords(record, capacity)]
}

/** "p99<50ms and errors<0.1%". */
export function objectiveWords({ objectives }: Pick<CapacityRecord, 'objectives'>): string {
  const texts = objectives.map(({ text }) => text)
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`
}

function limitWords({ interval, probes }: CapacityRecord): string {
  const [low, high] = interval ?? [0, 0]
  const rates = probedRates(probes)
  const of = (rps: number): string => {
    const rate = rates.find((one) => one.rps === rps)
    if (rate === undefined) return ''
    const judged = rate.held + rate.missed
    return rps === low ? ` (held in ${rate.held} of ${judged} probes)` : ` (missed in ${rate.missed} of ${judged})`
  }
  const mixed = mixedZone(probes)
  const luck =
    mixed === null || mixed[0] === mixed[1]
      ? ''
      : `; from ${formatNumber(mixed[0])} to ${formatNumber(mixed[1])} single probes went either way`
  return `The limit lies between ${formatNumber(low)}${of(low)} and ${rateWords(high)}${of(high)}${luck}.`
}

function shareWords(record: CapacityRecord, capacity: number): string[] {
  const { maximum_rps: maximum } = record
  const share =
    maximum === null
      ? []
      : [`that is ${formatShare(capacity / maximum)} of the ${rateWords(maximum)} that a closed loop reached`]
  const figures = figuresAt(record, capacity)
  const parts = [...share, ...(figures === null ? [] : [`at it ${figures}`])]
  return parts.length === 0 ? [] : [`${capital(parts.join('; '))}.`]
}

function atCapacity(record: CapacityRecord, capacity: number): string[] {
  const figures = figuresAt(record, capacity)
  return figures === null ? [] : [`At it ${figures}.`]
}

/** "p50 was 7.2 ms and p99 46.1 ms", of the probe in the middle where there are several. */
function figuresAt({ probes }: CapacityRecord, rps: number): string | null {
  const own = probes
    .filter(
      (probe): probe is CapacityProbe & { p99_ms: number } =>
        probe.rps === rps && probe.holds !== null && probe.p99_ms !== null,
    )
    .toSorted((a, b) => a.p99_ms - b.p99_ms)
  const middle = own[Math.floor((own.length - 1) / 2)]
  if (middle === undefined || middle.p50_ms === null) return null
  return `p50 was ${formatNumber(middle.p50_ms)} ms and p99 ${formatNumber(middle.p99_ms)} ms`
}

function nothingHolds(record: CapacityRecord): string[] {
  const lowest = record.probes.toSorted((a, b) => a.rps - b.rps).find(({ holds }) => holds === false)
  const reason = lowest?.reason ?? null
  return [
    `No rate holds ${objectiveWords(record)} on ${record.stack}${lowest === undefined ? '' : `, not even ${rateWords(lowest.rps)}`}.`,
    ...(reason === null ? [] : [`There: ${reason}.`]),
    ...(record.maximum_rps === null
      ? []
      : [
          `A closed loop reached ${rateWords(record.maximum_rps)}: it is the objective that cannot be met, at any load.`,
        ]),
  ]
}

function doubtWords(record: CapacityRecord): string[] {
  const last = record.probes.at(-1)
  const doubts = last?.holds === null ? last.doubts : (record.maximum?.doubts ?? [])
  const words = doubts.filter(isLaboratory).join(' and ')
  const where =
    last?.holds === null
      ? `at ${rateWords(last.rps)} the laboratory was in doubt again and again`
      : 'the objective held up to the maximum, and that maximum was the laboratory’s'
  return [`${capital(words === '' ? 'cannot tell' : words)}: ${where}, so no capacity can be named.`]
}

/** What is known without an answer. */
function soFar({ probes }: CapacityRecord): string[] {
  const held = probes.filter(({ holds }) => holds === true).map(({ rps }) => rps)
  const missed = probes.filter(({ holds }) => holds === false).map(({ rps }) => rps)
  const parts = [
    ...(held.length === 0 ? [] : [`the highest rate at which a probe held was ${rateWords(Math.max(...held))}`]),
    ...(missed.length === 0 ? [] : [`the lowest at which one missed ${rateWords(Math.min(...missed))}`]),
  ]
  return parts.length === 0 ? [] : [`${capital(parts.join(', '))}.`]
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
