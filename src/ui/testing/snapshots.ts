import { seededRandom } from '../../core/random.js'
import type { TickRow } from '../../core/record.js'
import type { ReshardProgress } from '../../core/sharding.js'
import type { DatabaseRow, Phase, ShardRow, Snapshot } from '../../core/snapshot.js'

/** Values of a made-up run that tests and the demo change. */
export interface MadeUpRun {
  seed: number
  rps: number
  mode: 'open' | 'closed'
  instances: number
  warmupMs: number
  measuredMs: number
  tickMs: number
  /** False: a system that tells no instances apart (--url). */
  tellsInstances: boolean
  /** Shards; 0: none. The first is hot. */
  shards: number
  /** Whether rows move to the last shard, from 30 % to 80 % of the run. */
  moves: boolean
  /** Database servers: a primary and so many less one standbys; 0: none. */
  databases: number
}

const DEFAULTS: MadeUpRun = {
  seed: 1,
  rps: 1_500,
  mode: 'open',
  instances: 3,
  warmupMs: 2_000,
  measuredMs: 30_000,
  tickMs: 500,
  tellsInstances: true,
  databases: 0,
  shards: 0,
  moves: false,
}

/**
 * The snapshots of a made-up run, in order: starting, warm-up, measuring (the second instance is down from 40 % to 60 %
 * of the time), draining, done. The same values give the same snapshots.
 */
export function madeUpRun(changes: Partial<MadeUpRun> = {}): Snapshot[] {
  const run = { ...DEFAULTS, ...changes }
  const random = seededRandom(run.seed)
  const total = run.warmupMs + run.measuredMs
  const history: TickRow[] = []
  const events: Snapshot['events'] = [{ t_ms: 0, level: 'info', text: 'warm-up begins' }]
  const ledger = { due: 0, sent: 0, ok: 0, http_error: 0, lost: 0, unfinished: 0 }
  const requests = Array.from({ length: run.instances }, () => 0)
  const errors = Array.from({ length: run.instances }, () => 0)
  const snapshots: Snapshot[] = [
    snapshotOf(run, 'starting', 0, { history, events: [], ledger, requests, errors, down: false }),
  ]
  const downFrom = run.warmupMs + 0.4 * run.measuredMs
  const downUntil = run.warmupMs + 0.6 * run.measuredMs
  let wasDown = false

  for (let t = run.tickMs; t <= total; t += run.tickMs) {
    const down = run.instances > 1 && t > downFrom && t <= downUntil
    if (down !== wasDown) {
      events.push(
        down
          ? { t_ms: t - run.tickMs / 2, level: 'error', text: 'api-2 answers no more: connection refused' }
          : { t_ms: t - run.tickMs / 2, level: 'info', text: 'api-2 is back' },
      )
      wasDown = down
    }
    if (t - run.tickMs === run.warmupMs) {
      events.push({ t_ms: run.warmupMs, level: 'info', text: 'measuring begins' })
      Object.assign(ledger, { due: 0, sent: 0, ok: 0, http_error: 0, lost: 0, unfinished: 0 })
      requests.fill(0)
    }
    const capacity = (run.rps / run.instances) * (run.instances - (down ? 1 : 0))
    const due = Math.round((run.rps * run.tickMs) / 1_000)
    const answered = Math.round((Math.min(run.rps, capacity) * run.tickMs * (0.985 + 0.03 * random())) / 1_000)
    const failed = down ? Math.round(12 * random()) : 0
    ledger.due += due
    ledger.sent += Math.min(due, answered + failed + 4)
    ledger.ok += Math.max(0, Math.min(answered, ledger.sent - ledger.ok - ledger.http_error - ledger.lost - failed))
    ledger.http_error += Math.floor(failed / 2)
    ledger.lost += Math.ceil(failed / 2)
    const alive = requests.length - (down ? 1 : 0)
    for (let index = 0; index < requests.length; index++) {
      if (down && index === 1) errors[index] = (errors[index] ?? 0) + failed
      else requests[index] = (requests[index] ?? 0) + Math.round((answered / alive) * (0.99 + 0.02 * random()))
    }
    const base = down ? 140 : 4 + random()
    history.push({
      t_ms: t,
      offered_rps: run.mode === 'open' ? run.rps : null,
      achieved_rps: (answered * 1_000) / run.tickMs,
      errors_per_s: (failed * 1_000) / run.tickMs,
      p50_ms: base,
      p99_ms: base * (4 + 2 * random()),
      max_ms: base * 9,
    })
    snapshots.push(
      snapshotOf(run, t <= run.warmupMs ? 'warm-up' : 'measuring', t, {
        history,
        events,
        ledger,
        requests,
        errors,
        down,
      }),
    )
  }
  events.push({ t_ms: total, level: 'info', text: 'load ends, waiting for the last answers' })
  const end = { history, events, ledger, requests, errors, down: false }
  snapshots.push(snapshotOf(run, 'draining', total + 200, end))
  ledger.unfinished = ledger.due - ledger.ok - ledger.http_error - ledger.lost
  snapshots.push(snapshotOf(run, 'done', total + 400, end))
  return snapshots
}

