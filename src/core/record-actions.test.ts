import { expect, it } from 'vitest'
import type { RunRecord } from './record.js'
import { actionsOf } from './record-actions.js'

const load = { warmup_ms: 1_000 } as RunRecord['load']

it('reads the faults of older records as the actions that they were', () => {
  const actions = actionsOf({
    load,
    faults: [
      { fault: 'pause', node: 'api-1', at_ms: 500, for_ms: 250 },
      { fault: 'kill', node: 'api-2', at_ms: 9_000, for_ms: 1_000 },
    ],
    events: [
      { t_ms: 1_503, level: 'warn', text: 'pause api-1' },
      { t_ms: 1_761, level: 'info', text: 'api-1 is back' },
    ],
  })
  expect(actions).toMatchObject([
    { action: 'freeze api-1', kind: 'freeze', asked_ms: 1_500, began_ms: 1_503, outcome: 'done' },
    { action: 'restore api-1', asked_ms: 1_750, ended_ms: 1_761, outcome: 'done', undoes: 1 },
    { action: 'kill api-2', asked_ms: 10_000, began_ms: null, outcome: 'left out' },
    { action: 'restore api-2', asked_ms: 11_000, outcome: 'left out', undoes: 3 },
  ])
})

it('leaves a run without any alone', () => {
  expect(actionsOf({ load })).toEqual([])
})
