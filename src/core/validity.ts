import type { RunRecord, Validity } from './record.js'
import { actionsOf } from './record-actions.js'
import { formatValue } from './value.js'

/** The gravest first: where the generator or the host was the limit, what else was seen is theirs. */
const DOUBTS = ['generator-limited', 'host-limited', 'not steady', 'overloaded'] as const

/** What a failed check makes of the result, in the words that open the report. */
export type Doubt = (typeof DOUBTS)[number]

/**
 * What a run was: a load alone, one with actions on its way, or the load beside a drill or a migration, of which is reported
 * what that took and cost.
 */
export type RunKind = 'load' | 'actions' | 'act'

export function runKindOf(record: Pick<RunRecord, 'actions' | 'faults' | 'trial' | 'reshard'>): RunKind {
  if (record.trial !== undefined || record.reshard !== undefined) return 'act'
  return actionsOf(record).length > 0 ? 'actions' : 'load'
}

interface Check {
  doubt: Doubt
  unit: string
  /** What it means when it fails; what to do about it is in `remedies.ts`. */
  meaning: string
  /** The kinds of run on whose results it bears: the few late requests of a drill say nothing of what the drill cost. */
  bears: readonly RunKind[]
}

const ALWAYS: readonly RunKind[] = ['load', 'actions', 'act']
const LOADED: readonly RunKind[] = ['load', 'actions']
/** A run that is disturbed on purpose is not asked to be steady. */
const UNDISTURBED: readonly RunKind[] = ['load']

/**
 * Every validity check by name. A failed check of the generator or the host voids the comparison of systems: what was
 * measured then is the laboratory.
 */
export const CHECKS = {
  'generator-lateness': {
    doubt: 'generator-limited',
    unit: 'ms',
    meaning: 'p99 of how late the generator itself sent; beyond it latency is partly its own',
    bears: LOADED,
  },
  'generator-busy': {
    doubt: 'generator-limited',
    unit: 'share of its time',
    meaning: 'the generator had no moment to spare: answers waited for it, and what was due could not leave',
    bears: ALWAYS,
  },
  'generator-paused': {
    doubt: 'generator-limited',
    unit: 'ms',
    meaning:
      'the longest that the generator did not get to run: what waited meanwhile waited for it, not for the system',
    bears: ALWAYS,
  },
  'command-paused': {
    doubt: 'host-limited',
    unit: 'ms',
    meaning: 'the longest that this command did not get to run: what it had to do and to watch came as much too late',
    bears: ALWAYS,
  },
  'generator-cpu': {
    doubt: 'generator-limited',
    unit: 'share of a core',
    meaning: 'the generator nearly filled its core, in the busiest stage',
    bears: ALWAYS,
  },
  'generator-event-loop': {
    doubt: 'generator-limited',
    unit: 'ms',
    meaning: 'p99 of how long answers waited until the generator read them',
    bears: LOADED,
  },
  'host-cpu': {
    doubt: 'host-limited',
    unit: 'share',
    meaning: 'all processors there are for this were busy: more instances cannot show more capacity here',
    bears: ALWAYS,
  },
  'host-steal': {
    doubt: 'host-limited',
    unit: 'share',
    meaning: 'the hypervisor gave processor time to others',
    bears: ALWAYS,
  },
  'offered-rate': {
    doubt: 'overloaded',
    unit: 'share',
    meaning: 'achieved over offered rate: the system could not follow, so latency grows with the length of the run',
    bears: LOADED,
  },
  backlog: {
    doubt: 'overloaded',
    unit: 'requests',
    meaning: 'due requests still without a connection at the end',
    bears: LOADED,
  },
  'lost-requests': {
    doubt: 'not steady',
    unit: 'share',
    meaning: 'requests whose connection broke or timed out',
    bears: UNDISTURBED,
  },
  'stack-changed': {
    doubt: 'not steady',
    unit: 'nodes',
    meaning: 'nodes that did not run from beginning to end',
    bears: UNDISTURBED,
  },
  'rate-drift': {
    doubt: 'not steady',
    unit: 'share',
    meaning: 'the achieved rate of the second half differs from the first',
    bears: UNDISTURBED,
  },
  'latency-drift': {
    doubt: 'not steady',
    unit: 'share',
    meaning: 'the median latency of the second half differs from the first',
    bears: UNDISTURBED,
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

/** The doubt that a failed row casts: that of its check, or the one found to be behind it; none of a check not known here. */
export function doubtOf({ check, doubt }: Pick<Validity, 'check' | 'doubt'>): Doubt | undefined {
  const own = doubtBy(check)
  return own && (DOUBTS.find((known) => known === doubt) ?? own)
}

/** A checked value for people: "0.6 ms", "31.0 % of a core", "3 nodes". */
export function formatChecked(value: number, unit: string): string {
  const share = /^share( of .+)?$/.exec(unit)
  return share === null ? formatValue(value, unit) : `${formatValue(value, 'share')}${share[1] ?? ''}`
}

/** The doubts of these checks, each once, the gravest first. */
export function doubtsOf(validity: readonly Validity[]): Doubt[] {
  const failed = validity.filter((row) => !row.ok).map(doubtOf)
  return DOUBTS.filter((doubt) => failed.includes(doubt))
}

/** What a check means when it fails; of one of a newer record what that says. */
export function meaningOf({ check, doubt, meaning }: Pick<Validity, 'check' | 'doubt' | 'meaning'>): string {
  // Where something else was found to be behind it than what the check is for, the row says what.
  if (doubt !== undefined && doubt !== doubtBy(check)) return meaning
  return Object.hasOwn(CHECKS, check) ? CHECKS[check as CheckName].meaning : meaning
}

/** Whether a check says anything of the results of a run of this kind; one of a newer record does. */
export function bearsOn(check: string, kind: RunKind): boolean {
  return !Object.hasOwn(CHECKS, check) || CHECKS[check as CheckName].bears.includes(kind)
}

/** The checks of a run that bear on what it reports. */
export function bearing(record: Pick<RunRecord, 'validity' | 'actions' | 'faults' | 'trial' | 'reshard'>): Validity[] {
  const kind = runKindOf(record)
  return record.validity.filter(({ check }) => bearsOn(check, kind))
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
