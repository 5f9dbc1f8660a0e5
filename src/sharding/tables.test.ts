import { expect, it } from 'vitest'
import { SHARDED_TABLES, shardSql } from '../topologies/shard-sql.js'
import { MOVED_TABLES } from './tables.js'

it('moves every table that belongs to a user', () => {
  expect(MOVED_TABLES.map(({ name }) => name)).toEqual([...SHARDED_TABLES])
  const withSlot = [...shardSql().matchAll(/CREATE TABLE (\w+) \((?:\n {2}.*)+?\n {2}slot smallint NOT NULL/g)]
  expect(
    withSlot
      .map(([, name]) => name)
      .filter((name) => name !== 'changes')
      .toSorted(),
  ).toEqual(MOVED_TABLES.map(({ name }) => name).toSorted())
})
