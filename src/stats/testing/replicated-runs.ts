import { type StackParametersInput, stackParametersSchema } from '../../core/parameters.js'
import type { RunRecord } from '../../core/record.js'
import type { Lag } from '../../core/replication.js'
import { recordWith } from '../../core/testing/record.js'
import { Histogram } from '../histogram.js'

type Database = NonNullable<StackParametersInput['database']>

const LAG: Lag = { samples: 100, idle: 0, mean: 3, p50: 2, p95: 8, p99: 11, max: 14 }

/** A run on repl-2 of 1,000 answers, one a millisecond from 1 to 10 ms long; what a test is about, it changes. */
export function bench(database: Partial<Database> = {}): RunRecord {
  const histogram = new Histogram()
  for (let i = 0; i < 1_000; i++) histogram.record(1 + (i % 10))
  const response = histogram.encode()
  const percentiles = histogram.percentiles()
  const record = recordWith({
    id: 'repl-2/now',
    scenario: 'repl-2',
    parameters: stackParametersSchema.parse({ kind: 'replicated', replicas: 2, work: { kind: 'none' }, database }),
    load: {
      mode: 'open',
      arrival: 'uniform',
      stages: [{ duration_ms: 10_000, rps: 100 }],
      offered_rps: 100,
      achieved_rps: 100,
      goodput_rps: 100,
      ledger: { due: 1_000, sent: 1_000, ok: 1_000, http_error: 0, lost: 0, unfinished: 0 },
      statuses: { 200: 1_000 },
    },
    instances: ['api-1', 'api-2'].map((id) => ({
      id,
      requests: 500,
      share: 0.5,
      weight: 1,
      rps: 50,
      p50_ms: 5,
      p99_ms: 10,
      errors: 0,
    })),
    distribution: { chi_square: 0, degrees_of_freedom: 1, p_value: 1, jain_index: 1, max_deviation: 0 },
    replication: {
      durability: 'local',
      synchronous_standby_names: '',
      primary: 'primary',
      timeline: 1,
      standbys: [
        {
          id: 'standby-1',
          state: 'streaming',
          sync_state: 'async',
          heartbeat_ms: LAG,
          write_lag_ms: LAG,
          flush_lag_ms: LAG,
          replay_lag_ms: LAG,
          replay_bytes: LAG,
        },
      ],
      series: [],
    },
    writes: { acknowledged: 1_000, refused: 0, unknown: 0, lost: [], recovered: 0, duplicated: [] },
    reads: { consistency: 'default', checked: 500, stale: 5, backwards: 0, age_ms: LAG },
    histograms: { response, service: response, instances: {} },
  })
  return {
    ...record,
    latency: { response_ms: percentiles, service_ms: percentiles, error_response_ms: new Histogram().percentiles() },
  }
}
