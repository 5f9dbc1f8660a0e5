import { MAX_SHARDS } from '../shard-map.js'
import { wholeNumber } from './kinds.js'
import { section } from './row.js'
import { SHARDING } from './sharding.js'

/** What moves between shards, and how fast. */
export const MOVE = {
  ...section(
    { at: 'move', group: 'shards', needs: () => null },
    {
      to: {
        key: 'to',
        takes: '<n>',
        kind: wholeNumber(1, MAX_SHARDS),
        default: null,
        words: 'how many shards there should be',
        label: 'shards afterwards',
      },
    },
  ),
  scheme: { ...SHARDING.scheme, words: 'another scheme' },
  shardWeights: SHARDING.shardWeights,
  ...section(
    { at: 'move', group: 'shards', needs: () => null },
    {
      maxRowsPerSecond: {
        key: 'max_rows_per_second',
        takes: '<n>',
        kind: wholeNumber(1, 10_000_000),
        default: null,
        words: 'copy no faster than this',
        label: 'rows/s that may move',
      },
      chunkRows: {
        key: 'chunk_rows',
        takes: '<n>',
        kind: wholeNumber(1, 100_000),
        default: 500,
        words: 'rows that are copied at a time (default: 500)',
        label: 'rows copied at a time',
      },
      batchRows: {
        key: 'batch_rows',
        takes: '<n>',
        kind: wholeNumber(1, 1_000_000),
        default: 2_000,
        words: 'rows, about and at most, that are held for writing at a time; 512 slots at most (default: 2000)',
        label: 'rows held at a time',
      },
    },
  ),
}
