import type { DatabaseParameters } from '../../core/parameters.js'
import { stackParametersSchema } from '../../core/parameters.js'
import { exponential, seededRandom } from '../../core/random.js'
import type { RunRecord } from '../../core/record.js'
import type { Lag, ReplicationRecord } from '../../core/replication.js'
import type { Expectation } from '../../core/scenario.js'
import type { Trial } from '../../core/trial.js'
import { concerns, judgeExpectation } from '../../core/verdict.js'
import { nearestRank } from '../../stats/quantiles.js'
import { makeRecord } from './made-up-record.js'

export const CLAIMS: Expectation[] = [
  {
    claim: 'the average replication lag is below 100 ms',
    source: 'document 001, claim 6',
    metric: 'replication.lag_ms.mean',
    max: 100,
    replicas: 'any',
  },
  {
    claim: 'writes go to the primary',
    source: 'document 001, claim 9',
    metric: 'databases.writes_on_primary',
    min: 1,
    replicas: 'any',
  },
  {
    claim: 'a standby takes over when the primary fails',
    source: 'documents 000 and 001, claim 10',
    metric: 'drill.rto_ms',
    max: 300,
    drill: 'primary',
    replicas: 'any',
  },
]

export interface ReplicatedOptions {
  seed?: number
  standbys?: number
  database?: Partial<DatabaseParameters>
  /** Requests/s; null for a closed loop. */
  rps?: number | null
  /** Mean lag of the heartbeat, in milliseconds. */
  lagMs?: number
  /** Mean time of a request, in milliseconds. */
  meanMs?: number
  stale?: number
  measuredMs?: number
  outage?: { instance: number; from: number; to: number }
  change?: (record: RunRecord) => RunRecord
}

/** A made-up run on a primary with standbys; its lags are drawn, its totals counted from what was drawn. */
export function replicatedRecord(options: ReplicatedOptions = {}): RunRecord {
  const { seed = 21, standbys = 2, rps = 300, lagMs = 3, measuredMs = 10_000, stale = 14, meanMs = 2.4 } = options
  const reads = options.database?.reads ?? 'standbys'
  const parameters = stackParametersSchema.parse({
    kind: 'replicated',
    replicas: 2,
    balancer: 'nginx',
    work: { kind: 'none' },
    database: { standbys, ...options.database },
  })
  const servers = ['primary', ...Array.from({ length: standbys }, (_, i) => `standby-${i + 1}`)]
  const run = `repl-${standbys}-s${seed}`
  return makeRecord({
    scenario: `repl-${standbys}`,
    queue: {
      seed,
      instances: 2,
      meanMs,
      connections: 60,
      ...(options.outage === undefined ? {} : { outage: options.outage }),
    },
    stages: rps === null ? [] : [{ duration_ms: measuredMs, rps }],
    measuredMs,
    change: (record) => {
      const answers = record.load.ledger.ok
      const writes = Math.round(answers * 0.2)
      const changed: RunRecord = {
        ...record,
        id: run,
        question: `How far do ${standbys} standbys lag behind their primary under reads and writes, and which server answers what?`,
        reading: 'The heartbeat is the ground truth of lag.',
        parameters,
        work: 'none: what the database costs',
        nodes: [...record.nodes, ...servers.map((id) => ({ id, role: 'database', program: 'PostgreSQL 18.4' }))],
        load: {
          ...record.load,
          workload: {
            mix: [
              { kind: 'read', weight: 60 },
              { kind: 'browse', weight: 10 },
              { kind: 'stock', weight: 10 },
              { kind: 'write', weight: 15 },
              { kind: 'order', weight: 5 },
            ],
            keys: { distribution: 'zipf', count: 10_000, exponent: 0.99 },
            consistency: 'default',
            run,
          },
        },
        replication: replication(servers.slice(1), { seed, lagMs, measuredMs, database: options.database ?? {} }),
        databases: servers.map((id, i) => ({
          id,
          kinds:
            i === 0
              ? {
                  stock: Math.round(answers * 0.1),
                  write: Math.round(answers * 0.15),
                  order: Math.round(answers * 0.05),
                  ...(reads === 'primary'
                    ? { read: Math.round(answers * 0.6), browse: Math.round(answers * 0.1) }
                    : {}),
                }
              : reads === 'primary'
                ? {}
                : { read: Math.round((answers * 0.6) / standbys), browse: Math.round((answers * 0.1) / standbys) },
        })),
        writes: { acknowledged: writes, refused: 0, unknown: 0, lost: [], recovered: 0, duplicated: [] },
        reads: {
          consistency: 'default',
          checked: Math.round(answers * 0.31),
          stale,
          backwards: Math.floor(stale / 5),
          age_ms: lagOf(draw(seed + 5, stale, lagMs), 0),
        },
        up_ms: 1_412,
        environment: { ...record.environment, software: { nginx: '1.22.1', PostgreSQL: '18.4' } },
      }
      const finished = options.change?.(changed) ?? changed
      return {
        ...finished,
        validity: finished.validity.filter(({ check }) => finished.trial === undefined || !/drift|lost/.test(check)),
      }
    },
  })
}

