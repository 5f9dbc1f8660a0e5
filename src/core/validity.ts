import type { Validity } from './record.js'

/** What a failed check makes of the result, in the words that open the report. */
export type Doubt = 'generator-limited' | 'host-limited' | 'not steady' | 'overloaded'

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
      'p99 of how late the generator itself sent; beyond it latency is partly its own. Lower the rate or use --generators 2',
  },
  'generator-cpu': {
    doubt: 'generator-limited',
    unit: 'share of a core',
    meaning: 'the generator nearly filled its core. Lower the rate or use --generators 2',
  },
  'generator-event-loop': {
    doubt: 'generator-limited',
    unit: 'ms',
    meaning: 'p99 event-loop delay of the generator. Stop other programs, or lower the rate',
  },
  'host-cpu': {
    doubt: 'host-limited',
    unit: 'share',
    meaning:
      'all processors were busy: more instances cannot show more capacity here. Use the calibrated model or a larger machine',
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
 * quotient of nothing by nothing) passes with the value null: nothing to doubt.
 */
export function checked(check: CheckName, measured: number | null, limit: number, atLeast = false): Validity {
  const { unit, meaning } = CHECKS[check]
  const value = measured === null || !Number.isFinite(measured) ? null : measured
  const ok = value === null || (atLeast ? value >= limit : value <= limit)
  return { check, ok, value, limit, unit, meaning }
}

/** The doubts of a run, each once, the gravest first. */
export function doubtsOf(validity: readonly Validity[]): Doubt[] {
  const order: Doubt[] = ['generator-limited', 'host-limited', 'not steady', 'overloaded']
  const failed = validity.filter((row) => !row.ok).map((row) => CHECKS[row.check as CheckName]?.doubt)
  return order.filter((doubt) => failed.includes(doubt))
}
