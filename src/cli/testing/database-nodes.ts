import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import { secrets } from '../../store/secret.js'
import type { CommandLine } from './command-line.js'

/** A row of `scalelab ps --json`. */
export interface NodeRow {
  id: string
  role: string
  state: string
  url: string | null
  database?: {
    role: string
    timeline: number | null
    streaming: string | null
    fenced: boolean
    refusal: string | null
  }
}

/** The nodes of the one stack that runs, and what is done to them behind the back of the commands. */
export class Nodes {
  constructor(private readonly cli: CommandLine) {}

  rows(): Promise<NodeRow[]> {
    return this.cli.json<NodeRow[]>('ps', '--json')
  }

  async states(): Promise<Record<string, string>> {
    return Object.fromEntries((await this.rows()).map(({ id, state }) => [id, state]))
  }

  /** What the databases are at the moment: "primary", "standby", ... by node. */
  async roles(): Promise<Record<string, string | undefined>> {
    return Object.fromEntries((await this.databases()).map(({ id, database }) => [id, database?.role]))
  }

  async primary(): Promise<string> {
    const [row] = (await this.databases()).filter(({ database }) => database?.role === 'primary')
    if (row === undefined) throw new Error('there is no primary')
    return row.id
  }

  /** Sends a signal to the server of a node and all its sessions. */
  async signal(node: string, name: NodeJS.Signals): Promise<void> {
    const pid = (await this.pids())[node]
    if (pid === undefined) throw new Error(`${node} does not run`)
    const sessions = processIds().filter((child) => parentOf(child) === pid)
    for (const target of [pid, ...sessions]) {
      try {
        process.kill(target, name)
      } catch {
        // A session that has ended meanwhile.
      }
    }
  }

  /** The processes that the nodes were started as; those that do not run are missing. */
  async pids(): Promise<Record<string, number>> {
    const rows = [...(await this.cli.ok('ps')).matchAll(/^(\S+) .*pid (\d+)/gm)]
    return Object.fromEntries(rows.map(([, id, pid]) => [id, Number(pid)]))
  }

  /** One statement at a node, as the superuser; its rows as arrays. */
  async sql(node: string, statement: string): Promise<unknown[][]> {
    const url = new URL((await this.rows()).find(({ id }) => id === node)?.url ?? '')
    const client = new Client({
      host: url.hostname,
      port: Number(url.port),
      user: DATABASE_ROLES.admin,
      password: this.password(DATABASE_ROLES.admin),
      database: DATABASE_NAME,
    })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return (await client.query({ text: statement, rowMode: 'array' })).rows
    } finally {
      await client.end()
    }
  }

  password(role: string): string {
    return secrets(join(this.cli.folder, 'state'))(role)
  }

  get passwords(): string[] {
    return Object.values(DATABASE_ROLES).map((role) => this.password(role))
  }

  private async databases(): Promise<NodeRow[]> {
    return (await this.rows()).filter(({ role }) => role === 'database')
  }
}

/** Processes of this machine at this moment. */
export function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** Command line and environment of a process, as root and its own user see them; empty when it is gone. */
export function textOf(pid: number): string {
  return ['cmdline', 'environ'].map((file) => readProc(pid, file)).join('\0')
}

/** State letter of a process; empty when it is gone. */
export function stateOf(pid: number): string {
  return statOf(pid)[0] ?? ''
}

function parentOf(pid: number): number {
  return Number(statOf(pid)[1])
}

/** What /proc/<pid>/stat says after the name, which may hold anything: state, parent, ... */
function statOf(pid: number): string[] {
  const stat = readProc(pid, 'stat')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
