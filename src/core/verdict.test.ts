import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MetricName } from './metrics.js'
import { stackParametersSchema } from './parameters.js'
import type { RunRecord } from './record.js'
import type { Expectation } from './scenario.js'
import { type Comparator, parseSlo } from './slo.js'
import { type RecordFacts, recordWith } from './testing/record.js'
import { reshardRecord, shardingRecord } from './testing/sharding.js'
import type { Trial } from './trial.js'
import { checked } from './validity.js'
import { formatValue } from './value.js'
import { concerns, judgeExpectation, judgeObjective, verdictsOf, worstOf } from './verdict.js'

const rps = (achieved_rps: number, more: RecordFacts = {}): RunRecord =>
  recordWith({ ...more, load: { ...more.load, achieved_rps } })

function claim(bounds: Partial<Expectation>, metric: MetricName = 'load.achieved_rps'): Expectation {
  return { claim: 'it is so', metric, replicas: 'same', ...bounds }
}

describe('formatValue', () => {
  it.each<[number, string, string]>([
    [1_447.3, 'requests/s', '1,447 requests/s'],
    [1, 'requests/s', '1 requests/s'],
    [40.24, 'ms', '40.2 ms'],
    [1, 'ms', '1 ms'],
    [3, 'instances', '3 instances'],
    [1, 'instances', '1 instance'],
    [1, 'requests', '1 request'],
    [1, 'writes', '1 write'],
    [2, 'reads', '2 reads'],
    [0.9998, '', '1'],
    [0.982, '', '0.98'],
    [0.333, 'share', '33.3 %'],
    [0, 'share', '0.0 %'],
    [0.00042, 'share', '0.042 %'],
    [-0.00042, 'share', '-0.042 %'],
  ])('writes %d in %j as %j', (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text)
  })
})

describe('judgeExpectation', () => {
  it.each<[string, Partial<Expectation>, MetricName, string]>([
    ['min', { min: 1_350 }, 'load.achieved_rps', 'at least 1,350 requests/s'],
    ['max', { max: 150 }, 'latency.response_ms.p50', 'at most 150 ms'],
    ['both', { min: 1_350, max: 1_650 }, 'load.achieved_rps', '1,350 to 1,650 requests/s'],
    ['both of a share', { min: 0.05, max: 0.1 }, 'load.error_share', '5.0 % to 10.0 %'],
    ['both the same', { min: 3, max: 3 }, 'distribution.instances', 'exactly 3 instances'],
    ['both one', { min: 1, max: 1 }, 'distribution.instances', 'exactly 1 instance'],
    ['max of a share', { max: 0.01 }, 'distribution.max_deviation', 'at most 1.0 %'],
    ['max of an index', { max: 1 }, 'distribution.jain_index', 'at most 1'],
    ['max of nothing', { max: 0 }, 'load.ledger.lost', 'at most 0 requests'],
  ])('words %s', (_, bounds, metric, expected) => {
    expect(judgeExpectation(claim(bounds, metric), recordWith()).expected).toBe(expected)
  })

  it.each<[Partial<Expectation>, number, 'pass' | 'fail']>([
    [{ min: 450 }, 450, 'pass'],
    [{ min: 450 }, 449.9, 'fail'],
    [{ max: 550 }, 550, 'pass'],
    [{ max: 550 }, 550.1, 'fail'],
    [{ min: 450, max: 550 }, 500, 'pass'],
    [{ min: 450, max: 550 }, 449, 'fail'],
    [{ min: 450, max: 550 }, 551, 'fail'],
    [{ min: 500, max: 500 }, 500, 'pass'],
  ])('%j with %d measured is a %s', (bounds, value, result) => {
    expect(judgeExpectation(claim(bounds), rps(value))).toMatchObject({ result, measured: value, reason: null })
  })

  it('repeats the claim with its source, metric and unit', () => {
    const source = 'document 000, claim 1'
    expect(judgeExpectation(claim({ min: 450, source }), rps(500))).toEqual({
      claim: 'it is so',
      source,
      metric: 'load.achieved_rps',
      expected: 'at least 450 requests/s',
      measured: 500,
      unit: 'requests/s',
      result: 'pass',
      reason: null,
    })
    expect(judgeExpectation(claim({ min: 450 }), rps(500)).source).toBeNull()
  })

  it.each<[string, Partial<Expectation>, RecordFacts, string]>([
    ['needs capacity', { min: 1, when: 'closed' }, { load: { mode: 'open' } }, 'needs a capacity run'],
    ['needs a rate', { min: 1, when: 'open' }, { load: { mode: 'closed' } }, 'needs a run at an offered rate'],
    ['was interrupted', { min: 1 }, { status: 'interrupted' }, 'the run was interrupted'],
    ['failed', { min: 1 }, { status: 'failed' }, 'the run failed'],
  ])('cannot tell when the run %s', (_, bounds, facts, reason) => {
    const verdict = judgeExpectation(claim(bounds), rps(500, facts))
    expect(verdict).toMatchObject({ result: 'unknown', measured: 500 })
    expect(verdict.reason).toContain(reason)
  })

  const full = { validity: [checked('host-cpu', 0.99, 0.97)] }
  const slow = (p99: number): RecordFacts => ({ response_ms: { p99 } })

  it.each<[string, Expectation, RunRecord, 'pass' | 'fail' | 'unknown']>([
    ['a rate in a range', claim({ min: 450, max: 550 }), rps(500, full), 'unknown'],
    ['a rate that is too low', claim({ min: 450 }), rps(400, full), 'unknown'],
    ['a rate that is high enough all the same', claim({ min: 450 }), rps(500, full), 'pass'],
    [
      'a rate of an overloaded system',
      claim({ min: 450 }),
      rps(400, { validity: [checked('backlog', 99, 1)] }),
      'fail',
    ],
    ['a rate that drifted', claim({ min: 450 }), rps(400, { validity: [checked('rate-drift', 0.5, 0.1)] }), 'unknown'],
    [
      'a time that is too long',
      claim({ max: 5 }, 'latency.response_ms.p99'),
      rps(1, { ...full, ...slow(9) }),
      'unknown',
    ],
    ['a time that is short', claim({ max: 5 }, 'latency.response_ms.p99'), rps(1, { ...full, ...slow(4) }), 'pass'],
    [
      'a count',
      claim({ max: 0 }, 'load.ledger.lost'),
      recordWith({ ...full, load: { ledger: { due: 9, sent: 9, ok: 7, http_error: 0, lost: 2, unfinished: 0 } } }),
      'fail',
    ],
  ])('of a run in doubt, %s is judged as what the laboratory can do to it', (_, expectation, record, result) => {
    const verdict = judgeExpectation(expectation, record)
    expect(verdict.result).toBe(result)
    if (result === 'unknown') expect(verdict.reason).toMatch(/^in doubt: (host-limited|not steady)$/)
  })

  it('tells why a claim is known not to hold once it fails, and only then', () => {
    const known = { min: 450, if_missed: 'one worker serves 400' }
    expect(judgeExpectation(claim(known), rps(400))).toMatchObject({ result: 'fail', reason: 'one worker serves 400' })
    expect(judgeExpectation(claim(known), rps(500))).toMatchObject({ result: 'pass', reason: null })
  })

  it('cannot tell what was not measured', () => {
    expect(judgeExpectation(claim({ max: 5 }, 'latency.response_ms.p99'), recordWith())).toMatchObject({
      result: 'unknown',
      measured: null,
      reason: 'the run did not measure it',
    })
  })

  it('never passes and fails by anything but the bounds', () => {
    const value = fc.integer({ min: 0, max: 1_000 })
    fc.assert(
      fc.property(value, value, value, (a, b, measured) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)]
        const { result } = judgeExpectation(claim({ min, max }), rps(measured))
        expect(result).toBe(measured < min || measured > max ? 'fail' : 'pass')
      }),
    )
  })
})

