import { describe, expect, it } from 'vitest'
import { errorShare, findMetric, METRIC_NAMES, METRICS } from './metrics.js'
import { instances, recordWith } from './testing/record.js'

const read = (name: string, facts: Parameters<typeof recordWith>[0]) => findMetric(name)?.read(recordWith(facts))

describe('metrics', () => {
  it('have names and short names of their own', () => {
    const all = METRICS.flatMap((metric) => [metric.name, metric.short])
    expect(new Set(all).size).toBe(all.length)
    expect(METRIC_NAMES).toHaveLength(METRICS.length)
    expect(findMetric('p98')).toBeUndefined()
  })

  it.each<[string, Parameters<typeof recordWith>[0], number | null]>([
    ['rps', { load: { achieved_rps: 1_447 } }, 1_447],
    ['goodput', { load: { goodput_rps: 1_440 } }, 1_440],
    ['p50', { response_ms: { p50: 40.2 } }, 40.2],
    ['p99.9', { response_ms: { p99_9: 99 } }, 99],
    ['max', {}, null],
    ['unevenness', { distribution: { max_deviation: 0.004 } }, 0.004],
    ['jain', {}, null],
    ['instances', {}, null],
    ['instances', { instances: instances({ 'api-1': 5, 'api-2': 0, 'api-3': 1 }) }, 2],
    // What the balancer answers itself (502) comes from no instance.
    ['instances', { instances: [...instances({ 'api-1': 5 }), ...instances({ unknown: 3 }, 0)] }, 1],
    ['instances', { instances: instances({ unknown: 3 }, 0) }, null],
  ])('%s of %j is %j', (name, facts, value) => {
    expect(read(name, facts)).toBe(value)
  })

  it('counts as error whatever was due and not answered well', () => {
    const ledger = { due: 100, sent: 98, ok: 90, http_error: 5, lost: 3, unfinished: 2 }
    expect(errorShare(recordWith({ load: { ledger } }))).toBe(0.1)
    expect(read('lost', { load: { ledger } })).toBe(3)
    expect(errorShare(recordWith())).toBeNull()
  })
})
