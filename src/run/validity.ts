import { allErrors } from '../core/error-answers.js'
import type { Ledger, Stretch } from '../core/load.js'
import type { TickRow, Validity } from '../core/record.js'
import { bearsOn, checked, type RunKind } from '../core/validity.js'
import type { GeneratorHealth } from '../load/port.js'

/** What the checks look at; all of it from the counted part of the run. */
export interface ValidityInput {
  /** Offered rate in requests/s; null for a closed loop. */
  offeredRps: number | null
  achievedRps: number
  generator: GeneratorHealth
  ledger: Ledger
  ticks: readonly TickRow[]
  /** Where the load was the same: each stage of an open loop is looked at by itself. */
  stretches: readonly Stretch[]
  /** Mean over the busiest stretch, 0 to 1; null where it cannot be read. */
  hostCpu: number | null
  hostSteal: number | null
  /** Nodes that did not run from beginning to end; null while that is not known, or where there is no stack. */
  changedNodes: number | null
  kind: RunKind
  /** The longest that the command did not get to run during the counted part, in milliseconds. */
  commandPausedMs: number
}

/** Limits beyond which a figure says more about the laboratory than about the system. */
export const LIMITS = {
  /** The least difference of two medians that counts as a drift below: what the generator adds must not make one. */
  latenessMs: 5,
  /** A loop that is busy for a share rho makes work wait rho / (1 - rho) times as long as it takes (M/M/1): nine times. */
  generatorCpu: 0.9,
  /** A first guess, yet to be measured: runs in which the generator, and such in which the system, is the limit. */
  generatorBusy: 0.95,
  /** One request in a hundred meets a pause of a hundredth of the time: p99 is no longer the system's. */
  pausedShare: 0.01,
  /** On a busy machine any program waits this long now and then; a command that draws, for longer. */
  pausedMs: 250,
  commandPausedMs: 1_000,
  /** With every core taken by other programs 12 ms were seen. Beyond 20, tens of milliseconds are not the system's. */
  eventLoopMs: 20,
  /** Full, but for the rounding of the kernel's clock ticks: 10 ms of each core's second. */
  hostCpu: 0.97,
  /** Of twenty requests one is stretched by a neighbour: p95 is no longer the system's. */
  hostSteal: 0.05,
  offered: 0.99,
  lost: 0.001,
  rateDrift: 0.1,
  latencyDrift: 0.5,
  /** Differences of the median below this many milliseconds are no drift. */
  latencyFloorMs: 5,
}

/** Whole ticks from which a stretch can be halved: three on each side. */
const FEWEST_TICKS = 6

/**
 * Holds a run against every check. Rows whose value could not be read have a null value with the reason, and pass: what
 * shows them must say that they were not measured.
 */
export function validityOf(input: ValidityInput): Validity[] {
  const rows = checksOf(input)
  const full = rows.some(({ check, ok }) => !ok && (check === 'generator-busy' || check === 'generator-cpu'))
  return full ? rows.map(byGenerator) : rows
}

/** What a full generator did not send, or read, in time says nothing of the system. */
function byGenerator(row: Validity): Validity {
  return row.doubt === 'overloaded' ? { ...row, doubt: 'generator-limited', meaning: NOT_THE_SYSTEM } : row
}

const NOT_THE_SYSTEM = 'the generator could not keep up with its own schedule; whether the system could is not known'

