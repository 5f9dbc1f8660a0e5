import { describe, expect, it } from 'vitest'
import { stackParametersSchema } from '../core/parameters.js'
import { experimentsOn } from './next-experiments.js'

const commands = (given: Record<string, unknown>): string[] =>
  experimentsOn(stackParametersSchema.parse(given)).map(([command]) => command)

describe('experimentsOn', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['one instance of 500/s', { kind: 'single' }, ['scalelab bench --max', 'scalelab bench --rps 300']],
    ['three of them', { kind: 'balanced', replicas: 3 }, ['scalelab bench --max', 'scalelab bench --rps 900']],
    [
      'slow ones',
      { kind: 'balanced', replicas: 2, work: { kind: 'model', mean_ms: 100 } },
      ['scalelab bench --max', 'scalelab bench --rps 12'],
    ],
    [
      'instances that compute',
      { kind: 'balanced', replicas: 3, work: { kind: 'cpu', ms: 2 } },
      ['scalelab bench --max'],
    ],
    ['no work', { kind: 'single', work: { kind: 'none' } }, ['scalelab bench --max']],
    [
      "an application of one's own",
      { kind: 'single', app: { command: 'node app.js --port {port}' } },
      ['scalelab bench --max'],
    ],
  ])('on %s', (_, given, expected) => {
    expect(commands(given)).toEqual(expected)
  })

  it('never asks for the number of shards that is there already', () => {
    const sharded = (shards: number) => commands({ kind: 'sharded', replicas: 2, sharding: { shards } })
    expect(sharded(3)).toContain('scalelab reshard --to 4')
    expect(sharded(16)).toContain('scalelab reshard --to 15')
  })
})
