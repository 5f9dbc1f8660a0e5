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
          checked('lost-requests', ledger.due === 0 ? null : ledger.lost / ledger.due, LIMITS.lost),
          checked('rate-drift', rateDrift(input.ticks), LIMITS.rateDrift),
          checked('latency-drift', latencyDrift(input.ticks), LIMITS.latencyDrift),
        ]),
  ]
}

function halves(ticks: readonly TickRow[]): [readonly TickRow[], readonly TickRow[]] | null {
  // The last tick may be cut short by the end of the load.
  const whole = ticks.slice(0, -1)
  if (whole.length < 6) return null
  const middle = Math.floor(whole.length / 2)
  return [whole.slice(0, middle), whole.slice(middle)]
}

/** |second half / first half - 1| of the achieved rate (of achieved over offered where a rate is offered). */
function rateDrift(ticks: readonly TickRow[]): number | null {
  const parts = halves(ticks)
  if (parts === null) return null
  const [first, second] = parts.map((rows) => {
    const offered = rows.reduce((sum, row) => sum + (row.offered_rps ?? 1), 0)
    return rows.reduce((sum, row) => sum + row.achieved_rps, 0) / offered
  })
  return first === undefined || second === undefined || first === 0 ? null : Math.abs(second / first - 1)
}

function latencyDrift(ticks: readonly TickRow[]): number | null {
  const parts = halves(ticks)
  if (parts === null) return null
  const [first, second] = parts.map((rows) => median(rows.flatMap((row) => (row.p50_ms === null ? [] : [row.p50_ms]))))
  if (first === undefined || second === undefined || first === null || second === null) return null
  return Math.abs(second - first) < LIMITS.latencyFloorMs ? 0 : Math.abs(second / first - 1)
}

function median(values: number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}