describe('judgeObjective', () => {
  const judge = (text: string, record: RunRecord) =>
    parseSlo(text).map((objective) => judgeObjective(objective, record))

  it.each<[Comparator, 'pass' | 'fail', 'pass' | 'fail', 'pass' | 'fail']>([
    ['<', 'pass', 'fail', 'fail'],
    ['<=', 'pass', 'pass', 'fail'],
    ['>', 'fail', 'fail', 'pass'],
    ['>=', 'fail', 'pass', 'pass'],
  ])('%s below, at and above the bound', (comparison, ...results) => {
    expect([499, 500, 501].map((value) => judge(`rps${comparison}500`, rps(value))[0]?.result)).toEqual(results)
  })

  it('words the objective', () => {
    expect(judge('errors<0.1%', recordWith())[0]).toEqual({
      claim: 'objective errors<0.1%',
      source: '--slo',
      metric: 'load.error_share',
      expected: '< 0.1 %',
      measured: null,
      unit: 'share',
      result: 'unknown',
      reason: 'the run did not measure it',
    })
  })

  it('is not met by a run that was cut short', () => {
    expect(judge('rps>400', rps(500, { status: 'interrupted' }))[0]).toMatchObject({
      result: 'unknown',
      reason: 'the run was interrupted',
    })
  })
})

