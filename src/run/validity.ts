import type { Ledger } from '../core/load.js'
import type { TickRow, Validity } from '../core/record.js'
import { checked } from '../core/validity.js'
import type { GeneratorHealth } from '../load/port.js'

/** What the checks look at; all of it from the counted part of the run. */
export interface ValidityInput {
  /** Offered rate in requests/s; null for a closed loop. */
  offeredRps: number | null
  achievedRps: number
  generator: GeneratorHealth
  ledger: Ledger
  ticks: readonly TickRow[]
  /** Mean over the counted part, 0 to 1; null where it cannot be read. */
  hostCpu: number | null
  hostSteal: number | null
  /** Nodes that did not run from beginning to end; null while that is not known, or where there is no stack. */
  changedNodes: number | null
  /** Whether faults were injected: a run that is disturbed on purpose is not asked to be steady. */
  disturbed: boolean
}

/** Limits beyond which a figure says more about the laboratory than about the system. */
const LIMITS = {
  latenessMs: 5,
  generatorCpu: 0.9,
  eventLoopMs: 20,
  hostCpu: 0.97,
  hostSteal: 0.05,
  offered: 0.99,
  lost: 0.001,
  rateDrift: 0.1,
  latencyDrift: 0.5,
  /** Differences of the median below this many milliseconds are no drift. */
  latencyFloorMs: 5,
}

/** Holds a run against every check. Rows whose value could not be read have a null value and pass. */
export function validityOf(input: ValidityInput): Validity[] {
  const { generator, ledger, offeredRps } = input
  const open = offeredRps !== null
  return [
    ...(open ? [checked('generator-lateness', generator.latenessMs, LIMITS.latenessMs)] : []),
    checked('generator-cpu', generator.cpu, LIMITS.generatorCpu),
    checked('generator-event-loop', generator.eventLoopDelayMs, LIMITS.eventLoopMs),
    checked('host-cpu', input.hostCpu, LIMITS.hostCpu),
    checked('host-steal', input.hostSteal, LIMITS.hostSteal),
    ...(open
      ? [
          checked('offered-rate', input.achievedRps / offeredRps, LIMITS.offered, true),
          checked('backlog', generator.backlog, Math.max(1, Math.round(offeredRps * 0.05))),
        ]
      : []),
    ...(input.disturbed
      ? []
      : [
          checked('stack-changed', input.changedNodes, 0),
          checked('lost-requests', ledger.due === 0 ? null : ledger.lost / ledger.due, LIMITS.lost),
          rateDrift(input.ticks),
          checked('latency-drift', latencyDrift(input.ticks), LIMITS.latencyDrift),
        ]),
  ]
}

/** The first and the second half of the counted part; null where it is too short to be halved. */
function halves(ticks: readonly TickRow[]): { first: readonly TickRow[]; second: readonly TickRow[] } | null {
  // The last tick may be cut short by the end of the load.
  const whole = ticks.slice(0, -1)
  if (whole.length < 6) return null
  const middle = Math.floor(whole.length / 2)
  return { first: whole.slice(0, middle), second: whole.slice(middle) }
}

/**
 * How far the achieved rate (over the offered one, where one is offered) of the second half is from the first's. What
 * chance alone does to so few answers is no drift: beyond three standard errors of the ratio of two Poisson counts,
 * sqrt(1 / n1 + 1 / n2), it is.
 */
function rateDrift(ticks: readonly TickRow[]): Validity {
  const parts = halves(ticks)
  if (parts === null) return checked('rate-drift', null, LIMITS.rateDrift)
  const [first, second] = [relativeRate(parts.first), relativeRate(parts.second)]
  const standardError = Math.sqrt(1 / answersOf(parts.first) + 1 / answersOf(parts.second))
  const limit = Number.isFinite(standardError) ? Math.max(LIMITS.rateDrift, 3 * standardError) : LIMITS.rateDrift
  // From nothing to something is as far as it goes.
  return checked('rate-drift', first === 0 && second > 0 ? 1 : Math.abs(second / first - 1), limit)
}

/** Achieved over offered rate; over the number of ticks in a closed loop, which offers none. */
function relativeRate(rows: readonly TickRow[]): number {
  return sum(rows.map((row) => row.achieved_rps)) / sum(rows.map((row) => row.offered_rps ?? 1))
}

/** Answers in these ticks, from their rate and their mean length. */
function answersOf(rows: readonly TickRow[]): number {
  const lengthMs = ((rows.at(-1)?.t_ms ?? 0) - (rows[0]?.t_ms ?? 0)) / Math.max(1, rows.length - 1)
  return (sum(rows.map((row) => row.achieved_rps)) * lengthMs) / 1_000
}

function latencyDrift(ticks: readonly TickRow[]): number | null {
  const parts = halves(ticks)
  if (parts === null || ratesDiffer(parts.first, parts.second)) return null
  const [first, second] = [medianLatency(parts.first), medianLatency(parts.second)]
  if (first === null || second === null) return null
  return Math.abs(second - first) < LIMITS.latencyFloorMs ? 0 : Math.abs(second / first - 1)
}

/** Whether the load was not the same in both: then the latency need not be either. */
function ratesDiffer(first: readonly TickRow[], second: readonly TickRow[]): boolean {
  const [before, after] = [first, second].map((rows) => sum(rows.map((row) => row.offered_rps ?? 1)) / rows.length)
  return Math.abs((after ?? 0) / (before ?? 0) - 1) > LIMITS.rateDrift
}

function medianLatency(rows: readonly TickRow[]): number | null {
  const sorted = rows.flatMap((row) => (row.p50_ms === null ? [] : [row.p50_ms])).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