interface State {
  history: readonly TickRow[]
  events: Snapshot['events']
  ledger: Snapshot['ledger']
  requests: readonly number[]
  errors: readonly number[]
  down: boolean
}

function snapshotOf(run: MadeUpRun, phase: Phase, t: number, state: State): Snapshot {
  const { history, ledger, requests, errors, down } = state
  const all = requests.reduce((sum, value) => sum + value, 0)
  const last = history.at(-1)
  const response = percentiles(history, 1)
  return {
    scenario: 'lb-3',
    engine: run.tellsInstances ? 'process' : null,
    question: 'Do three replicas behind a balancer carry three times the load of one?',
    target: 'http://127.0.0.1:20341',
    phase,
    t_ms: t,
    total_ms: run.warmupMs + run.measuredMs,
    mode: run.mode,
    connections: 60,
    offered_rps: run.mode === 'open' ? run.rps : null,
    achieved_rps: last?.achieved_rps ?? 0,
    history: history.slice(-600),
    response_ms: response,
    service_ms: run.mode === 'open' ? percentiles(history, 0.93) : response,
    ledger: { ...ledger },
    instances: run.tellsInstances
      ? requests.map((count, index) => {
          const isDown = down && index === 1
          return {
            id: `api-${index + 1}`,
            requests: count,
            share: all === 0 ? 0 : count / all,
            rps: isDown ? 0 : (last?.achieved_rps ?? 0) / (requests.length - (down ? 1 : 0)),
            p50_ms: response.p50,
            p99_ms: response.p99,
            errors: errors[index] ?? 0,
            health: phase === 'starting' ? 'unknown' : isDown ? 'down' : down ? 'overloaded' : 'ok',
            cpu_percent: isDown ? null : down ? 99 : 31 + index,
            memory_mib: isDown ? null : 62 + index,
          }
        })
      : [],
    databases: run.databases === 0 ? null : databaseRows(run, t, down),
    shards: run.shards === 0 ? null : shardRows(run, t, down),
    migration: run.moves ? progressAt(run, t, down) : null,
    events: [...state.events],
    doubts: down
      ? [{ check: 'saturation', text: 'the system answers less than is offered: latency says how long the test ran' }]
      : [],
  }
}

/**
 * A primary and standbys whose lag swells and ebbs. While the second instance is down so is the last standby, and when it
 * is back the first standby has become the primary, on the next timeline.
 */
function databaseRows(run: MadeUpRun, t: number, down: boolean): DatabaseRow[] {
  const promoted = t > run.warmupMs + 0.6 * run.measuredMs
  const rows = Array.from({ length: run.databases }, (_, index): DatabaseRow => {
    const id = index === 0 ? 'primary' : `standby-${index}`
    const isPrimary = index === (promoted ? 1 : 0)
    const isDown = down && index === run.databases - 1
    const ticks = Math.min(60, Math.floor(t / run.tickMs))
    const lag = (tick: number): number => 1.5 * index * (1 + Math.sin(tick / 3) ** 2 * 8)
    const history = Array.from({ length: ticks }, (_tick, n) => {
      const tick = Math.floor(t / run.tickMs) - ticks + n
      return isPrimary || (isDown && n > ticks - 4) ? null : lag(tick)
    })
    return {
      id,
      state: isDown ? 'down' : isPrimary ? 'primary' : 'standby',
      replication: isDown || isPrimary ? '' : index === 2 ? 'catchup, async' : 'streaming, async',
      timeline: isDown ? null : promoted ? 2 : 1,
      heartbeat_ms: isPrimary || isDown ? null : (history.at(-1) ?? null),
      replay_lag_ms: isPrimary || isDown || index === 3 ? null : (history.at(-1) ?? 0) * 0.8,
      replay_bytes: isPrimary || isDown ? null : index === 3 ? 0 : Math.round(1_200 * (history.at(-1) ?? 0) ** 2),
      history,
      requests: Math.round((run.rps * t) / 1_000 / (index + 1)),
    }
  })
  return rows.sort((a, b) => Number(b.state === 'primary') - Number(a.state === 'primary'))
}

