/**
 * A base backup of a PostgreSQL server of this machine, for installations without pg_basebackup.
 *
 * Usage: clone.mjs <host> <port> <target folder>, with PGPASSFILE; asks as the superuser, reads the server's files
 * and leaves in the target what a standby starts from. It does not say whom to follow: that is written by boot.sh.
 */
import { readFileSync } from 'node:fs'
import { backup } from './backup.js'

const [host = '', port = '', target = ''] = process.argv.slice(2)
try {
  const pgpass = readFileSync(process.env.PGPASSFILE ?? '', 'utf8')
  const { files, bytes, written, ms } = await backup({ host, port: Number(port), target, pgpass })
  const [all, fresh] = [bytes, written].map((count) => (count / 1e6).toFixed(1))
  console.log(`clone: ${files} files, ${all} MB, of which ${fresh} MB were written, in ${ms.toFixed(0)} ms`)
} catch (error) {
  console.error(`clone: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
