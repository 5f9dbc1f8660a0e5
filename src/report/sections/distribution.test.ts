import { describe, expect, it } from 'vitest'
import type { RunRecord } from '../../core/record.js'
import { distribution } from '../../stats/distribution.js'
import { lb3 } from '../testing/records.js'
import { distributionSection } from './distribution.js'

const base = lb3()

function withRequests(requests: number[], parameters: RunRecord['parameters'] = {}): string {
  const total = requests.reduce((sum, count) => sum + count, 0)
  const instances = requests.map((count, i) => ({
    id: `api-${i + 1}`,
    requests: count,
    share: count / total,
    weight: 1,
    rps: count / 10,
    p50_ms: 2,
    p99_ms: 9,
    errors: 0,
  }))
  const record = { ...base, parameters, instances, distribution: distribution(instances) }
  return distributionSection({ ...record, load: { ...record.load, clients: 8 } })
}

describe('distributionSection', () => {
  it.each<[string, number[], RunRecord['parameters'], string]>([
    ['strict turns', [5_000, 5_000, 5_001], {}, 'more even than chance'],
    ['chance', [5_060, 4_980, 4_960], {}, 'Chance alone explains'],
    ['small but certain deviations', [500_000, 503_000, 497_000], {}, 'even for practical purposes'],
    ['an instance that was favoured', [6_000, 5_000, 4_000], {}, 'something favours an instance'],
    ['few clients under ip-hash', [9_000, 3_000, 3_000], { strategy: 'ip-hash' }, '(8 simulated ones here)'],
    ['busy instances under least-conn', [6_000, 5_000, 4_000], { strategy: 'least-conn' }, 'promises no equal shares'],
    ['one instance', [1_000], {}, 'fewer than two instances'],
  ])('reads %s', (_, requests, parameters, words) => {
    expect(withRequests(requests, parameters)).toContain(words)
  })
})
