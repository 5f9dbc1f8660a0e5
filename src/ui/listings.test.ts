import { expect, it } from 'vitest'
import type { NodeState } from '../core/stack.js'
import { type NodeRow, renderNodes } from './listings.js'

it('renderNodes says what shards have, where that was asked', () => {
  const shard = (id: string, state: NodeState, view: NodeRow['shard']): NodeRow => ({
    id,
    role: 'database',
    state,
    url: null,
    handle: 'pid 1',
    internalAddresses: [],
    ...(view === undefined ? {} : { shard: view }),
  })
  const view = { map_version: 3, scheme: 'ring', slots: 5_461, leaving: 0, arriving: 0 }
  const rows = renderNodes(
    [
      shard('shard-1', 'running', view),
      shard('shard-2', 'running', { ...view, leaving: 12, arriving: 1_300 }),
      shard('shard-3', 'running', { ...view, slots: 1 }),
      shard('shard-4', 'running', null),
      shard('shard-5', 'paused', null),
      shard('shard-6', 'running', undefined),
    ],
    { colour: false, width: 120 },
  )
  expect(
    rows
      .split('\n')
      .slice(2)
      .map((row) => row.split(/ {2,}/).slice(0, 3).join(': ')),
  ).toEqual([
    'shard-1: shard, 5,461 slots, map 3: running',
    'shard-2: shard, 5,461 slots, 12 leaving, 1,300 arriving, map 3: running',
    'shard-3: shard, 1 slot, map 3: running',
    'shard-4: shard, gives no answer: running',
    'shard-5: shard: paused',
    'shard-6: database: running',
  ])
})
