import { describe, expect, it } from 'vitest'
import type { ListedClaim } from '../../core/claims.js'
import type { Verdict } from '../../core/record.js'
import { judged, type RunFindings } from './judge.js'

const listed: ListedClaim = {
  rows: [6],
  claim: 'lag is short',
  source: 'document 001, claim 6',
  metric: 'replication.lag_ms.mean',
  expected: 'at most 100 ms',
  min: null,
  max: 100,
  unit: 'ms',
  scenario: 'repl-2',
  run: 'load',
}

function found(
  measured: number | null,
  result: Verdict['result'],
  more: Partial<RunFindings & Verdict> = {},
): RunFindings {
  const { run = 'load', record = '../repl-2/a', ...verdict } = more
  const { claim, source, metric, expected, unit } = listed
  return {
    run,
    record,
    verdicts: [{ claim, source, metric, expected, unit, measured, result, reason: null, ...verdict }],
  }
}

describe('judged', () => {
  it('takes what the run of the claim found, and where', () => {
    const others = [found(900, 'fail', { run: 'drill on a standby' }), found(901, 'fail', { claim: 'another' })]
    expect(judged(listed, [...others, found(5, 'pass')], 'why')).toEqual({
      ...listed,
      measured: 5,
      result: 'pass',
      reason: null,
      records: ['../repl-2/a', '../repl-2/a'],
    })
  })

  it('holds in several runs when it holds in all', () => {
    const runs = [found(5, 'pass'), found(900, 'fail'), found(7, 'pass')]
    expect(judged(listed, runs, 'why')).toMatchObject({ result: 'fail', measured: 7, reason: 'holds in 2 of 3 runs' })
  })

  it('is open, with the reason, where no run judged it', () => {
    expect(judged(listed, [found(5, 'pass', { run: 'capacity' })], 'no PostgreSQL')).toEqual({
      ...listed,
      measured: null,
      result: 'unknown',
      reason: 'no PostgreSQL',
      records: [],
    })
  })
})
