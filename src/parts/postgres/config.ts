import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import { waitsForStandby } from '../../core/parameters/database.js'
import type { DatabaseParameters } from '../../core/parameters.js'
import { syncStandbyNames } from './sync-standbys.js'

/** WAL that a slot may hold back before the standby behind it is given up: then it has to be made anew. */
export const MAX_SLOT_WAL_MB = 512

/** `--durability` to synchronous_commit. */
export const SYNCHRONOUS_COMMIT = {
  off: 'off',
  local: 'local',
  'remote-write': 'remote_write',
  on: 'on',
  'remote-apply': 'remote_apply',
} as const

/** Connections that a server takes unless told. */
const CONNECTIONS = 200

/**
 * postgresql.conf of every server of a stack, primary or standby: any of them may become the other. Whom a standby
 * follows is in postgresql.auto.conf, where `ALTER SYSTEM` can change it.
 */
export function postgresConfig(
  id: string,
  database: Pick<DatabaseParameters, 'durability' | 'sync_standbys' | 'apply_delay_ms'>,
  connections = CONNECTIONS,
): string {
  const synchronous = waitsForStandby(database) ? syncStandbyNames(database.sync_standbys) : ''
  return `# Durability of a commit: ${database.durability}.
synchronous_commit = ${SYNCHRONOUS_COMMIT[database.durability]}
synchronous_standby_names = '${synchronous}'

listen_addresses = '{{host}}'
port = {{port postgres}}
# Loopback or the stack's own network is the only way in.
unix_socket_directories = ''
password_encryption = scram-sha-256
max_connections = ${connections}
cluster_name = '${id}'

wal_level = replica
hot_standby = on
max_wal_senders = 16
max_replication_slots = 16
# A standby that is away this long is given up, so that it cannot fill the primary's disk.
max_slot_wal_keep_size = ${MAX_SLOT_WAL_MB}MB
wal_keep_size = 64MB
# pg_rewind needs it where there are no data checksums.
wal_log_hints = on
# Default is 5 s: so long a standby would wait before it asks again, at every start and after every failover.
wal_retrieve_retry_interval = 50ms
# Default is 10 s: positions on the primary would be that old while nothing is written.
wal_receiver_status_interval = 1s
recovery_target_timeline = 'latest'
recovery_min_apply_delay = ${database.apply_delay_ms}ms

shared_buffers = 64MB
max_wal_size = 1GB
checkpoint_timeout = 15min
# Short statements: compiling them costs more than it saves.
jit = off
log_destination = stderr
logging_collector = off
log_min_messages = warning
log_line_prefix = '%m [%p] '
`
}

const { admin, replication, app } = DATABASE_ROLES

/**
 * pg_hba.conf: passwords for everybody, from the stack's own network alone, each role to what it is for. On plain
 * processes that network is the loopback, since nothing else is listened on.
 */
export const HBA_CONFIG = `${[
  ['host', 'replication', replication],
  ['host', DATABASE_NAME, app],
  ['host', 'all', admin],
]
  .map((line) => `${line.join('  ')}  samenet  scram-sha-256`)
  .join('\n')}\n`

/**
 * Roles and database, for the database `postgres` of a new cluster. Statements are separated by an empty line, as
 * PostgreSQL's single-user mode wants them; passwords are references that the engine fills in. The new database is copied
 * as files, which leaves less WAL to copy to the standbys.
 */
export const ROLES_SQL = `ALTER ROLE ${admin} PASSWORD '{{secret ${admin}}}';

CREATE ROLE ${replication} LOGIN REPLICATION PASSWORD '{{secret ${replication}}}';

CREATE ROLE ${app} LOGIN PASSWORD '{{secret ${app}}}' IN ROLE pg_monitor;

CREATE DATABASE ${DATABASE_NAME} OWNER ${app} STRATEGY file_copy;
`
