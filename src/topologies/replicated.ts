import { DATABASE_NAME, DATABASE_ROLES, type DatabasesFile } from '../core/databases-file.js'
import { waitsForStandby } from '../core/parameters/database.js'
import type { DatabaseParameters, StackParameters } from '../core/parameters.js'
import type { NodeSpec, Topology } from '../core/topology.js'
import { postgresConfig } from '../parts/postgres/config.js'
import { postgresNode } from '../parts/postgres/postgres.js'
import { checkSyncStandbys } from '../parts/postgres/sync-standbys.js'
import type { BalancingStrategy } from '../strategies/balancing/port.js'
import { balanced } from './balanced.js'
import { ecomarketSql } from './ecomarket-sql.js'

export const PRIMARY_ID = 'primary'
const READY = '/ready'

export type ReplicatedParameters = StackParameters & { database: DatabaseParameters }

/**
 * A balancer, `replicas` API instances, and behind them a PostgreSQL primary with its streaming standbys.
 * @throws LabError (usage) when commits would wait for standbys that are not there
 */
export function replicated(parameters: ReplicatedParameters, strategy: BalancingStrategy): Topology {
  const { database } = parameters
  const servers = databaseIds(database)
  if (waitsForStandby(database)) checkSyncStandbys(database.sync_standbys, PRIMARY_ID, servers.slice(1))
  const front = balanced(parameters, strategy)
  const databases = servers.map((id) => databaseNode(id, database))
  return { ...front, nodes: [...front.nodes.map((node) => withDatabases(node, database, servers)), ...databases] }
}

/** The database servers of a stack, the first primary first. */
export function databaseIds({ standbys }: DatabaseParameters): string[] {
  return [PRIMARY_ID, ...Array.from({ length: standbys }, (_, index) => `standby-${index + 1}`)]
}

/** Name of the replication slot that a server uses at whichever server it follows. */
export function replicationSlotOf(id: string): string {
  return id.replaceAll('-', '_')
}

function withDatabases(node: NodeSpec, database: DatabaseParameters, servers: readonly string[]): NodeSpec {
  if (node.role !== 'api') return node
  const file: DatabasesFile = {
    database: DATABASE_NAME,
    user: DATABASE_ROLES.app,
    password: `{{secret ${DATABASE_ROLES.app}}}`,
    nodes: servers.map((id) => ({ id, address: `{{address ${id} postgres}}` })),
    reads: database.reads,
    pool: database.pool,
    query_ms: database.query_ms,
  }
  return {
    ...node,
    env: { ...node.env, DATABASES_FILE: '{{dir}}/databases.json' },
    files: { 'databases.json': `${JSON.stringify(file, null, 2)}\n` },
    // It waits for the servers itself; it is ready when it knows the primary and every standby streams.
    readiness: { protocol: 'http', port: 'http', path: `${READY}?streaming=${database.standbys}`, accept: 'ok' },
  }
}

/** An API instance as it joins a stack that runs: it does not wait for standbys, of which one may be down by now. */
export function joining(node: NodeSpec): NodeSpec {
  const { readiness } = node
  return readiness.protocol === 'http' ? { ...node, readiness: { ...readiness, path: READY } } : node
}

function databaseNode(id: string, database: DatabaseParameters): NodeSpec {
  return postgresNode(id, {
    env: {
      BORN: id === PRIMARY_ID ? 'primary' : 'standby',
      UPSTREAM: `{{address ${PRIMARY_ID} postgres}}`,
      SLOT: replicationSlotOf(id),
    },
    config: postgresConfig(id, database),
    sql: ecomarketSql(database.rows, databaseIds(database).map(replicationSlotOf)),
    cpus: database.cpus,
  })
}