/** The record judged by the claims that concern it. */
export function judged(record: RunRecord): RunRecord {
  return {
    ...record,
    verdicts: CLAIMS.filter((claim) => concerns(claim, record)).map((claim) => judgeExpectation(claim, record)),
  }
}

function replication(
  ids: readonly string[],
  {
    seed,
    lagMs,
    measuredMs,
    database,
  }: { seed: number; lagMs: number; measuredMs: number; database: Partial<DatabaseParameters> },
): ReplicationRecord {
  const standbys = ids.map((id, i) => {
    const beats = draw(seed + i, measuredMs / 100, lagMs * (1 + i / 2))
    const replay = beats.map((beat) => beat * 0.6)
    return { id, beats, replay }
  })
  return {
    durability: database.durability ?? 'local',
    synchronous_standby_names: ['on', 'remote-apply'].includes(database.durability ?? '') ? 'ANY 1 (*)' : '',
    primary: 'primary',
    timeline: 1,
    standbys: standbys.map(({ id, beats, replay }) => ({
      id,
      state: 'streaming',
      sync_state: ['on', 'remote-apply'].includes(database.durability ?? '') ? 'quorum' : 'async',
      heartbeat_ms: lagOf(beats, 0),
      write_lag_ms: lagOf(
        replay.map((lag) => lag * 0.4),
        7,
      ),
      flush_lag_ms: lagOf(
        replay.map((lag) => lag * 0.8),
        7,
      ),
      replay_lag_ms: lagOf(replay, 7),
      replay_bytes: lagOf(
        beats.map((beat) => Math.round(beat * 310)),
        0,
      ),
    })),
    series: standbys.flatMap(({ id, beats, replay }) =>
      beats.map((beat, i) => ({
        t_ms: 2_000 + i * 100,
        id,
        heartbeat_ms: beat,
        replay_lag_ms: i % 14 === 3 ? null : (replay[i] ?? null),
        replay_bytes: Math.round(beat * 310),
      })),
    ),
  }
}

function draw(seed: number, count: number, mean: number): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => Math.round(exponential(random, mean) * 100) / 100)
}

function lagOf(values: readonly number[], idle: number): Lag {
  return {
    samples: values.length,
    idle,
    mean: values.length === 0 ? null : values.reduce((a, b) => a + b) / values.length,
    p50: nearestRank(values, 0.5),
    p95: nearestRank(values, 0.95),
    p99: nearestRank(values, 0.99),
    max: nearestRank(values, 1),
  }
}

export interface DrillOptions extends ReplicatedOptions {
  fault?: Trial['fault']
  role?: Trial['role']
  node?: string
  /** Milliseconds from the fault; null: service did not come back. */
  rtoMs?: number | null
  lost?: number
}

/** When faults strike made-up drills, on the run clock. */
const FAULT_MS = 4_230

