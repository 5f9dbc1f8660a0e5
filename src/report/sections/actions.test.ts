import { expect, it } from 'vitest'
import type { RunRecord } from '../../core/record.js'
import * as records from '../testing/records.js'
import { actionSection } from './actions.js'

/** Ticks of half a second with so many errors each. */
const ticks = (...errors: number[]): RunRecord['timeline'] =>
  errors.map((count, i) => ({
    t_ms: (i + 1) * 500,
    offered_rps: 100,
    achieved_rps: 100,
    errors_per_s: count * 2,
    p50_ms: 1,
    p99_ms: 2,
    max_ms: 3,
  }))

it('counts what failed by the action that had begun last', () => {
  const action = { node: null, by: 'timeline', asked_ms: 0, outcome: 'done' } as const
  const [text = ''] = actionSection({
    ...records.outage(),
    timeline: ticks(1, 2, 4, 8, 16),
    actions: [
      { ...action, action: 'strategy least-conn', kind: 'strategy', began_ms: 600, ended_ms: 650 },
      {
        ...action,
        action: 'replicas 5',
        kind: 'replicas',
        began_ms: 1_700,
        ended_ms: 1_900,
        outcome: 'failed',
        error: 'deaf',
      },
      { ...action, action: 'kill api-1', kind: 'kill', began_ms: null, ended_ms: null, outcome: 'left out' },
    ],
  })
  expect(text).toMatch(/1 \| strategy least-conn \| as planned +\| +0\.6 s \| +50 ms \| done +\| +6 \|/)
  expect(text).toMatch(/2 \| replicas 5 +\| as planned +\| +1\.7 s \| +200 ms \| \*\*failed\*\*: deaf \| +24 \|/)
  expect(text).toMatch(/3 \| kill api-1 +\| as planned +\| +- \| +- \| left out +\| +- \|/)
})

it('says nothing of a run without any', () => {
  expect(actionSection({ ...records.outage(), actions: [] })).toEqual([])
})
