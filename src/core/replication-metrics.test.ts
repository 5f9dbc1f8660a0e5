import { describe, expect, it } from 'vitest'
import { findMetric } from './metrics.js'
import type { RunRecord } from './record.js'
import type { Lag, StandbyRecord } from './replication.js'
import { type RecordFacts, recordWith } from './testing/record.js'
import type { Trial } from './trial.js'

const NONE: Lag = { samples: 0, idle: 0, mean: null, p50: null, p95: null, p99: null, max: null }

function standby(id: string, heartbeat: Partial<Lag> = {}): StandbyRecord {
  return {
    id,
    state: 'streaming',
    sync_state: 'async',
    heartbeat_ms: { ...NONE, ...heartbeat },
    write_lag_ms: NONE,
    flush_lag_ms: NONE,
    replay_lag_ms: NONE,
    replay_bytes: NONE,
  }
}

function replication(standbys: StandbyRecord[], primary: string | null = 'primary'): RunRecord['replication'] {
  return {
    durability: 'local',
    synchronous_standby_names: '',
    primary,
    timeline: 1,
    standbys,
    series: [],
  }
}

const trial: Trial = {
  node: 'primary',
  role: 'primary',
  fault: 'kill',
  promoted: 'standby-1',
  rto_ms: 180,
  detected_ms: 12,
  promoted_ms: 120,
  back_ms: 900,
  back_after_failover_ms: 720,
  acknowledged: 100,
  lost: ['a-0-1', 'a-0-2'],
  refused: 3,
  unknown: 2,
  recovered: 1,
  duplicated: [],
  diverged: 2,
  stale_reads: 0,
  backwards_reads: 0,
  failed_requests: 7,
  timeline: [],
}

const two = replication([standby('standby-1'), standby('standby-2')])
const spread = (one: number, other: number, primary = 0): RecordFacts => ({
  replication: two,
  databases: [
    { id: 'primary', kinds: { read: primary, stock: 3, write: 20, order: 4 } },
    { id: 'standby-1', kinds: { read: one, stock: 1 } },
    { id: 'standby-2', kinds: { browse: other } },
  ],
})
const reads = { consistency: 'eventual', checked: 200, stale: 5, backwards: 1, age_ms: NONE }
const writes = { acknowledged: 9, refused: 0, unknown: 1, lost: ['x'], recovered: 1, duplicated: [] }

describe('metrics of replication', () => {
  it.each<[string, RecordFacts, number | null]>([
    ['replication.lag_ms.mean', {}, null],
    ['replication.lag_ms.mean', { replication: two }, null],
    // Over all readings: a standby that was read three times as often counts as much more.
    [
      'replication.lag_ms.mean',
      { replication: replication([standby('a', { samples: 30, mean: 2 }), standby('b', { samples: 10, mean: 10 })]) },
      4,
    ],
    [
      'lag_p99',
      { replication: replication([standby('a', { samples: 30, p99: 2 }), standby('b', { samples: 10, p99: 10 })]) },
      10,
    ],
    ['lag_max', { replication: replication([standby('a', { samples: 30, max: 11 }), standby('b')]) }, 11],
    ['stale_share', {}, null],
    ['stale_share', { reads }, 0.025],
    ['stale_share', { reads: { ...reads, checked: 0 } }, null],
    ['stale', { reads }, 5],
    ['backwards', { reads }, 1],
    ['lost_writes', {}, null],
    ['lost_writes', { writes }, 1],
    ['lost_writes', { writes: { ...writes, lost: null } }, null],
    ['duplicated', { writes }, 0],
    ['duplicated', { writes: { ...writes, duplicated: null } }, null],
    ['read_spread', spread(50, 50), 0],
    ['read_spread', spread(60, 40), 0.2],
    // What the primary answered is not the standbys' to share.
    ['read_spread', spread(50, 50, 1_000), 0],
    ['read_spread', spread(100, 0), 1],
    ['read_spread', spread(0, 0), null],
    ['read_spread', { replication: two }, null],
    ['read_spread', { ...spread(50, 50), replication: replication([standby('standby-1')]) }, null],
    ['reads_on_standbys', spread(60, 30, 10), 0.9],
    ['reads_on_standbys', spread(0, 0), null],
    ['strict_on_primary', spread(60, 40), 0.75],
    ['writes_on_primary', spread(60, 40), 1],
    ['writes_on_primary', { ...spread(60, 40), replication: replication([standby('standby-1')], null) }, 0],
    // After a failover nobody can say who was what at the time.
    ['writes_on_primary', { ...spread(60, 40), trial }, null],
    ['writes_on_primary', { ...spread(60, 40), trial: { ...trial, role: 'standby' } }, 1],
    ['up', {}, null],
    ['up', { up_ms: 1_800 }, 1_800],
    ['rto', {}, null],
    ['rto', { trial }, 180],
    ['rto', { trial: { ...trial, rto_ms: null } }, null],
    ['drill_lost', { trial }, 2],
    ['back', { trial }, 900],
    ['failed', { trial }, 7],
  ])('%s of case %#', (name, facts, value) => {
    const metric = findMetric(name)
    expect(metric).toBeDefined()
    const measured = metric?.read(recordWith(facts)) ?? null
    if (value === null || measured === null) expect(measured).toBe(value)
    else expect(measured).toBeCloseTo(value, 12)
  })
})
