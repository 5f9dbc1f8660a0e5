import { describe, expect, it } from 'vitest'
import { type StackParametersInput, stackParametersSchema } from '../../core/parameters.js'
import { describeCost } from './subject.js'

describe('describeCost', () => {
  it.each<[StackParametersInput, string]>([
    [{ kind: 'single', work: { kind: 'none' } }, 'no work per request'],
    [{ kind: 'single', app: { command: 'serve {port}' } }, 'your own application: what a request costs it is unknown'],
    [{ kind: 'replicated', work: { kind: 'none' }, database: {} }, 'real database work'],
    [
      { kind: 'replicated', work: { kind: 'cpu', ms: 3 }, database: {} },
      'processor work: 3 ms of CPU time per request; then real database work',
    ],
    [
      { kind: 'replicated', work: { kind: 'none' }, database: { query_ms: 2, pool: 1 } },
      'real database work, and a stated capacity: each read holds a connection for 2 ms, and each API instance has 1 to each server',
    ],
    [{ kind: 'sharded', work: { kind: 'none' }, sharding: {} }, 'real database work'],
    [
      { kind: 'sharded', work: { kind: 'none' }, sharding: { query_ms: 25, pool: 4 } },
      'real database work, and a stated capacity: each request on a key holds a connection for 25 ms, and each API instance has 4 to each shard',
    ],
  ])('of %j', (input, text) => {
    expect(describeCost(stackParametersSchema.parse(input))).toBe(text)
  })
})
