import fc from 'fast-check'
import type { Percentiles } from '../../core/record.js'
import { RESHARD_PHASES } from '../../core/sharding.js'
import type { Snapshot } from '../../core/snapshot.js'

const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('api-1', '日本語サーバー', '👩‍👩‍👧 family', '\x1b[31mred\x1b[2J', 'a\nb', 'x'.repeat(300), ''),
)
const amount = fc.nat({ max: 99_999_999 })
const figure = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }))
const percentiles: fc.Arbitrary<Percentiles> = fc.record({
  count: amount,
  mean: figure,
  p50: figure,
  p90: figure,
  p95: figure,
  p99: figure,
  p99_9: figure,
  max: figure,
})
const rate = fc.double({ min: 0, max: 1e6, noNaN: true })

/** Snapshots of every shape that the type allows, most of them stranger than any run. */
export const arbitrarySnapshot: fc.Arbitrary<Snapshot> = fc.record({
  scenario: word,
  engine: fc.option(fc.constantFrom('docker', 'process')),
  question: word,
  target: word,
  phase: fc.constantFrom('starting', 'warm-up', 'measuring', 'draining', 'done'),
  t_ms: fc.double({ min: 0, max: 1e7, noNaN: true }),
  total_ms: fc.double({ min: 0, max: 1e7, noNaN: true }),
  mode: fc.constantFrom('open', 'closed'),
  connections: amount,
  offered_rps: fc.option(rate),
  achieved_rps: rate,
  history: fc
    .array(
      fc.record({
        t_ms: fc.constant(0),
        offered_rps: fc.option(rate),
        achieved_rps: rate,
        errors_per_s: rate,
        p50_ms: figure,
        p99_ms: figure,
        max_ms: figure,
      }),
      { maxLength: 40 },
    )
    .map((rows) => rows.map((row, index) => ({ ...row, t_ms: (index + 1) * 500 }))),
  response_ms: percentiles,
  service_ms: percentiles,
  ledger: fc.record({ due: amount, sent: amount, ok: amount, http_error: amount, lost: amount, unfinished: amount }),
  instances: fc.array(
    fc.record({
      id: word,
      requests: amount,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      rps: rate,
      p50_ms: figure,
      p99_ms: figure,
      errors: amount,
      health: fc.constantFrom('ok', 'overloaded', 'down', 'unknown'),
      cpu_percent: fc.option(fc.double({ min: 0, max: 6_400, noNaN: true })),
      memory_mib: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
    }),
    { maxLength: 30 },
  ),
  databases: fc.option(
    fc.array(
      fc.record({
        id: word,
        state: fc.constantFrom('primary', 'standby', 'down'),
        replication: fc.oneof(word, fc.constantFrom('streaming, async', 'slot lost')),
        timeline: fc.option(fc.nat({ max: 4_294_967 })),
        heartbeat_ms: figure,
        replay_lag_ms: figure,
        replay_bytes: fc.option(fc.double({ min: 0, max: 1e15, noNaN: true })),
        history: fc.array(figure, { maxLength: 60 }),
        requests: amount,
      }),
      { maxLength: 9 },
    ),
  ),
  shards: fc.option(
    fc.array(
      fc.record({
        id: word,
        state: fc.constantFrom('up', 'down', 'unknown'),
        slots: fc.option(fc.nat({ max: 16_384 })),
        keys: fc.option(amount),
        bytes: fc.option(fc.double({ min: 0, max: 1e15, noNaN: true })),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        requests: amount,
        rps: rate,
        p50_ms: figure,
        p99_ms: figure,
        hot: fc.boolean(),
      }),
      { maxLength: 16 },
    ),
  ),
  migration: fc.option(
    fc.record({
      phase: fc.constantFrom(...RESHARD_PHASES),
      from: fc.option(word),
      to: fc.option(word),
      moved_rows: amount,
      total_rows: amount,
      rows_per_s: rate,
      left_ms: figure,
      batches: amount,
      total_batches: amount,
      longest_held_ms: figure,
      waiting_for: fc.option(word),
    }),
  ),
  events: fc.array(
    fc.record({
      t_ms: fc.double({ min: 0, max: 1e7, noNaN: true }),
      level: fc.constantFrom('info', 'warn', 'error'),
      text: word,
    }),
    { maxLength: 30 },
  ),
  doubts: fc.array(fc.record({ check: word, text: word }), { maxLength: 6 }),
})
