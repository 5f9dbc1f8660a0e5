import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { appendFileSync, chmodSync, chownSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import { encodeOwners, type Keying, type ShardMap, type ShardsFile, SLOTS } from '../../core/shard-map.js'
import { type PostgresBinaries, postgresBinaries } from '../../nodes/api/testing/postgres-binaries.js'
import { ROLES_SQL } from '../../parts/postgres/config.js'
import type { Endpoint } from '../../replication/session.js'
import { shardSeedSql, shardSql } from '../../topologies/shard-sql.js'

/** Who runs the servers when the tests are root's: PostgreSQL refuses to be root. */
const NOBODY = 65_534
const PASSWORD = 'a-password-of-tests'

/** A killed process loses nothing that it wrote, so the disk need not be waited for. */
const CONFIG = `listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 32MB
max_connections = 100
fsync = off
wal_init_zero = off
wal_recycle = off
min_wal_size = 32MB
jit = off
log_min_messages = warning
`
const HBA = `host all ${DATABASE_ROLES.admin} 127.0.0.1/32 trust
host all ${DATABASE_ROLES.app} 127.0.0.1/32 scram-sha-256
`

export interface ShardsRequest {
  shards: number
  /** Users of all shards together; each has an order. */
  rows: number
  /** Further shards that run and have nothing; their ids go on where those of the map end. */
  spare?: number
  keying?: Keying
  /** Name in the map. */
  scheme?: string
  /** Index of the shard of each slot; slot modulo shards without. */
  owners?: Uint8Array
  /** Further lines of postgresql.conf. */
  config?: string
}

/** Real PostgreSQL servers as shards, without an engine. Their ids are shard-1, shard-2, ... */
export interface TestShards {
  /** Version 1, with the addresses as they are; spare shards are not in it. */
  map: ShardMap
  /** Of every server, spare ones too. */
  shards: { id: string; address: string }[]
  /** What an API instance over them is told. */
  file: ShardsFile
  /** As the superuser. */
  endpoint(id: string): Endpoint
  /** Runs one statement as the superuser, on a connection of its own. */
  query<Row = Record<string, unknown>>(id: string, sql: string, values?: unknown[]): Promise<Row[]>
  /** To the server and all its sessions, as pausing or killing a container does. SIGKILL returns when it has ended. */
  signal(id: string, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
  running(id: string): boolean
  /** Starts it again on the port that it had; kills it first if it runs. Returns when it answers. */
  restart(id: string): Promise<void>
  log(id: string): string
  /** Ends every server and removes its data. */
  stop(): Promise<void>
}

/** Starts shards with EcoMarket's rows. @throws Error with the log of a server that does not start */
export async function startShards(request: ShardsRequest): Promise<TestShards> {
  const count = request.shards + (request.spare ?? 0)
  const folder = newFolder('scalelab-shards-')
  const { programs, data } = await takeTemplate()
  const ports = await freePorts(count)
  const shards = ports.map((port, index) => ({ id: `shard-${index + 1}`, address: `127.0.0.1:${port}` }))
  const map: ShardMap = {
    version: 1,
    scheme: request.scheme ?? 'modulo',
    keying: request.keying ?? 'hash',
    span: request.rows,
    shards: shards.slice(0, request.shards),
    owners: encodeOwners(request.owners ?? Uint8Array.from({ length: SLOTS }, (_, slot) => slot % request.shards)),
  }
  const servers = new Map(
    shards.map(({ id }, index) => [id, new Server(programs, join(folder, id), ports[index] ?? 0)]),
  )
  const server = (id: string): Server => {
    const found = servers.get(id)
    if (found === undefined) throw new Error(`there is no ${id}`)
    return found
  }
  const stop = async (): Promise<void> => {
    await Promise.all([...servers.values()].map((each) => each.kill()))
    await rm(folder, { recursive: true, force: true })
    await leaveTemplate()
  }
  try {
    await Promise.all(
      shards.map(async ({ id }) => {
        execFileSync('cp', ['-R', data, join(folder, id)], { ...SERVER_USER })
        appendFileSync(join(folder, id, 'postgresql.conf'), `${request.config ?? ''}\n`)
        await server(id).start()
        await runSql(server(id).port, DATABASE_NAME, statementsOf(shardSeedSql(id, map, request.rows)))
      }),
    )
  } catch (error) {
    await stop()
    throw error
  }
  return {
    map,
    shards,
    file: {
      database: DATABASE_NAME,
      user: DATABASE_ROLES.app,
      password: PASSWORD,
      seeds: map.shards,
      pool: 10,
      query_ms: 0,
    },
    endpoint: (id) => ({
      id,
      host: '127.0.0.1',
      port: server(id).port,
      user: DATABASE_ROLES.admin,
      password: '',
      database: DATABASE_NAME,
    }),
    query: async <Row>(id: string, sql: string, values: unknown[] = []) =>
      (await ask(server(id).port, DATABASE_NAME, (client) => client.query(sql, values))).rows as Row[],
    signal: (id, name) => (name === 'SIGKILL' ? server(id).kill() : server(id).signal(name)),
    running: (id) => server(id).running,
    async restart(id) {
      await server(id).kill()
      await server(id).start()
    },
    log: (id) => server(id).log,
    stop,
  }
}

const SERVER_USER = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}

/** A cluster with the tables of a shard, copied for every shard; gone with the last shards that began from it. */
interface Template {
  folder: string
  programs: PostgresBinaries
  data: string
}
let template: Promise<Template> | undefined
let users = 0

function takeTemplate(): Promise<Template> {
  users += 1
  template ??= makeTemplate()
  return template
}

async function leaveTemplate(): Promise<void> {
  users -= 1
  if (users > 0 || template === undefined) return
  const { folder } = await template
  template = undefined
  await rm(folder, { recursive: true, force: true })
}

async function makeTemplate(): Promise<Template> {
  const folder = newFolder('scalelab-shard-template-')
  const programs = postgresBinaries(folder)
  const data = join(folder, 'data')
  const options = ['-U', DATABASE_ROLES.admin, '-E', 'UTF8', '--locale=C', '--auth=trust', '--wal-segsize=1']
  execFileSync(join(programs.bin, 'initdb'), ['-D', data, ...options, '--no-sync', '--no-instructions'], {
    env: programs.env,
    ...SERVER_USER,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  appendFileSync(join(data, 'postgresql.conf'), CONFIG)
  writeFileSync(join(data, 'pg_hba.conf'), HBA)
  const [port = 0] = await freePorts(1)
  const server = new Server(programs, data, port)
  try {
    await server.start()
    await runSql(port, 'postgres', statementsOf(ROLES_SQL.replaceAll(/\{\{secret \w+\}\}/g, PASSWORD)))
    await runSql(port, DATABASE_NAME, statementsOf(shardSql()))
    await server.end()
  } catch (error) {
    await server.kill()
    throw error
  }
  return { folder, programs, data }
}

/** One server: its data outlives its processes. */
class Server {
  log = ''
  private child: ChildProcess | undefined

  constructor(
    private readonly programs: PostgresBinaries,
    private readonly data: string,
    readonly port: number,
  ) {}

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null
  }

  async start(): Promise<void> {
    const child = spawn(join(this.programs.bin, 'postgres'), ['-D', this.data, '-p', String(this.port)], {
      env: this.programs.env,
      ...SERVER_USER,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.child = child
    child.stderr.on('data', (chunk) => {
      this.log += chunk
    })
    for (const limit = performance.now() + 20_000; ; await sleep(10)) {
      try {
        await runSql(this.port, 'postgres', ['SELECT 1'])
        return
      } catch {
        if (!this.running || performance.now() > limit) throw new Error(`a shard did not start:\n${this.log}`)
      }
    }
  }

  /** The server first, so that it starts no more sessions; each of them is a process group of its own. */
  async signal(name: NodeJS.Signals): Promise<void> {
    const pid = this.child?.pid
    if (!this.running || pid === undefined) return
    process.kill(pid, name === 'SIGKILL' ? 'SIGSTOP' : name)
    for (const session of childrenOf(pid)) {
      try {
        process.kill(session, name)
      } catch {
        // it has ended by itself
      }
    }
    if (name === 'SIGKILL') process.kill(pid, name)
  }

  async kill(): Promise<void> {
    const gone = this.gone()
    await this.signal('SIGKILL')
    await gone
  }

  /** In order, so that its data can be copied. */
  async end(): Promise<void> {
    const gone = this.gone()
    this.child?.kill('SIGINT')
    await gone
  }

  private async gone(): Promise<void> {
    if (this.running) await new Promise((resolve) => this.child?.once('close', resolve))
  }
}

function childrenOf(pid: number): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []))
}

function newFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(folder, 0o755)
  if (SERVER_USER.uid !== undefined) chownSync(folder, SERVER_USER.uid, SERVER_USER.gid)
  return folder
}

function statementsOf(sql: string): string[] {
  return sql.split(/;\n(?:\n|$)/).filter((statement) => statement.trim() !== '')
}

/** Runs statements one after another, as the superuser. */
async function runSql(port: number, database: string, statements: readonly string[]): Promise<void> {
  await ask(port, database, async (client) => {
    for (const statement of statements) await client.query(statement)
  })
}

async function ask<Answer>(port: number, database: string, question: (client: Client) => Promise<Answer>) {
  const client = new Client({ host: '127.0.0.1', port, user: DATABASE_ROLES.admin, database })
  client.on('error', () => {})
  await client.connect()
  try {
    return await question(client)
  } finally {
    await client.end()
  }
}

/** Where no outgoing connection and no stack takes its ports from: one that is free now stays free until a server has it. */
const PORTS = { first: 10_000, count: 10_000 }

async function freePorts(count: number): Promise<number[]> {
  const free = new Set<number>()
  while (free.size < count) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count)
    if (!free.has(port) && (await isFree(port))) free.add(port)
  }
  return [...free]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const holder = createServer()
    holder.once('error', () => resolve(false))
    holder.listen(port, '127.0.0.1', () => holder.close(() => resolve(true)))
  })
}
