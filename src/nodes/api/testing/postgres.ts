import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { appendFileSync, chmodSync, chownSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { DATABASE_NAME, DATABASE_ROLES, type DatabasesFile } from '../../../core/databases-file.js'
import { ROLES_SQL } from '../../../parts/postgres/config.js'
import { ecomarketSql } from '../../../topologies/ecomarket-sql.js'
import { postgresBinaries } from './postgres-binaries.js'

/** Who runs the servers when the tests are root's: PostgreSQL refuses to be root. */
const NOBODY = 65_534
const PASSWORD = 'a-password-of-tests'

const CONFIG = `listen_addresses = '127.0.0.1'
unix_socket_directories = ''
wal_retrieve_retry_interval = 50ms
wal_receiver_status_interval = 1s
shared_buffers = 32MB
jit = off
log_min_messages = warning
`
const HBA = `host all ${DATABASE_ROLES.admin} 127.0.0.1/32 trust
host replication ${DATABASE_ROLES.replication} 127.0.0.1/32 trust
host all ${DATABASE_ROLES.app} 127.0.0.1/32 scram-sha-256
`

/** One server of a test. */
export interface TestServer {
  id: string
  address: string
  /** Runs one statement as the superuser. */
  query(statement: string): Promise<Record<string, unknown>[]>
  /** To the server and all its sessions, as pausing or killing a container does. */
  signal(name: NodeJS.Signals): void
  log(): string
}

export interface TestCluster {
  primary: TestServer
  standbys: TestServer[]
  /** What an API over these servers is told. */
  file: DatabasesFile
  /** Ends every server and removes its data. */
  stop(): Promise<void>
}

/**
 * Starts a primary with EcoMarket's tables and standbys that stream from it, under the ids they have in a stack.
 * @param config further lines of postgresql.conf, for all of them
 */
export async function startPostgres(rows: number, standbys: number, config = ''): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'scalelab-postgres-'))
  chmodSync(folder, 0o755)
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
  const { bin, env } = postgresBinaries(folder)
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { env, ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })

  const ids = ['primary', ...Array.from({ length: standbys }, (_, i) => `standby-${i + 1}`)]
  const ports = await freePorts(ids.length)
  const children: ChildProcess[] = []
  const end = async (child: ChildProcess, signal: NodeJS.Signals) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('close', resolve))
    if (signal === 'SIGKILL') signalAll(child.pid, signal)
    else process.kill(child.pid, signal)
    await ended
  }

  const start = async (index: number, ...settings: string[]): Promise<TestServer & { child: ChildProcess }> => {
    const id = ids[index] ?? ''
    const port = ports[index] ?? 0
    const args = ['-D', join(folder, id), '-p', String(port), ...settings]
    const child = spawn(join(bin, 'postgres'), args, {
      env,
      ...user,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    children.push(child)
    let log = ''
    child.stderr.on('data', (chunk) => {
      log += chunk
    })
    await untilReady(
      port,
      () => child.exitCode !== null,
      () => `${id} did not start:\n${log}`,
    )
    return {
      id,
      child,
      address: `127.0.0.1:${port}`,
      query: async (statement) => (await runSql(port, DATABASE_NAME, [statement]))[0] ?? [],
      signal(name) {
        if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) signalAll(child.pid, name)
      },
      log: () => log,
    }
  }

  const stop = async () => {
    await Promise.all(children.map((child) => end(child, 'SIGKILL')))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const data = join(folder, 'primary')
    run(
      join(bin, 'initdb'),
      '-D',
      data,
      '-U',
      DATABASE_ROLES.admin,
      '-E',
      'UTF8',
      '--locale=C',
      '--auth=trust',
      '--no-sync',
    )
    appendFileSync(join(data, 'postgresql.conf'), `${CONFIG}${config}\n`)
    writeFileSync(join(data, 'pg_hba.conf'), HBA)
    // no commit waits for standbys that are not there yet
    const first = await start(0, '-c', 'synchronous_standby_names=')
    const port = ports[0] ?? 0
    await runSql(port, 'postgres', statementsOf(ROLES_SQL.replaceAll(/\{\{secret \w+\}\}/g, PASSWORD)))
    await runSql(port, DATABASE_NAME, statementsOf(ecomarketSql(rows)))
    await end(first.child, 'SIGINT')
    for (const id of ids.slice(1)) {
      run('cp', '-R', data, join(folder, id))
      writeFileSync(join(folder, id, 'standby.signal'), '')
      const conninfo = `host=127.0.0.1 port=${port} user=${DATABASE_ROLES.replication} application_name=${id}`
      appendFileSync(join(folder, id, 'postgresql.conf'), `primary_conninfo = '${conninfo}'\n`)
    }
    const [primary, ...others] = await Promise.all(ids.map((_, index) => start(index)))
    if (primary === undefined) throw new Error('no primary')
    const nodes = ids.map((id, index) => ({ id, address: `127.0.0.1:${ports[index]}` }))
    const login = { database: DATABASE_NAME, user: DATABASE_ROLES.app, password: PASSWORD }
    return { primary, standbys: others, file: { ...login, nodes, reads: 'standbys', pool: 10, query_ms: 0 }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The server first, so that it starts no more sessions; each of them is a process group of its own. */
function signalAll(pid: number, signal: NodeJS.Signals): void {
  process.kill(pid, signal === 'SIGKILL' ? 'SIGSTOP' : signal)
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  for (const line of processes) {
    const [child, parent] = line.trim().split(/\s+/).map(Number)
    if (parent !== pid || child === undefined) continue
    try {
      process.kill(child, signal)
    } catch {
      // it has ended by itself
    }
  }
  if (signal === 'SIGKILL') process.kill(pid, signal)
}

function statementsOf(sql: string): string[] {
  return sql.split(/;\n(?:\n|$)/).filter((statement) => statement.trim() !== '')
}

/** Runs statements one after another on one connection, as the superuser; returns the rows of each. */
async function runSql(port: number, database: string, statements: string[]): Promise<Record<string, unknown>[][]> {
  const client = new Client({ host: '127.0.0.1', port, user: DATABASE_ROLES.admin, database })
  client.on('error', () => {})
  await client.connect()
  try {
    const answers: Record<string, unknown>[][] = []
    for (const statement of statements) answers.push((await client.query(statement)).rows)
    return answers
  } finally {
    await client.end()
  }
}

async function untilReady(port: number, ended: () => boolean, failure: () => string): Promise<void> {
  for (const limit = performance.now() + 20_000; ; await sleep(20)) {
    try {
      await runSql(port, 'postgres', ['SELECT 1'])
      return
    } catch {
      if (ended() || performance.now() > limit) throw new Error(failure())
    }
  }
}

/** Held open together, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const holders = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(holders.map((holder) => new Promise((resolve) => holder.once('listening', resolve))))
  const ports = holders.map((holder) => (holder.address() as { port: number }).port)
  await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))))
  return ports
}
