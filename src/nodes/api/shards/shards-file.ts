import type { ShardsFile } from '../../../core/shard-map.js'
import { ADDRESS, readCheckedFile } from '../database/checked-file.js'

/**
 * Reads the file that SHARDS_FILE names.
 * @throws Error that says what is wrong with it, and never its password
 */
export function readShardsFile(path: string): ShardsFile {
  return readCheckedFile<ShardsFile>(path, ({ database, user, password, seeds, pool, query_ms }) => [
    [[database, user, password].every((text) => typeof text === 'string'), 'database, user and password must be texts'],
    [Array.isArray(seeds) && seeds.length > 0, 'seeds must list at least one shard'],
    [
      seeds?.every?.((seed) => typeof seed.id === 'string' && ADDRESS.test(seed.address)),
      'a seed is an id and host:port',
    ],
    [Number.isInteger(pool) && pool >= 1, 'pool must be a whole number of at least 1'],
    [typeof query_ms === 'number' && query_ms >= 0, 'query_ms must be a number of at least 0'],
  ])
}
