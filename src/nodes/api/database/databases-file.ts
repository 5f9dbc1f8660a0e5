import { readFileSync } from 'node:fs'
import { type DatabasesFile, READ_TARGETS } from '../../../core/databases-file.js'

/**
 * Reads the file that DATABASES_FILE names.
 * @throws Error that says what is wrong with it, and never its password
 */
export function readDatabasesFile(path: string): DatabasesFile {
  let file: DatabasesFile
  try {
    file = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof SyntaxError ? 'it is not JSON' : error}`)
  }
  const { database, user, password, nodes, reads, pool, query_ms } = file
  const address = /:\d+$/
  const rules: [holds: boolean, rule: string][] = [
    [[database, user, password].every((text) => typeof text === 'string'), 'database, user and password must be texts'],
    [Array.isArray(nodes) && nodes.length > 0, 'nodes must list at least one server'],
    [
      nodes?.every?.((node) => typeof node.id === 'string' && address.test(node.address)),
      'a node is an id and host:port',
    ],
    [READ_TARGETS.includes(reads), `reads must be one of ${READ_TARGETS.join(', ')}`],
    [Number.isInteger(pool) && pool >= 1, 'pool must be a whole number of at least 1'],
    [typeof query_ms === 'number' && query_ms >= 0, 'query_ms must be a number of at least 0'],
  ]
  const broken = rules.find(([holds]) => !holds)
  if (broken !== undefined) throw new Error(`${path}: ${broken[1]}`)
  return file
}
