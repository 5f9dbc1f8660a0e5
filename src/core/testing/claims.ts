import { CLAIMS_SCHEMA, type ClaimsRecord, type JudgedClaim } from '../claims.js'

/** Claims of every kind of outcome, written down by hand. */
export function claimsRecord(changes: Partial<ClaimsRecord> = {}): ClaimsRecord {
  return {
    schema: CLAIMS_SCHEMA,
    started_at: '2026-11-20T10:15:00.000Z',
    ended_at: '2026-11-20T10:19:12.000Z',
    status: 'complete',
    command: 'scalelab claims --quick',
    units: [
      { name: 'single', outcome: 'done', reason: null, took_ms: 6_400 },
      { name: 'repl-2', outcome: 'could not run', reason: 'PostgreSQL is missing (npm install)', took_ms: 12 },
      { name: 'shards-plan', outcome: 'done', reason: null, took_ms: 1_900 },
    ],
    claims: [
      claim({ records: ['../single/2026-11-20T10-15-00Z'] }),
      claim({
        claim: 'one API instance at its limit answers in 100 to 300 ms',
        metric: 'latency.response_ms.mean',
        expected: '100 to 300 ms',
        unit: 'ms',
        measured: 206,
        result: 'unknown',
        reason: 'in doubt: host-limited',
        records: ['../single/2026-11-20T10-15-00Z'],
      }),
      claim({
        rows: [6],
        claim: 'the average replication lag is below 100 ms',
        source: 'document 001, claim 6',
        metric: 'replication.lag_ms.mean',
        expected: 'at most 100 ms',
        unit: 'ms',
        measured: null,
        result: 'unknown',
        reason: 'PostgreSQL is missing (npm install)',
        scenario: 'repl-2',
        run: 'load',
      }),
      claim({
        rows: [13],
        claim: 'consistent hashing is even within 5 %',
        source: 'documents 001 and 002, claim 13',
        metric: 'ring.max_deviation',
        expected: 'at most 5.0 % from a fair share',
        unit: 'share',
        measured: 0.109,
        result: 'fail',
        reason: 'shares of 160 vnodes scatter by 6.8 %',
        scenario: 'shards-plan',
        run: 'a million keys, placed',
        records: ['../shard-plans/2026-11-20T10-19-10Z'],
      }),
      claim({ rows: [], claim: 'mine | yours', source: null, result: 'fail', measured: 12, scenario: 'mine' }),
    ],
    environment: { scalelab: '0.1.0', node: 'v20.0.0', platform: 'linux x64', cpu: 'any', cores: 2 },
    ...changes,
  }
}

function claim(changes: Partial<JudgedClaim>): JudgedClaim {
  return {
    rows: [1],
    claim: 'one API instance serves about 500 requests/s',
    source: 'document 000, claim 1',
    metric: 'load.achieved_rps',
    expected: '450 to 550 requests/s',
    min: null,
    max: null,
    unit: 'requests/s',
    scenario: 'single',
    run: 'capacity',
    measured: 497,
    result: 'pass',
    reason: null,
    records: [],
    ...changes,
  }
}
