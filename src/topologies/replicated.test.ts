import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { DURABILITIES } from '../core/parameters/database.js'
import { stackParametersSchema } from '../core/parameters.js'
import type { Topology } from '../core/topology.js'
import { POSTGRES_BOOT } from '../parts/postgres/boot.js'
import { topologyOf } from './topology.js'

function replicated(database: object = {}, replicas = 2): Topology {
  return topologyOf({
    ...stackParametersSchema.parse({ kind: 'replicated', replicas, work: { kind: 'none' }, database }),
    balancer: 'builtin',
  })
}

describe('a replicated stack', () => {
  it('has a balancer, its APIs, a primary and its standbys', () => {
    expect(replicated({ standbys: 3 }).nodes.map(({ id, role }) => `${id} ${role}`)).toEqual([
      'balancer balancer',
      'api-1 api',
      'api-2 api',
      'primary database',
      'standby-1 database',
      'standby-2 database',
      'standby-3 database',
    ])
  })

  it('tells every API of every server, whatever its role at first', () => {
    for (const node of replicated().nodes.filter(({ role }) => role === 'api')) {
      const { nodes, password } = JSON.parse(node.files['databases.json'] ?? '')
      expect(nodes).toEqual(
        ['primary', 'standby-1', 'standby-2'].map((id) => ({ id, address: `{{address ${id} postgres}}` })),
      )
      expect(password).toBe('{{secret ecomarket}}')
    }
  })

  it.each(DURABILITIES)('waits for standbys only where %s says so', (durability) => {
    const [primary] = replicated({ durability }).nodes.filter(({ role }) => role === 'database')
    const config = primary?.files['postgresql.conf'] ?? ''
    const names = /synchronous_standby_names = '(.*)'/.exec(config)?.[1]
    expect(names).toBe(durability === 'off' || durability === 'local' ? '' : 'ANY 1 (*)')
    expect(config).toContain(`synchronous_commit = ${durability.replace('-', '_')}`)
  })

  it('gives every server the same configuration but for its name: any of them may become the primary', () => {
    const databases = replicated().nodes.filter(({ role }) => role === 'database')
    const without = databases.map(({ id, files }) => files['postgresql.conf']?.replaceAll(`'${id}'`, '<id>'))
    expect(new Set(without).size).toBe(1)
  })

  it('lets in each role with its password alone, from its own network alone', () => {
    const [primary] = replicated().nodes.filter(({ role }) => role === 'database')
    const lines = (primary?.files['pg_hba.conf'] ?? '').trim().split('\n')
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line).toMatch(/^host +\S+ +\S+ +samenet +scram-sha-256$/)
  })

  it('holds no password outside its files', () => {
    for (const { env, program } of replicated().nodes) expect(JSON.stringify([env, program])).not.toContain('secret')
  })

  it('seeds the same rows every time', () => {
    const seed = (): string | undefined =>
      replicated({ rows: 77 }).nodes.find(({ id }) => id === 'primary')?.files['ecomarket.sql']
    expect(seed()).toBe(seed())
    expect(seed()).toContain('generate_series(1, 77)')
  })
})

it('boot.sh is a script that sh can read', () => {
  const { status, stderr } = spawnSync('sh', ['-n'], { input: POSTGRES_BOOT })
  expect([status, String(stderr)]).toEqual([0, ''])
})
