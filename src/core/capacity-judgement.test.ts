import { describe, expect, it } from 'vitest'
import { judgeProbe } from './capacity-judgement.js'
import type { RunRecord } from './record.js'
import { parseSlo } from './slo.js'
import { recordWith } from './testing/record.js'
import { checked } from './validity.js'
import { judgeObjective } from './verdict.js'

function probed(p99: number, validity: RunRecord['validity'] = []): RunRecord {
  const record = recordWith({ validity, response_ms: { count: 100, p50: 8, p95: 30, p99 } })
  return { ...record, verdicts: parseSlo('p99<50ms').map((objective) => judgeObjective(objective, record)) }
}

const late = checked('generator-lateness', 9, 5)
const overloaded = checked('backlog', 900, 50)

describe('judgeProbe', () => {
  it('holds where every objective does', () => {
    expect(judgeProbe(probed(42))).toMatchObject({ holds: true, reason: null, p99_ms: 42, doubts: [] })
  })

  it('says by how much an objective was missed', () => {
    expect(judgeProbe(probed(61.24))).toMatchObject({ holds: false, reason: 'p99<50ms missed with 61.2 ms' })
  })

  it('counts a load that could not be followed as missed, whatever the percentiles say', () => {
    expect(judgeProbe(probed(42, [overloaded]))).toMatchObject({ holds: false, reason: 'overloaded' })
  })

  it('says nothing of the system where it was missed and the laboratory was in doubt', () => {
    expect(judgeProbe(probed(61.24, [late]))).toMatchObject({
      holds: null,
      reason: 'generator-limited; p99<50ms missed with 61.2 ms',
      doubts: ['generator-limited'],
    })
    expect(judgeProbe(probed(42, [late, overloaded])).holds).toBeNull()
  })

  it('lets an objective hold that holds in spite of the laboratory, which only adds to what is measured', () => {
    expect(judgeProbe(probed(42, [late]))).toMatchObject({ holds: true, reason: null, doubts: ['generator-limited'] })
  })

  it('counts what was not measured as missed, with the reason', () => {
    const record = probed(42)
    const unmeasured = { ...record.latency.response_ms, p99: null }
    const nothing = { ...record, latency: { ...record.latency, response_ms: unmeasured } }
    const verdicts = parseSlo('p99<50ms').map((objective) => judgeObjective(objective, nothing))
    expect(judgeProbe({ ...nothing, verdicts })).toMatchObject({
      holds: false,
      reason: 'p99<50ms: the run did not measure it',
    })
  })
})
