import type { Validity } from './record.js'
import { formatValue } from './units.js'

/** The gravest first: where the generator or the host was the limit, what else was seen is theirs. */
const DOUBTS = ['generator-limited', 'host-limited', 'not steady', 'overloaded'] as const

/** What a failed check makes of the result, in the words that open the report. */
export type Doubt = (typeof DOUBTS)[number]

interface Check {
  doubt: Doubt
  unit: string
  /** What it means when it fails, and what to do next. */
  meaning: string
}

/**
 * Every validity check by name. A failed check of the generator or the host voids the comparison of systems: what was
 * measured then is the laboratory.
 */
export const CHECKS = {
  'generator-lateness': {
    doubt: 'generator-limited',
    unit: 'ms',
    meaning:
      'p99 of how late the generator itself sent; beyond it latency is partly its own. Lower the rate or use --generators 2; scalelab doctor --calibrate tells what this machine can drive',
  },
  'generator-cpu': {
    doubt: 'generator-limited',
    unit: 'share of a core',
    meaning:
      'the generator nearly filled its core, in the busiest stage. Lower the rate or use --generators 2; scalelab doctor --calibrate tells what this machine can drive',
  },
  'generator-event-loop': {
    doubt: 'generator-limited',
    unit: 'ms',
    meaning:
      'p99 event-loop delay of the generator: answers were noticed this late. Stop other programs, or lower the rate; scalelab doctor --calibrate tells what this machine can drive',
  },
  'host-cpu': {
    doubt: 'host-limited',
    unit: 'share',
    meaning:
      'all processors there are for this were busy: more instances cannot show more capacity here. Use the calibrated model or a larger machine',
  },
  'host-steal': {
    doubt: 'host-limited',
    unit: 'share',
    meaning: 'the hypervisor gave processor time to others. Repeat at a quieter time',
  },
  'offered-rate': {
    doubt: 'overloaded',
    unit: 'share',
    meaning:
      'achieved over offered rate: the system could not follow, so latency grows with the length of the run. Lower --rps, or use --max to find the capacity',
  },
  backlog: {
    doubt: 'overloaded',
    unit: 'requests',
    meaning: 'due requests still without a connection at the end. Lower --rps or raise --connections',
  },
  'lost-requests': {
    doubt: 'not steady',
    unit: 'share',
    meaning: 'requests whose connection broke or timed out: see the losses by cause and the logs of the nodes',
  },
  'stack-changed': {
    doubt: 'not steady',
    unit: 'nodes',
    meaning: 'nodes that did not run from beginning to end: see the events, scalelab ps, and their logs',
  },
  'rate-drift': {
    doubt: 'not steady',
    unit: 'share',
    meaning: 'the achieved rate of the second half differs from the first. Use a longer --warmup or --duration',
  },
  'latency-drift': {
    doubt: 'not steady',
    unit: 'share',
    meaning: 'the median latency of the second half differs from the first. Use a longer --warmup or --duration',
  },
} as const satisfies Record<string, Check>

export type CheckName = keyof typeof CHECKS

/**
 * A check's outcome: `value` against `limit`, larger being worse unless `atLeast`. What could not be read (null, or the
 * quotient of nothing by nothing) passes with the value null: nothing to doubt, and nothing shown either.
 * @param reason why there is no value, where there is none
 */
export function checked(
  check: CheckName,
  measured: number | null,
  limit: number,
  { atLeast = false, reason }: { atLeast?: boolean; reason?: string | undefined } = {},
): Validity {
  const { unit, meaning, doubt } = CHECKS[check]
  const value = measured === null || !Number.isFinite(measured) ? null : measured
  const ok = value === null || (atLeast ? value >= limit : value <= limit)
  return {
    check,
    ok,
    value,
    limit,
    unit,
    meaning,
    ...(ok ? {} : { doubt }),
    ...(value === null && reason !== undefined ? { reason } : {}),
  }
}

/** The doubt that a check casts when it fails; undefined for one of a newer record. */
export function doubtBy(check: string): Doubt | undefined {
  return Object.hasOwn(CHECKS, check) ? CHECKS[check as CheckName].doubt : undefined
}

/** A checked value for people: "0.6 ms", "31.0 % of a core", "3 nodes". */
export function formatChecked(value: number, unit: string): string {
  const share = /^share( of .+)?$/.exec(unit)
  return share === null ? formatValue(value, unit) : `${formatValue(value, 'share')}${share[1] ?? ''}`
}

/** The doubts of a run, each once, the gravest first. */
export function doubtsOf(validity: readonly Validity[]): Doubt[] {
  const failed = validity.filter((row) => !row.ok).map((row) => doubtBy(row.check))
  return DOUBTS.filter((doubt) => failed.includes(doubt))
}

/** Checks in the words of a person who looks for what was not measured: each reason once, with its checks. */
export function unmeasured(validity: readonly Validity[]): string[] {
  const rows = validity.filter(({ ok, value }) => ok && value === null)
  const reasons = [...new Set(rows.map(({ reason }) => reason))]
  return reasons.map((reason) => {
    const checks = rows.filter((row) => row.reason === reason).map(({ check }) => check)
    return `${checks.join(', ')}${reason === undefined ? '' : ` (${reason})`}`
  })
}
