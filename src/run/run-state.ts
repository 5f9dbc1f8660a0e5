import { adviceOn, errorWords, lossWords, shownBody } from '../core/error-answers.js'
import {
  addLedgers,
  emptyLedger,
  type Ledger,
  type Load,
  measuredMs,
  offeredRps,
  type Stretch,
  stretchesOf,
} from '../core/load.js'
import type { RunEvent, TickRow, Validity } from '../core/record.js'
import type { ReshardProgress } from '../core/sharding.js'
import type { Health, InstanceRow, LiveDoubt, Phase, Snapshot } from '../core/snapshot.js'
import type { GeneratorHealth, LoadTick } from '../load/port.js'
import type { Reading } from '../probes/port.js'
import { Histogram } from '../stats/histogram.js'
import { DatabaseStates } from './database-states.js'
import { kindOf, type RunPlan } from './plan.js'
import { ShardStates } from './shard-states.js'
import { validityOf } from './validity.js'

/** From so many bad ends on, without a good one, it is said. */
const FEWEST_BAD = 3

/** Ticks kept for the views; the record keeps them all. */
const HISTORY = 600

interface Moment {
  tMs: number
  value: number
}

interface InstanceState {
  answered: number
  errors: number
  rps: number
  response: Histogram
  health: Health
  cpuPercent: number | null
  memoryMib: number | null
}

/**
 * What is known about a run while it runs: ticks and readings go in, snapshots come out. Figures start anew when the
 * counted part begins, so that a view never shows the warm-up mixed with the rest.
 */
export class RunState {
  readonly timeline: TickRow[] = []
  readonly events: RunEvent[] = []
  readonly databases = new DatabaseStates()
  readonly shards: ShardStates
  /** How far a migration is; null where there is none. */
  migration: ReshardProgress | null = null
  /** The longest that the command did not get to run during the counted part, in milliseconds. */
  pausedMs = 0
  private phase: Phase = 'starting'
  private now = 0
  private counted: TickRow[] = []
  private ledger: Ledger = emptyLedger()
  private warmupLeft = { unsent: 0, unanswered: 0 }
  private response = new Histogram()
  private service = new Histogram()
  private readonly instances = new Map<string, InstanceState>()
  private generator: GeneratorHealth = NO_HEALTH
  private readonly stretches: Stretch[]
  private readonly host = { cpu: [] as Moment[], steal: [] as number[] }
  private generatorShares: Moment[] = []
  private doubtSince = new Map<string, number>()
  /** Ends of requests since the load began, until one is good. */
  private bad: { ledger: Ledger; statuses: Record<string, number>; losses: Record<string, number> } | null = {
    ledger: emptyLedger(),
    statuses: {},
    losses: {},
  }

  constructor(
    private readonly plan: RunPlan,
    private readonly target: string,
    private readonly nameOf: (instance: string) => string,
  ) {
    for (const { id } of plan.instances) this.instances.set(id, newInstance())
    this.stretches = stretchesOf(plan.load)
    this.shards = new ShardStates(plan.parameters)
  }

  addTick(tick: LoadTick): void {
    if (tick.phase === 'measuring' && this.phase !== 'measuring') this.startCounting()
    this.phase = tick.phase
    this.now = tick.to
    const row = tickRow(tick, this.plan.load)
    if (tick.phase !== 'draining') this.timeline.push(row)
    if (tick.phase === 'measuring') {
      this.counted.push(row)
      this.generatorShares.push({ tMs: (tick.from + tick.to) / 2, value: tick.generator.cpu })
    }
    if (tick.phase === 'draining') this.stopCounting()
    this.databases.addTick(tick.phase === 'draining' ? {} : (tick.journal?.nodes ?? {}))
    this.shards.addTick(tick.journal, secondsOf(tick))

    this.ledger = addLedgers(this.ledger, this.withoutWarmup(tick))
    this.ledger.unfinished = Math.max(0, this.ledger.due - this.ledger.ok - this.ledger.http_error - this.ledger.lost)
    this.response.add(tick.response)
    this.service.add(tick.service)
    this.generator = tick.generator
    this.addInstances(tick)
    this.warnOfErrors(tick)
  }

