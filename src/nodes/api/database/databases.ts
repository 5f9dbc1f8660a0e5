import type { IncomingHttpHeaders } from 'node:http'
import type { Databases } from '../server.js'
import type { Resource } from '../shop.js'
import { PolledCluster } from './cluster.js'
import { DatabaseShop } from './database-shop.js'
import { readDatabasesFile } from './login-files.js'

/** Of a readiness check, in milliseconds. */
const ASK_LIMIT = 1_000

const STREAMING = {
  name: 'streaming',
  text: "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND application_name <> 'pg_basebackup'",
}

/**
 * The shop over the databases of a file, polled from now on.
 * @param instanceId what its sessions are called in pg_stat_activity
 * @param writePatienceMs how long a write looks for a primary and waits for its commit
 * @throws Error when the file is not as it should be
 */
export function openDatabases(
  path: string,
  instanceId: string,
  writePatienceMs: number,
): { shop: (path: string, query: string, headers: IncomingHttpHeaders) => Resource | undefined; databases: Databases } {
  const file = readDatabasesFile(path)
  const cluster = new PolledCluster(file, instanceId)
  cluster.start()
  const shop = new DatabaseShop(cluster, file, writePatienceMs)
  return {
    shop: (...request) => shop.resource(...request),
    databases: {
      view: () => ({ databases: cluster.view() }),
      unready: (query) => unready(cluster, query),
      look: () => cluster.look(),
    },
  }
}

async function unready(cluster: PolledCluster, query: string): Promise<string | undefined> {
  const { primary } = cluster
  if (primary === undefined) return 'no primary is known'
  const wanted = Number(new URLSearchParams(query).get('streaming') ?? 0)
  if (!(wanted > 0)) return undefined
  try {
    const connection = await primary.connections.acquire(performance.now() + ASK_LIMIT)
    connection.waitedMs = 0
    connection.limitMs = ASK_LIMIT
    try {
      const [row] = await connection.query(STREAMING, [])
      const streaming = Number(row?.[0] ?? 0)
      return streaming >= wanted ? undefined : `${streaming} of ${wanted} standbys stream`
    } finally {
      primary.connections.release(connection)
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
