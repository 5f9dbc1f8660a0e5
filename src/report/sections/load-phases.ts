import type { RunRecord, TickRow } from '../../core/record.js'
import { formatDuration } from '../../core/units.js'
import { largest, median } from '../../stats/quantiles.js'
import { numberOr } from '../quantities.js'
import { table } from '../table.js'

/** Of what the ticks of a part consist. */
interface Phases {
  before: TickRow[]
  during: TickRow[]
  after: TickRow[]
}

/**
 * The counted ticks before a span of the run clock, in it, and after it. A tick that the span's begin or end falls into
 * is in it.
 */
export function phasesOf({ timeline, load }: RunRecord, { from, to }: { from: number; to: number }): Phases {
  const counted = timeline.filter(({ t_ms }) => t_ms > load.warmup_ms)
  const begin = beginOf(timeline)
  return {
    before: counted.filter(({ t_ms }) => t_ms <= from),
    during: counted.filter((tick) => tick.t_ms > from && begin(tick) < to),
    after: counted.filter((tick) => begin(tick) >= to),
  }
}

/** Rate and latency before, during and after a span; parts without a tick have no row. */
export function loadTable(
  record: RunRecord,
  span: { from: number; to: number },
  names: Record<keyof Phases, string>,
): string {
  const phases = phasesOf(record, span)
  const begin = beginOf(record.timeline)
  const columns = ['Length', 'Offered/s', 'Answered/s', 'Errors/s', 'p50 ms', 'p99 ms', 'max ms']
  // A load that ends with the span has no part after it.
  const shown = (['before', 'during', 'after'] as const).filter((name) => phases[name].length > 0)
  return table(
    [{ title: 'Load' }, ...columns.map((title) => ({ title, align: 'right' as const }))],
    shown.map((name) => [names[name], ...figures(phases[name], begin)]),
  )
}

function figures(ticks: readonly TickRow[], begin: (tick: TickRow) => number): string[] {
  const length = ticks.reduce((sum, tick) => sum + tick.t_ms - begin(tick), 0)
  const mean = (read: (tick: TickRow) => number | null): number | null => {
    const known = ticks.filter((tick) => read(tick) !== null)
    const time = known.reduce((sum, tick) => sum + tick.t_ms - begin(tick), 0)
    return time === 0
      ? null
      : known.reduce((sum, tick) => sum + (read(tick) ?? 0) * (tick.t_ms - begin(tick)), 0) / time
  }
  return [
    formatDuration(length),
    numberOr(mean(({ offered_rps }) => offered_rps)),
    numberOr(mean(({ achieved_rps }) => achieved_rps)),
    numberOr(mean(({ errors_per_s }) => errors_per_s)),
    numberOr(medianOf(ticks, 'p50_ms')),
    numberOr(medianOf(ticks, 'p99_ms')),
    numberOr(largest(ticks.map(({ max_ms }) => max_ms).filter((value) => value !== null))),
  ]
}

/** The median over ticks of a percentile; null where no tick has an answer. */
export function medianOf(ticks: readonly TickRow[], percentile: 'p50_ms' | 'p99_ms'): number | null {
  return median(ticks.map((tick) => tick[percentile]).filter((value) => value !== null))
}

function beginOf(timeline: readonly TickRow[]): (tick: TickRow) => number {
  return (tick) => timeline[timeline.indexOf(tick) - 1]?.t_ms ?? 0
}
