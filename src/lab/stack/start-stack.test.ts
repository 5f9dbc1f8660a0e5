import { describe, expect, it } from 'vitest'
import { stackParametersSchema } from '../../core/parameters.js'
import { labErrorOf } from '../../core/testing/thrown.js'
import type { Topology } from '../../core/topology.js'
import { topologyOf } from '../../topologies/topology.js'
import { refuseWithoutMemory } from './start-stack.js'

function topology(parameters: object): Topology {
  return topologyOf({ ...stackParametersSchema.parse(parameters), balancer: 'builtin' })
}

const GIB = 2 ** 30

describe('refuseWithoutMemory', () => {
  it('refuses more PostgreSQL servers than fit, and says how many would', () => {
    const shards = topology({ kind: 'sharded', sharding: { shards: 16, scheme: 'directory' } })
    expect(() => refuseWithoutMemory(shards, 2 * GIB)).not.toThrow()
    const error = labErrorOf(() => refuseWithoutMemory(shards, GIB))
    expect(error).toMatchObject({
      exitCode: 2,
      message: '16 PostgreSQL servers need about 1.9 GiB of memory, and 1.0 GiB are free',
      hint: 'At most 8 would fit',
    })
  })

  it('looks at databases alone', () => {
    expect(() => refuseWithoutMemory(topology({ kind: 'balanced', replicas: 64 }), 0)).not.toThrow()
    const replicated = topology({ kind: 'replicated', database: { standbys: 2 } })
    expect(() => refuseWithoutMemory(replicated, 0.3 * GIB)).toThrow('3 PostgreSQL servers')
  })
})
