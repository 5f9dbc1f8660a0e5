import { describe, expect, it } from 'vitest'
import type { Journal } from '../load/port.js'
import type { Drilled } from './drill.js'
import { ledgerOf } from './ledger.js'
import type { Stage } from './stage.js'
import { openLoad, planOf, startRun, WORKLOAD } from './testing/run-of.js'

/** A run beside which a drill acts; the drill is what `act` says. */
function drilled(act: (stage: Stage) => Promise<Partial<Drilled>>) {
  const plan = planOf(openLoad(200, 4_000, { workload: WORKLOAD }), { actMs: 3_000 })
  const verified: Journal[] = []
  const { promise } = startRun(plan, {
    act: async (stage) => ({
      kind: 'drill',
      node: 'primary',
      role: 'primary',
      fault: 'kill',
      promoted: null,
      events: [],
      diverged: null,
      failure: null,
      ...(await act(stage)),
    }),
    verify: async (journal) => {
      verified.push(journal)
      return ledgerOf(journal.writes, {
        ids: new Set(journal.writes.slice(1).map(({ key }) => key)),
        duplicated: [],
      })
    },
  })
  return { promise, verified }
}

const FAULT = { t_ms: 1_500, event: 'fault', node: 'primary', detail: 'kill' } as const

describe('a run with a drill beside its load', () => {
  it('keeps what it cost, with the ledger held against the database', async () => {
    const { promise, verified } = drilled(async () => ({ promoted: 'standby-1', events: [FAULT] }))
    const { status, trial, writes } = await promise
    expect(status).toBe('complete')
    expect(verified).toHaveLength(1)
    const [first] = verified[0]?.writes ?? []
    expect(writes?.lost).toEqual([first?.key])
    expect(trial).toMatchObject({ node: 'primary', promoted: 'standby-1', lost: [first?.key], rto_ms: null })
    expect(trial?.acknowledged).toBeGreaterThan(0)
  })

  it('has failed when the drill has, and tells how far it came', async () => {
    const { promise } = drilled(async () => ({ events: [FAULT], failure: new Error('no standby') }))
    const { status, trial } = await promise
    expect(status).toBe('failed')
    expect(trial?.timeline.map(({ event }) => event)).toContain('fault')
  })

  it('has no trial when the drill ended before its fault', async () => {
    const { promise } = drilled(async () => ({ failure: new Error('interrupted') }))
    const { status, trial, writes } = await promise
    expect(status).toBe('failed')
    expect(trial).toBeUndefined()
    expect(writes?.acknowledged).toBeGreaterThan(0)
  })
})