describe('verdictsOf', () => {
  const trial = (role: Trial['role']): RecordFacts => ({
    trial: {
      node: 'x',
      role,
      fault: 'kill',
      promoted: null,
      rto_ms: 180,
      detected_ms: null,
      promoted_ms: null,
      back_ms: null,
      back_after_failover_ms: null,
      acknowledged: 0,
      lost: [],
      refused: 0,
      unknown: 0,
      recovered: 0,
      duplicated: [],
      diverged: null,
      stale_reads: 0,
      backwards_reads: 0,
      failed_requests: 0,
      timeline: [],
    },
  })
  const expectations = [
    { ...claim({ min: 450 }), claim: 'rate' },
    { ...claim({ max: 400, drill: 'primary' }, 'drill.rto_ms'), claim: 'primary' },
    { ...claim({ max: 0, drill: 'standby' }, 'drill.failed_requests'), claim: 'standby' },
    { ...claim({ max: 0, drill: 'api' }, 'drill.failed_requests'), claim: 'api' },
  ]

  it.each<[string, RecordFacts, string[]]>([
    ['a run', {}, ['rate']],
    ['a drill on the primary', trial('primary'), ['primary']],
    ['a drill on a standby', trial('standby'), ['standby']],
    ['a drill on an instance', trial('api'), ['api']],
  ])('are of %s those that concern it, and the objectives', (_, facts, claims) => {
    const verdicts = verdictsOf(rps(500, facts), { expectations, objectives: parseSlo('rps>=500') })
    expect(verdicts.map(({ claim: text }) => text)).toEqual([...claims, 'objective rps>=500'])
    expect(verdicts.map(({ result }) => result)).toEqual(['pass', 'pass'])
  })
  describe('of shards', () => {
    const claims: Expectation[] = [
      { ...claim({ max: 0.05 }, 'sharding.max_deviation'), claim: 'even' },
      { ...claim({ max: 0.05, scheme: 'ring' }, 'sharding.max_deviation'), claim: 'ring' },
      { ...claim({ max: 0.03, scheme: 'modulo' }, 'sharding.max_deviation'), claim: 'modulo' },
      { ...claim({ max: 0 }, 'sharding.misplaced'), claim: 'in place' },
      { ...claim({ max: 0 }, 'writes.lost'), claim: 'nothing lost' },
      { ...claim({ max: 250, reshard: '3-4' }, 'sharding.held_ms.p95'), claim: 'held' },
      { ...claim({ max: 250, reshard: '4-3' }, 'sharding.held_ms.p95'), claim: 'held back' },
      { ...claim({ max: 0.3, reshard: '3-4', scheme: 'ring' }, 'sharding.moved_fraction'), claim: 'ring moves' },
      { ...claim({ min: 0.7, reshard: '3-4', scheme: 'modulo' }, 'sharding.moved_fraction'), claim: 'modulo moves' },
      { ...claim({ max: 400, drill: 'primary' }, 'drill.rto_ms'), claim: 'drill' },
    ]
    const judged = (facts: RecordFacts): string[] =>
      claims.filter((each) => concerns(each, recordWith(facts))).map(({ claim: text }) => text)
    const plan = reshardRecord().plan
    const ring = { sharding: shardingRecord() }
    const asked = stackParametersSchema.parse({ kind: 'sharded', sharding: { scheme: 'modulo' } })

    it.each<[string, RecordFacts, string[]]>([
      ['a run', ring, ['even', 'ring', 'in place', 'nothing lost']],
      ['a run that could not ask', { parameters: asked }, ['even', 'modulo', 'in place', 'nothing lost']],
      ['a migration', { ...ring, reshard: reshardRecord() }, ['in place', 'nothing lost', 'held', 'ring moves']],
      // What it did not do is unknown, and said to be.
      [
        'a migration that was broken off',
        { ...ring, reshard: reshardRecord({ outcome: 'interrupted' }) },
        ['in place', 'nothing lost', 'held', 'ring moves'],
      ],
      [
        'another migration',
        { ...ring, reshard: reshardRecord({ plan: { ...plan, from: plan.to, to: plan.from } }) },
        ['in place', 'nothing lost', 'held back'],
      ],
      [
        'a migration to another scheme',
        { ...ring, reshard: reshardRecord({ plan: { ...plan, to: { ...plan.to, scheme: 'modulo' } } }) },
        ['in place', 'nothing lost', 'held'],
      ],
    ])('are of %s those that concern it', (_, facts, expected) => {
      expect(judged(facts)).toEqual(expected)
    })
  })

  it('fail where service did not come back', () => {
    const { trial: quick } = trial('primary')
    if (quick === undefined) throw new Error('there is one')
    const [verdict] = verdictsOf(rps(500, { trial: { ...quick, rto_ms: null } }), { expectations, objectives: [] })
    expect(verdict).toMatchObject({ claim: 'primary', result: 'fail', reason: 'service did not come back' })
  })
})

describe('worstOf', () => {
  it('is the value furthest on the wrong side of what verdicts themselves say is expected', () => {
    const record = rps(500)
    const expected = (bounds: Partial<Expectation>): string => judgeExpectation(claim(bounds), record).expected
    const objective = (text: string): string =>
      parseSlo(text)
        .map((each) => judgeObjective(each, record).expected)
        .join()
    expect(worstOf([2, 9, 4], expected({ max: 5 }))).toBe(9)
    expect(worstOf([2, 9, 4], expected({ min: 5 }))).toBe(2)
    expect(worstOf([2, 9, 4], objective('rps < 5'))).toBe(9)
    expect(worstOf([2, 9, 4], objective('rps >= 5'))).toBe(2)
  })

  it('is none of a range, nor of an exact value, nor of nothing', () => {
    const expected = (bounds: Partial<Expectation>): string => judgeExpectation(claim(bounds), rps(500)).expected
    expect(worstOf([2, 9], expected({ min: 1, max: 5 }))).toBeNull()
    expect(worstOf([2, 9], expected({ min: 5, max: 5 }))).toBeNull()
    expect(worstOf([], expected({ max: 5 }))).toBeNull()
  })
})
