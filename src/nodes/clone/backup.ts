import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { clientSettings } from '../../core/database-login.js'
import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import { type Mirrored, mirrorFile, mirrorFolder } from './mirror-folder.js'
import { passwordIn } from './pgpass.js'

/**
 * What a copy must not have, or need not: see "Making a Base Backup Using the Low Level API" in
 * https://www.postgresql.org/docs/current/continuous-archiving.html. Of each folder here only the contents.
 *
 * WAL is not copied either, though a backup needs what was written while it was made: the standby asks its new primary
 * for it, which keeps so much (wal_keep_size) that a copy would have to take minutes for any to be missing. Copying it
 * would cost more than all the rest: up to max_wal_size of it may lie there, most of it long used. Timelines' history
 * files are tiny, and tell the standby which timeline to ask for.
 */
const EMPTIED = /^(pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\//
const HISTORY = /^pg_wal\/[0-9A-F]{8}\.history$/
/** Of the running server, of an earlier backup, or made anew by every server. Signal files tell what a server is. */
const LEFT_OUT =
  /(^|\/)(postmaster\.(pid|opts)|pg_internal\.init\S*|pgsql_tmp[^/]*|(standby|recovery)\.signal|(backup_label|tablespace_map)(\.old)?|[^/]+\.tmp)$/
/** Copied last: it must not be older than what it describes, and without it no server starts on half a copy. */
const CONTROL = 'global/pg_control'

export interface BackupRequest {
  host: string
  port: number
  /** A folder; what is in it is used where it is the same, and goes where it is not. */
  target: string
  /** Content of a password file, see passwordIn. */
  pgpass: string
}

/**
 * Makes a base backup of a running server, primary or standby, by copying its files.
 * @throws Error when the server cannot be asked, or ends while it is copied: the copy is worth nothing then
 */
export async function backup({ host, port, target, pgpass }: BackupRequest): Promise<Mirrored & { ms: number }> {
  const began = performance.now()
  const user = DATABASE_ROLES.admin
  const password = passwordIn(pgpass, [host, String(port), 'postgres', user])
  const login = { host, port, user, password, database: DATABASE_NAME, application: 'scalelab clone' }
  const client = new Client(clientSettings(login))
  // A broken connection makes the next statement fail, which is enough.
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows: folders } = await client.query<{ data_directory: string }>('SHOW data_directory')
    const data = folders[0]?.data_directory ?? ''
    if (!existsSync(join(data, CONTROL)))
      throw new Error(`there is no data of a server in ${data}: is it on this machine?`)
    // With a checkpoint at once, which is the time that this takes on a server that has written much.
    await client.query("SELECT pg_backup_start('scalelab clone', fast => true)")
    const done = mirrorFolder(data, target, (path) => path === CONTROL || isLeftOut(path))
    mirrorFile(join(data, CONTROL), join(target, CONTROL), done)
    // Only the session that began the backup can end it: had the server died meanwhile, this would fail.
    const { rows: labels } = await client.query<{ labelfile: string }>(
      'SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)',
    )
    writeFileSync(join(target, 'backup_label'), labels[0]?.labelfile ?? '', { mode: 0o600 })
    return { ...done, ms: performance.now() - began }
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Whether a path of the data folder does not belong into a copy. */
export function isLeftOut(path: string): boolean {
  return LEFT_OUT.test(path) || (EMPTIED.test(path) && !HISTORY.test(path))
}