  /** Said at once: a wrong path or password is no reason to wait for the end. */
  private warnOfErrors({ ok, http_error, lost, statuses, losses, errors }: LoadTick): void {
    const { bad } = this
    if (bad === null) return
    bad.ledger.http_error += http_error
    bad.ledger.lost += lost
    for (const [total, part] of [
      [bad.statuses, statuses],
      [bad.losses, losses],
    ] as const) {
      for (const [key, count] of Object.entries(part)) total[key] = (total[key] ?? 0) + count
    }
    if (ok > 0) this.bad = null
    if (ok > 0 || http_error + lost === 0 || bad.ledger.http_error + bad.ledger.lost < FEWEST_BAD) return
    this.bad = null
    const said = Object.entries(errors).map(([status, { contentType, body, more }]) =>
      errorWords({
        status: Number(status),
        answers: bad.statuses[status] ?? 0,
        content_type: contentType,
        body: shownBody(body, more),
        more,
      }),
    )
    const words = [...said, lossWords({ ...bad, statuses: {} })].filter((text) => text !== null)
    this.addEvent('warn', `no request has been answered well so far: ${words.join('; ')}. ${adviceOn(bad)}`)
  }

  /** @param tMs when they were read, on the run clock */
  addReadings(readings: readonly Reading[], tMs: number): void {
    this.databases.addReadings(readings, tMs)
    this.shards.addReadings(readings)
    for (const reading of readings) {
      this.addHostReading(reading, tMs)
      const instance = reading.node === undefined ? undefined : this.instances.get(reading.node)
      if (instance === undefined) continue
      if (reading.kind === 'node.health') instance.health = healthOf(reading.value)
      if (reading.kind === 'node.cpu_percent') instance.cpuPercent = reading.value
      if (reading.kind === 'node.memory_mib') instance.memoryMib = reading.value
    }
  }

  /** While answers still come in the load is over: an idle host of that time is none of the run's. */
  private addHostReading({ kind, value }: Reading, tMs: number): void {
    if (this.phase === 'draining' || this.phase === 'done') return
    if (kind === 'host.cpu_share') this.host.cpu.push({ tMs, value })
    if (kind === 'host.steal_share') this.host.steal.push(value)
  }

  addEvent(level: RunEvent['level'], text: string, tMs = this.now): void {
    this.events.push({ t_ms: Math.round(tMs), level, text })
  }

  setPhase(phase: Phase): void {
    if (phase === 'done') this.stopCounting()
    this.phase = phase
  }

  /** The rows of the counted part. */
  countedTicks(): readonly TickRow[] {
    return this.counted
  }

  /** Of the busiest stage, so that a calm one does not hide it; null where it cannot be read. */
  hostCpu(): number | null {
    return busiest(this.host.cpu, this.stretches)
  }

  /** The same of the generator; 0 before the counted part, and of a load that has no stages. */
  generatorCpu(): number {
    return this.stretches.length < 2 ? 0 : (busiest(this.generatorShares, this.stretches) ?? 0)
  }

  hostSteal(): number | null {
    return mean(this.host.steal)
  }

  snapshot(): Snapshot {
    const { load } = this.plan
    const answered = [...this.instances.values()].reduce((sum, instance) => sum + instance.answered, 0)
    const latest = this.timeline.at(-1)
    return {
      scenario: this.plan.scenario,
      engine: this.plan.engine,
      question: this.plan.question,
      target: this.target,
      phase: this.phase,
      t_ms: this.now,
      // The load beside a drill or a migration lasts as long as it takes; what is said is what it should take.
      total_ms: load.warmupMs + (this.plan.actMs ?? measuredMs(load)),
      mode: load.mode,
      connections: load.connections,
      offered_rps: load.mode === 'open' ? (latest?.offered_rps ?? load.stages[0]?.rps ?? null) : null,
      achieved_rps: latest?.achieved_rps ?? 0,
      history: this.timeline.slice(-HISTORY),
      response_ms: this.response.percentiles(),
      service_ms: this.service.percentiles(),
      ledger: this.ledger,
      instances: [...this.instances].map(([id, state]) => instanceRow(id, state, answered)),
      databases: this.databases.rows(),
      shards: this.shards.rows(),
      migration: this.migration,
      events: this.events,
      doubts: this.doubts(),
    }
  }

  /** What a tick adds to the ledger: the warm-up's last requests, which come first, are taken off. */
  private withoutWarmup({ due, sent, ok, http_error, lost }: LoadTick): Ledger {
    const left = this.warmupLeft
    const take = (count: number, of: 'unsent' | 'unanswered'): number => {
      const taken = Math.min(Math.max(0, count), left[of])
      left[of] -= taken
      return count - taken
    }
    return {
      due,
      sent: take(sent, 'unsent'),
      ok: take(ok, 'unanswered'),
      http_error: take(http_error, 'unanswered'),
      lost: take(lost, 'unanswered'),
      unfinished: 0,
    }
  }

  private stopCounting(): void {
    this.databases.stopCounting()
    this.shards.stopCounting()
  }

  /** The command did not get to run for so long, in milliseconds. */
  paused(ms: number): void {
    if (this.phase === 'measuring') this.pausedMs = Math.max(this.pausedMs, ms)
  }

