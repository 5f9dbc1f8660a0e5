import { describe, expect, it } from 'vitest'
import { stackParametersSchema } from './parameters.js'
import type { RunRecord } from './record.js'
import { databaseParametersOf, detectorOf, stackParametersOf } from './record-parameters.js'
import { nameRuns } from './run-names.js'

/** Of a record, what names are made of. */
function run(scenario: string, database: object | null = null, parts: object = {}): RunRecord {
  const parameters = stackParametersSchema.parse(
    database === null ? { kind: 'balanced', replicas: 3 } : { kind: 'replicated', replicas: 2, database },
  )
  return { scenario, parameters, load: {}, ...parts } as unknown as RunRecord
}

/** The same of a stack of shards. */
function sharded(scenario: string, sharding: object = {}, parts: object = {}): RunRecord {
  const parameters = stackParametersSchema.parse({ kind: 'sharded', replicas: 2, sharding })
  return { scenario, parameters, load: {}, ...parts } as unknown as RunRecord
}

const drawn = (distribution: string): object => ({ load: { workload: { keys: { distribution, exponent: 0.99 } } } })

const moved = (from: [string, number], to: [string, number]): object => {
  const shards = ([scheme, length]: [string, number]) => ({
    scheme,
    shards: Array.from({ length }, (_, i) => `shard-${i}`),
  })
  return { reshard: { plan: { from: shards(from), to: shards(to) }, options: { max_rows_per_second: null } } }
}

const drill = (fault: string, role: string, node: string): object => ({ trial: { fault, role, node } })

describe('nameRuns', () => {
  it.each<[string, RunRecord[], string[]]>([
    ['shards by their number', [sharded('shard-1', { shards: 1 }), sharded('shard-3')], ['shard-1', 'shard-3']],
    [
      'schemes of shards, and points of rings alone',
      [sharded('shard-3', { vnodes: 10 }), sharded('shard-3', { scheme: 'jump' })],
      ['shard-3 scheme=ring', 'shard-3 scheme=jump'],
    ],
    [
      'how keys are drawn',
      [
        sharded('shard-3', {}, drawn('uniform')),
        sharded('shard-3', {}, drawn('zipf')),
        run('repl-2', {}, drawn('zipf')),
      ],
      ['shard-3 keys=uniform', 'shard-3 keys=zipf:0.99', 'repl-2'],
    ],
    [
      'migrations',
      [
        sharded('shard-3'),
        sharded('shard-3', {}, moved(['ring', 3], ['ring', 4])),
        sharded('shard-3', {}, moved(['ring', 3], ['modulo', 3])),
      ],
      ['shard-3', 'shard-3 3-to-4', 'shard-3 to-modulo'],
    ],
    ['scenarios', [run('single'), run('lb-3')], ['single', 'lb-3']],
    ['repeats', [run('lb-3'), run('single'), run('lb-3')], ['lb-3 #1', 'single', 'lb-3 #2']],
    ['stacks without databases by number', [run('lb-3'), run('lb-3', null, { seed: 2 })], ['lb-3 #1', 'lb-3 #2']],
    ['one standby against two', [run('repl-1', { standbys: 1 }), run('repl-2', {})], ['repl-1', 'repl-2']],
    [
      'standbys where the name does not say them',
      [run('mine', { standbys: 1 }), run('mine', {})],
      ['mine standbys=1', 'mine standbys=2'],
    ],
    [
      'durability, and nothing of synchronous standbys where nobody waits for them',
      [run('repl-2', { durability: 'on' }), run('repl-2', { sync_standbys: 'ANY 2 (*)' })],
      ['repl-2 durability=on', 'repl-2 durability=local'],
    ],
    [
      'synchronous standbys where both wait',
      [run('repl-2', { durability: 'on' }), run('repl-2', { durability: 'on', sync_standbys: 'ANY 2 (*)' })],
      ['repl-2 sync-standbys=ANY 1 (*)', 'repl-2 sync-standbys=ANY 2 (*)'],
    ],
    [
      'several settings, and numbers where they are not enough',
      [run('repl-2', { reads: 'primary', pool: 1 }), run('repl-2', { pool: 1 }), run('repl-2', {}), run('repl-2', {})],
      [
        'repl-2 reads=primary pool=1',
        'repl-2 reads=standbys pool=1',
        'repl-2 reads=standbys pool=10 #1',
        'repl-2 reads=standbys pool=10 #2',
      ],
    ],
    [
      'drills by fault and target, the primary by its role',
      [
        run('repl-2', {}, drill('kill', 'primary', 'standby-1')),
        run('repl-2', {}, drill('pause', 'primary', 'primary')),
        run('repl-2', {}),
      ],
      ['repl-2 kill primary', 'repl-2 pause primary', 'repl-2'],
    ],
  ])('names %s', (_, records, names) => {
    expect(nameRuns(records)).toEqual(names)
  })
})

describe('the parameters of a record', () => {
  it('are those of its stack, whatever a drill wrote beside them', () => {
    const record = run('repl-2', { rows: 500 })
    const drilled = { ...record, parameters: { ...record.parameters, detector: { interval_ms: 50, misses: 4 } } }
    expect(stackParametersOf(drilled)).toEqual(stackParametersOf(record))
    expect(databaseParametersOf(drilled)?.rows).toBe(500)
    expect(detectorOf(drilled)).toEqual({ interval_ms: 50, misses: 4 })
    expect(detectorOf(record)).toBeNull()
    expect(detectorOf({ ...record, parameters: { detector: { interval_ms: 'soon' } } })).toBeNull()
  })

  it('are unknown of a system that was already running', () => {
    expect(stackParametersOf({ ...run('url'), parameters: {} })).toBeNull()
    expect(databaseParametersOf(run('lb-3'))).toBeNull()
  })
})
