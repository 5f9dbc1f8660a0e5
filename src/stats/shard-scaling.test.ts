import { describe, expect, it } from 'vitest'
import { stackParametersSchema } from '../core/parameters.js'
import type { RunRecord } from '../core/record.js'
import { checked } from '../core/validity.js'
import { scalingGroups, scalingVerdicts } from './shard-scaling.js'

interface Facts {
  sharding?: object
  keys?: string
  mode?: string
  connections?: number
  more?: object
}

/** Of a record, what scaling is read from. */
function run(
  shards: number,
  goodput_rps: number,
  { sharding, keys = 'uniform', mode = 'closed', connections = 60, more }: Facts = {},
) {
  const parameters = stackParametersSchema.parse({ kind: 'sharded', replicas: 2, sharding: { shards, ...sharding } })
  return {
    parameters,
    status: 'complete',
    work: 'none',
    engine: 'process',
    environment: { cpu: 'x', cores: 2 },
    validity: [],
    load: {
      mode,
      goodput_rps,
      connections,
      workload: { mix: [], keys: { distribution: keys, count: 10, exponent: 1.2 }, consistency: 'default' },
    },
    ...more,
  } as unknown as RunRecord
}

const points = (records: RunRecord[]) =>
  scalingGroups(records).map(({ points: each }) => each.map(({ shards, efficiency }) => [shards, efficiency]))

describe('scalingGroups', () => {
  it('holds more shards against the fewest', () => {
    expect(points([run(4, 3_600), run(1, 1_000), run(2, 1_900)])).toEqual([
      [
        [1, 1],
        [2, 0.95],
        [4, 0.9],
      ],
    ])
    expect(points([run(2, 1_000), run(4, 1_600)])).toEqual([
      [
        [2, 1],
        [4, 0.8],
      ],
    ])
  })

  it('takes the median of repeats', () => {
    expect(points([run(1, 900), run(1, 1_000), run(1, 5_000), run(2, 2_000)])).toEqual([
      [
        [1, 1],
        [2, 1],
      ],
    ])
  })

  it('keeps distributions of keys and schemes apart; one shard belongs to every scheme', () => {
    const groups = scalingGroups([
      run(1, 1_000),
      run(2, 1_990),
      run(2, 1_800, { sharding: { scheme: 'jump' } }),
      run(1, 1_000, { keys: 'zipf' }),
      run(2, 1_500, { keys: 'zipf' }),
    ])
    expect(groups.map(({ scheme, keys, points: [, last] }) => [scheme, keys, last.speedup])).toEqual([
      ['ring', 'uniform keys', 1.99],
      ['jump', 'uniform keys', 1.8],
      ['ring', 'zipf:1.2 keys', 1.5],
    ])
  })

  it.each<[string, RunRecord[]]>([
    ['open loops', [run(1, 1_000, { mode: 'open' }), run(2, 2_000, { mode: 'open' })]],
    ['other numbers of connections', [run(1, 1_000), run(2, 2_000, { connections: 120 })]],
    ['other shards', [run(1, 1_000), run(2, 2_000, { sharding: { pool: 1 } })]],
    ['one number of shards', [run(2, 1_000), run(2, 2_000)]],
    ['interrupted runs', [run(1, 1_000), run(2, 2_000, { more: { status: 'interrupted' } })]],
    ['runs of a fault', [run(1, 1_000), run(2, 2_000, { more: { trial: {} } })]],
    ['failed runs', [run(1, 1_000), run(2, 0)]],
    ['other stacks', [{ ...run(1, 1_000), parameters: { kind: 'single' } } as unknown as RunRecord, run(2, 2_000)]],
  ])('cannot tell from %s', (_, records) => {
    expect(scalingGroups(records)).toEqual([])
    expect(scalingVerdicts(records)).toEqual([])
  })
})

describe('scalingVerdicts', () => {
  it.each([
    [1_800, 'pass'],
    [1_799, 'fail'],
  ])('%d requests/s with two shards instead of 1,000 with one: %s', (goodput, result) => {
    const [verdict] = scalingVerdicts([run(1, 1_000), run(2, goodput)])
    expect(verdict).toMatchObject({ source: 'document 000, claim 14', measured: goodput / 2_000, result, reason: null })
  })

  it('is that of the worst number of shards', () => {
    const [verdict] = scalingVerdicts([run(1, 1_000), run(2, 1_700), run(3, 2_990)])
    expect(verdict).toMatchObject({ result: 'fail', measured: 0.85, reason: 'least with 2 shards' })
  })

  it('says which runs are in doubt, and cannot tell where the doubt may have made the difference', () => {
    const full = { more: { validity: [checked('host-cpu', 0.99, 0.97)] } }
    const judge = (...runs: RunRecord[]) => scalingVerdicts(runs)[0]
    const reason = 'in doubt: host-limited with 2 shards'
    expect(judge(run(1, 1_000), run(2, 1_000, full))).toMatchObject({ result: 'unknown', reason })
    // A full machine can take from the two, but not give to them.
    expect(judge(run(1, 1_000), run(2, 1_900, full))).toMatchObject({ result: 'pass', reason })
    expect(judge(run(1, 1_000, full), run(2, 2_000))).toMatchObject({
      result: 'unknown',
      reason: 'in doubt: host-limited with one shard',
    })
  })
})
