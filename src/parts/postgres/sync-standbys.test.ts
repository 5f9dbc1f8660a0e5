import { describe, expect, it } from 'vitest'
import { stackParametersSchema } from '../../core/parameters.js'
import { labErrorOf } from '../../core/testing/thrown.js'
import { topologyOf } from '../../topologies/topology.js'
import { checkSyncStandbys, syncStandbyNames } from './sync-standbys.js'

const STANDBYS = ['standby-1', 'standby-2']

describe('synchronous_standby_names', () => {
  it.each([
    ['ANY 1 (*)', 'ANY 1 (*)'],
    ['any 2 (*)', 'ANY 2 (*)'],
    ['(*)', 'FIRST 1 (*)'],
    ['FIRST 1 (standby-1, standby-2)', 'FIRST 1 ("standby-1", "standby-2")'],
    ['(Standby-2,primary)', 'FIRST 1 ("standby-2", "primary")'],
  ])('%s as PostgreSQL reads it', (text, expected) => {
    expect(syncStandbyNames(text)).toBe(expected)
  })

  it.each(['ANY 1 (*)', 'ANY 2 (*)', 'FIRST 1 (standby-2)', 'ANY 2 (primary, standby-1, standby-2)', '(standby-1)'])(
    '%s can be satisfied by two standbys',
    (text) => {
      expect(() => checkSyncStandbys(text, 'primary', STANDBYS)).not.toThrow()
    },
  )

  it.each([
    ['ANY 3 (*)', 'ANY 3 (*) waits for 3 standbys, and the stack has 2: no commit', "'ANY 2 (*)'"],
    ['ANY 2 (standby-1)', 'waits for 2 standbys, and the list has 1 (', "'ANY 2 (*)'"],
    ['FIRST 1 (primary)', 'waits for 1 standby, and the list has 0 (primary is the primary)', "'ANY 1 (*)'"],
    ['ANY 2 (primary, standby-1)', 'and the list has 1 (', "'ANY 2 (*)'"],
    ['ANY 1 (standby-3)', 'names standby-3, which is not there', 'Allowed: primary, standby-1, standby-2, *'],
    ['ANY 2 (standby-1, standby-1)', 'names standby-1 twice', ''],
  ])('%s is refused', (text, message, hint) => {
    const error = labErrorOf(() => checkSyncStandbys(text, 'primary', STANDBYS))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint ?? '').toContain(hint)
  })

  it('is checked of a topology whose commits wait for standbys, and of no other', () => {
    const withDurability = (durability: string) => ({
      ...stackParametersSchema.parse({
        kind: 'replicated',
        replicas: 2,
        database: { standbys: 2, durability, sync_standbys: 'ANY 3 (*)' },
      }),
      balancer: 'builtin' as const,
    })
    expect(labErrorOf(() => topologyOf(withDurability('on'))).exitCode).toBe(2)
    const primary = topologyOf(withDurability('local')).nodes.find(({ id }) => id === 'primary')
    expect(primary?.files['postgresql.conf']).toContain("synchronous_standby_names = ''")
  })
})
