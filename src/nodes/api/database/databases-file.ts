import { type DatabasesFile, READ_TARGETS } from '../../../core/databases-file.js'
import { ADDRESS, readCheckedFile } from './checked-file.js'

/**
 * Reads the file that DATABASES_FILE names.
 * @throws Error that says what is wrong with it, and never its password
 */
export function readDatabasesFile(path: string): DatabasesFile {
  return readCheckedFile<DatabasesFile>(path, ({ database, user, password, nodes, reads, pool, query_ms }) => [
    [[database, user, password].every((text) => typeof text === 'string'), 'database, user and password must be texts'],
    [Array.isArray(nodes) && nodes.length > 0, 'nodes must list at least one server'],
    [
      nodes?.every?.((node) => typeof node.id === 'string' && ADDRESS.test(node.address)),
      'a node is an id and host:port',
    ],
    [READ_TARGETS.includes(reads), `reads must be one of ${READ_TARGETS.join(', ')}`],
    [Number.isInteger(pool) && pool >= 1, 'pool must be a whole number of at least 1'],
    [typeof query_ms === 'number' && query_ms >= 0, 'query_ms must be a number of at least 0'],
  ])
}
