import { describe, expect, it } from 'vitest'
import { describeDatabase } from '../../core/database-view.js'
import type { Member } from '../../replication/port.js'
import type { ServerState } from '../../replication/server.js'
import { viewOf } from './database-views.js'

const MEMBERS: Member[] = ['primary', 'standby-1', 'standby-2'].map((id, index) => ({
  id,
  state: 'running',
  endpoint: null,
  inside: { host: '127.0.0.1', port: 5_001 + index },
}))

function state(id: string, changes: Partial<ServerState>): ServerState {
  return {
    id,
    recovery: true,
    timeline: 1,
    position: 0n,
    receiving: true,
    follows: '127.0.0.1:5001',
    synchronousStandbyNames: '',
    lastReplayedAt: null,
    ...changes,
  }
}

const PRIMARY = state('primary', { recovery: false, receiving: false, follows: null })

describe('viewOf', () => {
  it('names the primary and whom a standby follows', () => {
    const states = [PRIMARY, state('standby-1', {}), state('standby-2', { receiving: false })]
    const views = MEMBERS.map(({ id }) => viewOf(id, states, MEMBERS, false))
    expect(views).toEqual([
      { role: 'primary', timeline: 1, streaming: null, follows: null, fenced: false, refusal: null },
      { role: 'standby', timeline: 1, streaming: true, follows: 'primary', fenced: false, refusal: null },
      { role: 'standby', timeline: 1, streaming: false, follows: 'primary', fenced: false, refusal: null },
    ])
  })

  it('does not take a standby for streaming whose server gives no answer', () => {
    const view = viewOf('standby-1', [state('standby-1', {})], MEMBERS, false)
    expect(view).toMatchObject({ role: 'standby', streaming: false, follows: 'primary' })
  })

  it('knows no server that is not of the stack', () => {
    const states = [PRIMARY, state('standby-1', { follows: '10.0.0.9:5432' })]
    expect(viewOf('standby-1', states, MEMBERS, false)).toMatchObject({ follows: null, streaming: false })
  })

  it('tells an old primary from the new one by its timeline', () => {
    const states = [PRIMARY, { ...PRIMARY, id: 'standby-1', timeline: 2 }]
    expect(viewOf('primary', states, MEMBERS, true)).toMatchObject({ role: 'old-primary', timeline: 1, fenced: true })
    expect(viewOf('standby-1', states, MEMBERS, false)).toMatchObject({ role: 'primary', timeline: 2 })
  })

  it('says of one that gives no answer whether it is fenced', () => {
    const silent = { role: null, timeline: null, streaming: null, follows: null }
    expect(viewOf('standby-2', [PRIMARY], MEMBERS, true)).toEqual({ ...silent, fenced: true, refusal: null })
  })

  it('says of one that lives and says no what it says', () => {
    const refusals = new Map([['primary', 'sorry, too many clients already']])
    const view = viewOf('primary', [state('standby-1', {})], MEMBERS, false, refusals)
    expect(describeDatabase(view)).toBe('database, refuses: sorry, too many clients already')
    expect(describeDatabase({ ...view, refusal: null })).toBe('database, gives no answer')
    // Whoever refuses us serves its standbys all the same.
    expect(viewOf('standby-1', [state('standby-1', {})], MEMBERS, false, refusals)).toMatchObject({ streaming: true })
  })
})
