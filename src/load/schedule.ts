import type { Arrival, LoadStage } from '../core/load.js'
import { exponential, seededRandom } from '../core/random.js'

/** A stretch of constant rate, with how many requests are due before it begins. */
interface Segment {
  startMs: number
  endMs: number
  rps: number
  countBefore: number
}

/**
 * An offered rate over time, piecewise constant, through its integral: how many requests are due by a moment, and when
 * so many are due. Time 0 is the start of the warm-up, which runs at the first stage's rate.
 */
export class RateCurve {
  /** Segments with a rate above 0, in order. */
  readonly segments: readonly Segment[]
  /** Requests due over all of it; not always whole. */
  readonly total: number
  readonly endMs: number

  constructor(stages: readonly LoadStage[], warmupMs: number) {
    const segments: Segment[] = []
    let startMs = 0
    let countBefore = 0
    for (const { durationMs, rps } of [{ durationMs: warmupMs, rps: stages[0]?.rps ?? 0 }, ...stages]) {
      const endMs = startMs + durationMs
      if (durationMs > 0 && rps > 0) segments.push({ startMs, endMs, rps, countBefore })
      countBefore += (rps * durationMs) / 1_000
      startMs = endMs
    }
    this.segments = segments
    this.total = countBefore
    this.endMs = startMs
  }

  /** How many requests are due before `ms`. */
  countAt(ms: number): number {
    let count = 0
    for (const segment of this.segments) {
      if (ms <= segment.startMs) break
      count = segment.countBefore + ((Math.min(ms, segment.endMs) - segment.startMs) * segment.rps) / 1_000
    }
    return count
  }

  /** The inverse: when the count reaches `count`; Infinity when it never goes beyond it. */
  momentOf(count: number): number {
    const segment = this.segments.findLast((candidate) => candidate.countBefore <= count)
    return segment === undefined || count >= this.total ? Number.POSITIVE_INFINITY : momentIn(segment, count)
  }
}

function momentIn(segment: Segment, count: number): number {
  return Math.min(segment.startMs + ((count - segment.countBefore) * 1_000) / segment.rps, segment.endMs)
}

export interface ScheduleOptions {
  arrival: Arrival
  stages: readonly LoadStage[]
  /** In milliseconds, before the stages, at the first stage's rate. */
  warmupMs: number
  seed: number
  /** This part of the schedule: arrivals whose number k leaves `index` when divided by `of`. */
  part: { index: number; of: number }
}

/**
 * The due moments of an open loop, one after the other, as a cursor: `k` and `due` are those of the current arrival.
 * Memory and time per arrival do not depend on how many there are.
 *
 * Uniform: arrival k (from 0) is due when the rate's integral reaches k. Poisson: unit exponentials are summed up
 * in the same count space, which makes a Poisson process of the given rate, piecewise constant or not (time rescaling,
 * Daley & Vere-Jones, An Introduction to the Theory of Point Processes, 7.4).
 *
 * The schedule as a whole depends on the stages and the seed only; parts share it out without changing it.
 */
export class Schedule {
  /** Number of the current arrival in the whole schedule, from 0. */
  k = -1
  /** Milliseconds after the start of the warm-up; Infinity when there are no more. */
  due = Number.NEGATIVE_INFINITY

  private readonly curve: RateCurve
  private readonly random: (() => number) | null
  private readonly part: { index: number; of: number }
  private segment = 0
  /** Sum of the unit exponentials so far (Poisson only). */
  private reached = 0

  constructor({ arrival, stages, warmupMs, seed, part }: ScheduleOptions) {
    this.curve = new RateCurve(stages, warmupMs)
    this.random = arrival === 'poisson' ? seededRandom(seed) : null
    this.part = part
    this.advance()
  }

  /** Goes to the next arrival of this part. */
  advance(): void {
    if (this.due === Number.POSITIVE_INFINITY) return
    const { index, of } = this.part
    const step = this.k < 0 ? index + 1 : of
    this.k += step
    if (this.random !== null) for (let i = 0; i < step; i++) this.reached += exponential(this.random, 1)
    this.due = this.momentOf(this.random === null ? this.k : this.reached)
  }

  /** As `RateCurve.momentOf`, for counts that never fall: remembers the segment instead of looking for it. */
  private momentOf(count: number): number {
    const { segments, total } = this.curve
    if (count >= total) return Number.POSITIVE_INFINITY
    let next = segments[this.segment + 1]
    while (next !== undefined && next.countBefore <= count) next = segments[++this.segment + 1]
    const segment = segments[this.segment]
    return segment === undefined ? Number.POSITIVE_INFINITY : momentIn(segment, count)
  }
}
