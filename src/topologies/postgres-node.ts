import { DATABASE_NAME, DATABASE_ROLES } from '../core/databases-file.js'
import type { NodeSpec } from '../core/topology.js'
import { ROLES_SQL } from './ecomarket-sql.js'
import { POSTGRES_BOOT } from './postgres-boot.js'
import { hbaConfig } from './postgres-config.js'

const POSTGRES_PORT = 5_432
/** A server that shuts down waits for its sessions to end and writes everything out. */
const DATABASE_GRACE_MS = 10_000

/** What is a database server's own. */
interface Server {
  /** Of boot.sh, beside what every server has. */
  env: Record<'BORN' | 'UPSTREAM' | 'SLOT', string>
  /** postgresql.conf */
  config: string
  /** Statements that fill the database of the template, which servers with the same ones share. */
  sql: string
  /** Statements that follow on this server alone. */
  seed?: string
  cpus: number | null
}

/** One PostgreSQL server, brought up by boot.sh. */
export function postgresNode(id: string, { env, config, sql, seed, cpus }: Server): NodeSpec {
  const { admin, replication } = DATABASE_ROLES
  return {
    id,
    role: 'database',
    program: { kind: 'postgres' },
    env: { NODE_ID: id, DIR: '{{dir}}', DATA: '{{data}}', ...env },
    files: {
      'boot.sh': POSTGRES_BOOT,
      'postgresql.conf': config,
      'pg_hba.conf': hbaConfig(DATABASE_ROLES, DATABASE_NAME),
      'roles.sql': ROLES_SQL,
      'ecomarket.sql': sql,
      ...(seed === undefined ? {} : { 'seed.sql': seed }),
      pgpass: [replication, admin].map((role) => `*:*:*:${role}:{{secret ${role}}}\n`).join(''),
    },
    ports: { postgres: POSTGRES_PORT },
    publish: {},
    dependsOn: [],
    readiness: { protocol: 'postgres', port: 'postgres' },
    limits: cpus === null ? {} : { cpus },
    stopGraceMs: DATABASE_GRACE_MS,
  }
}