function checksOf(input: ValidityInput): Validity[] {
  const { generator, ledger, offeredRps } = input
  const countedMs = input.stretches.reduce((total, { fromMs, toMs }) => total + toMs - fromMs, 0)
  const pauseFrom = (leastMs: number): number => Math.max(leastMs, LIMITS.pausedShare * countedMs)
  const open = offeredRps !== null
  // Who answers everything with an error, or nothing, is not overloaded.
  const refused = allErrors({ ledger }) ? { reason: 'no request was answered well' } : null
  const rows = [
    ...(open ? [checked('generator-lateness', generator.latenessMs, LIMITS.latenessMs)] : []),
    checked('generator-busy', generator.busy, LIMITS.generatorBusy),
    checked('generator-cpu', generator.cpu, LIMITS.generatorCpu),
    checked('generator-event-loop', generator.eventLoopDelayMs, LIMITS.eventLoopMs),
    checked('generator-paused', generator.pausedMs, pauseFrom(LIMITS.pausedMs)),
    checked('command-paused', input.commandPausedMs, pauseFrom(LIMITS.commandPausedMs)),
    checked('host-cpu', input.hostCpu, LIMITS.hostCpu, { reason: NOT_READ }),
    checked('host-steal', input.hostSteal, LIMITS.hostSteal, { reason: NOT_READ }),
    ...(open
      ? [
          refused === null
            ? offeredRate(input, offeredRps)
            : checked('offered-rate', null, LIMITS.offered, { atLeast: true, ...refused }),
          checked('backlog', refused === null ? generator.backlog : null, Math.max(1, Math.round(offeredRps * 0.05)), {
            ...refused,
          }),
        ]
      : []),
    ...(input.changedNodes === null ? [] : [checked('stack-changed', input.changedNodes, 0)]),
    checked('lost-requests', ledger.due === 0 ? null : ledger.lost / ledger.due, LIMITS.lost, {
      reason: 'no request was due',
    }),
    rateDrift(input.ticks),
    // In a closed loop mean latency is connections over rate (Little's law): the drift of the rate says all there is to say,
    // and the median wanders as the fixed number of requests queues now at one instance, now at another.
    ...(open ? [latencyDrift(longest(input))] : []),
  ]
  return rows.filter(({ check }) => bearsOn(check, input.kind))
}

const NOT_READ = 'the run was too short, or the system does not tell'
const TOO_SHORT = 'too short to be halved: that takes 4s'

/**
 * Achieved over offered rate, of the whole counted part or of the second half of that stage in which the system fell
 * furthest behind: what it could not follow in the middle, a calmer end makes up for. Answers are in flight at both ends
 * of a stretch; their difference is no lack. In a queue that is stable their number is about Poisson (exactly for
 * M/G/infinity) around Little's L = rate x response time, so that chance alone makes up three standard errors,
 * 3 sqrt(2 L).
 */
function offeredRate({ achievedRps, ticks, stretches, ledger }: ValidityInput, offeredRps: number): Validity {
  const whole = { ratio: achievedRps / offeredRps, limit: followLimit(ticks, ledger.due) }
  const halves = stretches.length < 2 ? [] : stretches.map((stretch) => secondHalf(within(ticks, stretch), stretch))
  const parts = [whole, ...halves.filter((rows) => rows.length >= 2).map((rows) => followed(rows))]
  const worst = parts.reduce((a, b) => (b.ratio - b.limit < a.ratio - a.limit ? b : a))
  return checked('offered-rate', worst.ratio, worst.limit, { atLeast: true, reason: 'no request was due' })
}

function followed(rows: readonly TickRow[]): { ratio: number; limit: number } {
  const [offered, achieved] = [sum(rows.map((row) => row.offered_rps ?? 0)), sum(rows.map((row) => row.achieved_rps))]
  return { ratio: achieved / offered, limit: followLimit(rows, (offered * tickMs(rows)) / 1_000) }
}

/** The share of so many due requests that must be answered: 99 %, less what chance keeps in flight at the end. */
export function followLimit(rows: readonly TickRow[], due: number): number {
  const inFlight = rows.flatMap(({ offered_rps, p50_ms }) =>
    offered_rps === null || p50_ms === null ? [] : [(offered_rps * p50_ms) / 1_000],
  )
  const mean = inFlight.length === 0 ? 0 : sum(inFlight) / inFlight.length
  const chance = due === 0 ? 0 : (3 * Math.sqrt(2 * mean)) / due
  return Math.min(LIMITS.offered, Math.max(0, 1 - chance))
}

/** Ticks that lie in a stretch; one that its end cuts is left out. */
function within(ticks: readonly TickRow[], { fromMs, toMs }: Stretch): TickRow[] {
  const length = tickMs(ticks)
  return ticks.filter(({ t_ms }) => t_ms - length >= fromMs - 1 && t_ms <= toMs + 1)
}

function secondHalf(rows: readonly TickRow[], { fromMs, toMs }: Stretch): TickRow[] {
  return rows.filter(({ t_ms }) => t_ms - tickMs(rows) >= (fromMs + toMs) / 2 - 1)
}