/** How much of a migration is done at a moment, 0 to 1. */
function movedAt({ warmupMs, measuredMs, moves }: MadeUpRun, t: number): number {
  if (!moves) return 1
  return Math.min(1, Math.max(0, (t - warmupMs - 0.3 * measuredMs) / (0.5 * measuredMs)))
}

/** The last shard gets its keys as they move; while the second instance is down so is the second shard. */
function shardRows(run: MadeUpRun, t: number, down: boolean): ShardRow[] {
  const moved = movedAt(run, t)
  const { shards } = run
  const fair = (index: number): number =>
    index === shards - 1 ? moved / shards : (1 - moved / shards) / Math.max(1, shards - 1)
  const heat = (index: number): number => fair(index) * (index === 0 ? 2.2 : 1)
  const all = Array.from({ length: shards }, (_, index) => heat(index)).reduce((sum, value) => sum + value, 0)
  return Array.from({ length: shards }, (_, index): ShardRow => {
    const share = heat(index) / all
    const isDown = down && index === 1
    return {
      id: `shard-${index + 1}`,
      state: t === 0 ? 'unknown' : isDown ? 'down' : 'up',
      slots: t === 0 ? null : Math.round(16_384 * fair(index)),
      keys: t === 0 ? null : Math.round(25_000 * fair(index)),
      bytes: t === 0 ? null : Math.round(9e6 + 2.5e7 * fair(index)),
      share,
      requests: Math.round((run.rps * t * share) / 1_000),
      rps: isDown ? 0 : run.rps * share,
      p50_ms: share === 0 ? null : 3.1 + 4 * share,
      p99_ms: share === 0 ? null : 11.8 + 70 * share,
      hot: share > 1.5 / shards,
    }
  })
}

/** It waits for the second shard while that is down. */
function progressAt(run: MadeUpRun, t: number, down: boolean): ReshardProgress | null {
  const moved = movedAt(run, t)
  if (moved === 0) return null
  const total = Math.round(50_000 / run.shards)
  const batch = Math.min(run.shards - 2, Math.floor(moved * (run.shards - 1)))
  return {
    phase: moved === 1 ? 'done' : down ? 'waiting' : Math.floor(t / run.tickMs) % 4 === 0 ? 'catching up' : 'copying',
    from: moved === 1 ? null : `shard-${batch + 1}`,
    to: moved === 1 ? null : `shard-${run.shards}`,
    moved_rows: Math.round(total * moved),
    total_rows: total,
    rows_per_s: moved === 1 || down ? 0 : (total / (0.5 * run.measuredMs)) * 1_000,
    left_ms: down ? null : (1 - moved) * 0.5 * run.measuredMs,
    batches: Math.floor(moved * 12),
    total_batches: 12,
    longest_held_ms: moved < 0.1 ? null : 8.4 + 20 * moved,
    waiting_for: down ? 'shard-2' : null,
  }
}

/** Made-up percentiles in the shape of the ticks so far. */
function percentiles(history: readonly TickRow[], factor: number): Snapshot['response_ms'] {
  if (history.length === 0) {
    return { count: 0, mean: null, p50: null, p90: null, p95: null, p99: null, p99_9: null, max: null }
  }
  const sorted = history.map((tick) => tick.p50_ms ?? 0).sort((a, b) => a - b)
  const at = (part: number): number =>
    (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0) * factor
  return {
    count: history.length * 750,
    mean: at(0.5) * 1.2,
    p50: at(0.5),
    p90: at(0.75) * 2,
    p95: at(0.8) * 2.5,
    p99: at(0.9) * 3.5,
    p99_9: at(0.95) * 6,
    max: at(1) * 9,
  }
}
