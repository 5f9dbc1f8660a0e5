import { expect, it } from 'vitest'
import { stackParametersSchema } from '../../core/parameters.js'
import { nowOf } from './shard-views.js'

const { sharding } = stackParametersSchema.parse({
  kind: 'sharded',
  sharding: { shards: 3, weights: [2, 1, 1], rows: 70 },
})
if (sharding === null) throw new Error('it was given')
const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `shard-${index + 1}`)
const shards = (...weights: number[]) => weights.map((weight, index) => ({ id: `shard-${index + 1}`, weight }))

it.each([
  ['as brought up', 3, { scheme: 'ring', shards: shards(2, 1, 1) }, {}],
  ['with one more', 4, { scheme: 'ring', shards: shards(2, 1, 1, 1) }, { shards: 4, weights: [2, 1, 1, 1] }],
  [
    'with one that the map does not name yet',
    4,
    { scheme: 'ring', shards: shards(2, 1, 1) },
    { shards: 4, weights: [2, 1, 1, 1] },
  ],
  ['with fewer, all alike', 2, { scheme: 'jump', shards: shards(1, 1) }, { shards: 2, scheme: 'jump', weights: null }],
  [
    'where the map has no weights',
    3,
    { scheme: 'modulo', shards: ids(3).map((id) => ({ id })) },
    { scheme: 'modulo', weights: null },
  ],
  ['where none answers', 2, undefined, { shards: 2, weights: [2, 1] }],
])('shards are as they are now: %s', (_, count, newest, changes) => {
  expect(nowOf(sharding, ids(count), newest)).toEqual({ ...sharding, ...changes })
})