/** The ticks of the longest stretch of one load: in those before and after, latency may well be another. */
function longest({ ticks, stretches }: ValidityInput): readonly TickRow[] {
  if (stretches.length < 2) return ticks
  return stretches.map((stretch) => within(ticks, stretch)).reduce((a, b) => (b.length > a.length ? b : a))
}

/** The first and the second half of the counted part; null where it is too short to be halved. */
function halvesOf(ticks: readonly TickRow[]): { first: readonly TickRow[]; second: readonly TickRow[] } | null {
  // The last tick may be cut short by the end of the load.
  const whole = ticks.slice(0, -1)
  if (whole.length < FEWEST_TICKS) return null
  const middle = Math.floor(whole.length / 2)
  return { first: whole.slice(0, middle), second: whole.slice(middle) }
}

/**
 * How far the achieved rate (over the offered one, where one is offered) of the second half is from the first's. What
 * chance alone does to so few answers is no drift: beyond three standard errors of the ratio of two Poisson counts,
 * sqrt(1 / n1 + 1 / n2), it is.
 */
function rateDrift(ticks: readonly TickRow[]): Validity {
  const parts = halvesOf(ticks)
  if (parts === null) return checked('rate-drift', null, LIMITS.rateDrift, { reason: TOO_SHORT })
  const [first, second] = [relativeRate(parts.first), relativeRate(parts.second)]
  const standardError = Math.sqrt(1 / answersOf(parts.first) + 1 / answersOf(parts.second))
  const limit = Number.isFinite(standardError) ? Math.max(LIMITS.rateDrift, 3 * standardError) : LIMITS.rateDrift
  // From nothing to something is as far as it goes.
  return checked('rate-drift', first === 0 && second > 0 ? 1 : Math.abs(second / first - 1), limit, {
    reason: 'nothing was answered',
  })
}

/** Achieved over offered rate; over the number of ticks in a closed loop, which offers none. */
function relativeRate(rows: readonly TickRow[]): number {
  return sum(rows.map((row) => row.achieved_rps)) / sum(rows.map((row) => row.offered_rps ?? 1))
}

/** Answers in these ticks, from their rate and their mean length. */
function answersOf(rows: readonly TickRow[]): number {
  return (sum(rows.map((row) => row.achieved_rps)) * tickMs(rows)) / 1_000
}

function tickMs(rows: readonly TickRow[]): number {
  return ((rows.at(-1)?.t_ms ?? 0) - (rows[0]?.t_ms ?? 0)) / Math.max(1, rows.length - 1)
}

/**
 * How far the median latency of the second half is from the first's. A queue near its limit wanders: what the spread of
 * the ticks makes likely is no drift. Beyond three standard errors of the difference of two medians, each
 * sqrt(pi / 2) s / sqrt(n) (Kendall and Stuart, The Advanced Theory of Statistics 1, 10.10), it is.
 */
function latencyDrift(ticks: readonly TickRow[]): Validity {
  const unknown = (reason: string): Validity => checked('latency-drift', null, LIMITS.latencyDrift, { reason })
  const parts = halvesOf(ticks)
  if (parts === null) return unknown(TOO_SHORT)
  const [first, second] = [medianLatency(parts.first), medianLatency(parts.second)]
  if (first === null || second === null) return unknown('nothing was answered well in one of the halves')
  const chance = 3 * Math.hypot(first.standardError, second.standardError)
  const difference = Math.abs(second.median - first.median)
  const drift = difference < LIMITS.latencyFloorMs ? 0 : difference / first.median
  return checked('latency-drift', drift, Math.max(LIMITS.latencyDrift, chance / Math.max(1e-3, first.median)))
}

/** The median of the medians of these ticks, in milliseconds, and its standard error. */
function medianLatency(rows: readonly TickRow[]): { median: number; standardError: number } | null {
  const sorted = rows.flatMap((row) => (row.p50_ms === null ? [] : [row.p50_ms])).toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  if (median === undefined) return null
  const mean = sum(sorted) / sorted.length
  const variance = sum(sorted.map((value) => (value - mean) ** 2)) / Math.max(1, sorted.length - 1)
  return { median, standardError: Math.sqrt((Math.PI / 2) * (variance / sorted.length)) }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
