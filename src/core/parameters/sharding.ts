import { MAX_SHARDS, SCHEMES } from '../shard-map.js'
import { SERVERS } from './database.js'
import { oneOf, weights, wholeNumber } from './kinds.js'
import { section } from './row.js'

/** Most users of a stack of shards: the rows of each shard are made when it first starts. */
export const MAX_USERS = 200_000

/** Schemes with points on a ring; a test holds them to what the schemes heed. */
export const RINGS: readonly string[] = ['ring', 'bounded']

/** Shards, each the only server of its keys. */
export const SHARDING = section(
  {
    at: 'sharding',
    group: 'shards',
    needs: ({ sharding }) =>
      sharding === null ? { why: ' needs a stack of shards: shard-3', hint: 'As in scalelab up shard-3' } : null,
  },
  {
    shards: {
      key: 'shards',
      takes: null,
      kind: wholeNumber(1, MAX_SHARDS),
      default: 3,
      words: 'servers that keys are spread over',
      label: 'shards',
    },
    scheme: {
      key: 'scheme',
      takes: '<name>',
      kind: oneOf(SCHEMES),
      default: 'ring',
      words: 'how slots are placed on shards',
      label: 'sharding scheme',
      common: true,
      clears: ['weights'],
    },
    shardWeights: {
      key: 'weights',
      takes: '<list>',
      kind: weights,
      default: null,
      words: 'one whole number per shard, as in 2,1,1, for schemes that take them',
      label: 'weights of shards',
    },
    vnodes: {
      key: 'vnodes',
      takes: '<n>',
      kind: wholeNumber(1, 10_000),
      default: 160,
      words: 'points on the ring of a shard of weight 1',
      label: 'points on the ring',
      when: ({ sharding }) =>
        sharding === null || RINGS.includes(sharding.scheme)
          ? null
          : { why: `: the scheme ${sharding.scheme} has none`, hint: `Use --scheme ${RINGS.join(' or ')}` },
    },
    rows: {
      key: 'rows',
      takes: '<n>',
      kind: wholeNumber(1, MAX_USERS),
      default: 10_000,
      words: 'users over all shards, each with an order',
      label: 'users',
    },
    ...SERVERS,
  },
)
