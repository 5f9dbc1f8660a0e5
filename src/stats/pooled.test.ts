import { describe, expect, it } from 'vitest'
import type { RunRecord, Verdict } from '../core/record.js'
import { Histogram } from './histogram.js'
import { pooled, pooledVerdicts } from './pooled.js'
import { bench } from './testing/replicated-runs.js'

const at = (goodput: number, p99: number | null): RunRecord => {
  const record = bench()
  return {
    ...record,
    load: { ...record.load, goodput_rps: goodput },
    latency: { ...record.latency, response_ms: { ...record.latency.response_ms, p99 } },
  }
}

describe('pooled', () => {
  it('is the record itself where there is one', () => {
    const record = bench()
    expect(pooled([record])).toBe(record)
  })

  it('takes medians of rates and percentiles, sums counts and keeps every answer', () => {
    const record = pooled([at(100, 10), at(140, null), at(90, 30)])
    expect(record.load.goodput_rps).toBe(100)
    expect(record.latency.response_ms).toMatchObject({ p99: 20, count: 3_000 })
    expect(record.load.ledger).toMatchObject({ due: 3_000, ok: 3_000 })
    expect(record.load.statuses).toEqual({ 200: 3_000 })
    expect(record.instances.map(({ requests, share }) => [requests, share])).toEqual([
      [1_500, 0.5],
      [1_500, 0.5],
    ])
    expect(Histogram.decode(record.histograms.response).count).toBe(3_000)
    expect(record).not.toHaveProperty('replication')
    expect(record).not.toHaveProperty('trial')
  })

  it('carries the doubt of any of them', () => {
    const check = { check: 'host-cpu', ok: true, value: 0.5, limit: 0.97, unit: '', meaning: 'full' }
    const record = pooled([
      { ...bench(), validity: [check] },
      { ...bench(), validity: [{ ...check, ok: false, value: 0.99 }], status: 'interrupted' },
    ])
    expect(record.validity).toEqual([{ ...check, ok: false, value: 0.99 }])
    expect(record.status).toBe('interrupted')
  })
})

describe('pooledVerdicts', () => {
  const verdict = (measured: number | null, result: Verdict['result'], claim = 'fast'): Verdict => ({
    claim,
    source: null,
    metric: 'drill.rto_ms',
    expected: 'at most 300 ms',
    measured,
    unit: 'ms',
    result,
    reason: result === 'unknown' ? 'the run did not measure it' : null,
  })

  it.each<[Verdict[], Verdict['result'], number | null, string | null]>([
    [[verdict(200, 'pass'), verdict(240, 'pass')], 'pass', 220, null],
    [[verdict(200, 'pass'), verdict(400, 'fail'), verdict(210, 'pass')], 'fail', 210, 'holds in 2 of 3 runs'],
    [[verdict(200, 'pass'), verdict(null, 'unknown')], 'unknown', 200, 'holds in 1 of 2 runs'],
    [[verdict(null, 'unknown')], 'unknown', null, 'the run did not measure it'],
  ])('of %j is %s', (verdicts, result, measured, reason) => {
    expect(pooledVerdicts(verdicts.map((each) => [each]))).toEqual([{ ...verdict(measured, result), reason }])
  })

  it('keeps claims apart', () => {
    expect(pooledVerdicts([[verdict(1, 'pass'), verdict(2, 'pass', 'safe')]]).map(({ claim }) => claim)).toEqual([
      'fast',
      'safe',
    ])
  })
})