/** A made-up drill; its events stand in the order and at the distances that real ones were seen to have. */
export function drillRecord(options: DrillOptions = {}): RunRecord {
  const { fault = 'kill', role = 'primary', node = 'primary', rtoMs = 212, lost = 0, seed = 31 } = options
  const frozen = fault === 'pause'
  const detected = frozen ? 311 : 8.4
  const away = rtoMs ?? 4_000
  return replicatedRecord({
    ...options,
    seed,
    measuredMs: options.measuredMs ?? 6_000,
    ...(role === 'standby' ? {} : { outage: { instance: 0, from: FAULT_MS, to: FAULT_MS + away } }),
    change: (record) => {
      const ids = Array.from({ length: lost }, (_, i) => `${record.load.workload?.run}-0-${742 + i * 3}`)
      const failed = record.load.ledger.http_error + record.load.ledger.lost
      const writes = {
        ...record.writes,
        acknowledged: record.writes?.acknowledged ?? 0,
        refused: 9,
        unknown: 4,
        lost: ids,
        recovered: 3,
        duplicated: [],
      }
      const timeline = timelineOf({ role, node, rtoMs, detected, frozen })
      const back = timeline.find(({ event }) => event === 'old node back')?.t_ms ?? null
      const trial: Trial = {
        node,
        role,
        fault,
        promoted: role === 'primary' && rtoMs !== null ? 'standby-1' : null,
        rto_ms: rtoMs,
        detected_ms: detected,
        promoted_ms: role === 'primary' && rtoMs !== null ? rtoMs - 20 : null,
        back_ms: back === null ? null : back - FAULT_MS,
        back_after_failover_ms: back === null || rtoMs === null || role !== 'primary' ? null : back - FAULT_MS - rtoMs,
        acknowledged: writes.acknowledged,
        lost: ids,
        refused: writes.refused,
        unknown: writes.unknown,
        recovered: writes.recovered,
        duplicated: [],
        diverged: role === 'primary' ? lost : null,
        stale_reads: record.reads?.stale ?? 0,
        backwards_reads: record.reads?.backwards ?? 0,
        failed_requests: failed,
        timeline,
      }
      const changed: RunRecord = {
        ...record,
        parameters: { ...record.parameters, detector: { interval_ms: 100, misses: 3 } },
        writes,
        trial,
        events: [
          ...record.events,
          ...timeline.map(({ t_ms, event, node: of, detail }) => ({
            t_ms,
            level: event === 'fault' ? ('warn' as const) : ('info' as const),
            text: [event, of, detail].filter((text) => text !== null).join(': '),
          })),
        ],
      }
      return options.change?.(changed) ?? changed
    },
  })
}

function timelineOf({
  role,
  node,
  rtoMs,
  detected,
  frozen,
}: {
  role: Trial['role']
  node: string
  rtoMs: number | null
  detected: number
  frozen: boolean
}): Trial['timeline'] {
  const at = (ms: number): number => Math.round((FAULT_MS + ms) * 10) / 10
  const how = frozen ? '3 probes in a row unanswered' : 'closed socket'
  const begin: Trial['timeline'] = [
    { t_ms: at(0), event: 'fault', node, detail: frozen ? 'pause' : 'kill' },
    { t_ms: at(3.1), event: 'first failed request', node: null, detail: 'HTTP 503' },
    { t_ms: at(detected), event: 'detected', node, detail: how },
  ]
  if (rtoMs === null) return begin
  if (role !== 'primary') {
    const failed = rtoMs > 0
    return [
      ...begin.filter(({ event }) => failed || event !== 'first failed request'),
      ...(failed ? [{ t_ms: at(rtoMs), event: 'last failed request' as const, node: null, detail: null }] : []),
      { t_ms: at(2_390), event: 'old node back', node, detail: null },
    ]
  }
  return [
    ...begin,
    { t_ms: at(detected + 22), event: 'fenced', node, detail: 'its program has ended' },
    { t_ms: at(detected + 41), event: 'chosen', node: 'standby-1', detail: '2144 bytes of WAL more than standby-2' },
    { t_ms: at(rtoMs - 20), event: 'promoted', node: 'standby-1', detail: 'timeline 2' },
    { t_ms: at(rtoMs), event: 'first acknowledged write', node: 'standby-1', detail: null },
    { t_ms: at(rtoMs + 5), event: 'last failed request', node: null, detail: null },
    { t_ms: at(rtoMs + 38), event: 'sibling streaming', node: 'standby-2', detail: null },
    { t_ms: at(rtoMs + 790), event: 'old node back', node, detail: 'streams from standby-1' },
  ]
}