  private startCounting(): void {
    // What the warm-up left to be sent and answered belongs to it, as in the record.
    const { due, sent, ok, http_error, lost } = this.ledger
    this.warmupLeft = { unsent: due - sent, unanswered: due - ok - http_error - lost }
    this.ledger = emptyLedger()
    this.response.reset()
    this.service.reset()
    this.generator = NO_HEALTH
    this.generatorShares = []
    this.host.cpu.length = 0
    this.host.steal.length = 0
    this.databases.startCounting()
    this.shards.startCounting()
    for (const instance of this.instances.values()) {
      instance.answered = 0
      instance.errors = 0
      instance.response.reset()
    }
  }

  private addInstances(tick: LoadTick): void {
    const seconds = secondsOf(tick)
    for (const instance of this.instances.values()) instance.rps = 0
    for (const [header, counts] of Object.entries(tick.instances)) {
      const id = this.nameOf(header)
      const instance = this.instances.get(id) ?? newInstance()
      this.instances.set(id, instance)
      instance.answered += counts.answered
      instance.errors += counts.http_error
      instance.rps = counts.answered / seconds
      instance.response.add(counts.response)
    }
  }

  /** Checks that fail so far; each must fail for three ticks in a row, so that a start-up blip is no doubt. */
  private doubts(): LiveDoubt[] {
    if (this.phase !== 'measuring' || this.counted.length < 4) return []
    const failing = this.validitySoFar().filter((row) => !row.ok)
    const since = new Map(failing.map((row) => [row.check, this.doubtSince.get(row.check) ?? this.counted.length]))
    this.doubtSince = since
    return failing
      .filter((row) => this.counted.length - (since.get(row.check) ?? 0) >= 2)
      .map((row) => ({ check: row.check, text: row.meaning }))
  }

  private validitySoFar(): Validity[] {
    const answered = this.ledger.ok + this.ledger.http_error
    const seconds = (this.now - this.plan.load.warmupMs) / 1_000
    return validityOf({
      offeredRps: offeredRps(this.plan.load) === null ? null : this.ledger.due / seconds,
      achievedRps: answered / seconds,
      generator: this.generator,
      ledger: this.ledger,
      ticks: this.counted,
      stretches: this.stretches,
      hostCpu: this.hostCpu(),
      hostSteal: this.hostSteal(),
      changedNodes: null,
      kind: kindOf(this.plan),
      commandPausedMs: this.pausedMs,
    })
  }
}

const NO_HEALTH: GeneratorHealth = {
  cpu: 0,
  busy: 0,
  eventLoopDelayMs: 0,
  pausedMs: 0,
  latenessMs: 0,
  backlog: 0,
}

function newInstance(): InstanceState {
  return {
    answered: 0,
    errors: 0,
    rps: 0,
    response: new Histogram(),
    health: 'unknown',
    cpuPercent: null,
    memoryMib: null,
  }
}

function instanceRow(id: string, state: InstanceState, answered: number): InstanceRow {
  const { p50, p99 } = state.response.percentiles()
  return {
    id,
    requests: state.answered,
    share: answered === 0 ? 0 : state.answered / answered,
    rps: state.rps,
    p50_ms: p50,
    p99_ms: p99,
    errors: state.errors,
    health: state.health,
    cpu_percent: state.cpuPercent,
    memory_mib: state.memoryMib,
  }
}

/** A tick as a row of the timeline: rates per second over its length. */
export function tickRow(tick: LoadTick, load: Load): TickRow {
  const seconds = secondsOf(tick)
  const response = Histogram.ofCounts(tick.response).percentiles()
  return {
    t_ms: Math.round(tick.to),
    offered_rps: load.mode === 'open' ? round(tick.due / seconds) : null,
    achieved_rps: round((tick.ok + tick.http_error) / seconds),
    errors_per_s: round((tick.http_error + tick.lost) / seconds),
    p50_ms: response.p50,
    p99_ms: response.p99,
    max_ms: response.max,
  }
}

function secondsOf({ from, to }: LoadTick): number {
  return Math.max(0.001, (to - from) / 1_000)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function healthOf(value: number): Health {
  return value >= 1 ? 'ok' : value > 0 ? 'overloaded' : 'down'
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The largest of the means over each stretch, of values read at moments of the run clock; null where there is none. */
function busiest(moments: readonly Moment[], stretches: readonly Stretch[]): number | null {
  // A run beside a drill goes on as long as that takes: what lies outside of all stretches is of the last one.
  const last = stretches.at(-1)
  const means = stretches.flatMap((stretch) => {
    const toMs = stretch === last ? Number.POSITIVE_INFINITY : stretch.toMs
    return mean(moments.filter(({ tMs }) => tMs >= stretch.fromMs && tMs < toMs).map(({ value }) => value)) ?? []
  })
  return means.length === 0 ? null : Math.max(...means)
}
