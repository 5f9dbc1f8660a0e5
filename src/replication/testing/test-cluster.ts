import { Client } from 'pg'
import { expect, vi } from 'vitest'
import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import type { DrillEventName } from '../../core/trial.js'
import type { Stack } from '../../engines/port.js'
import { findServer, isLack } from '../../engines/process/server-programs.js'
import { ask, bundleClone, databaseTopology } from '../../engines/process/testing/database-stack.js'
import { type TestMachine, testMachine, testSecret, upRequest } from '../../engines/process/testing/test-machine.js'
import type { LabContext } from '../../lab/context.js'
import { controlOf } from '../../lab/stack/databases.js'
import { postgres } from '../../parts/postgres/postgres.js'
import { Cluster, primaryOf } from '../cluster.js'
import type { FailoverOptions } from '../failover.js'
import type { NodeControl } from '../port.js'
import type { ServerState } from '../server.js'

/** A primary and two standbys as processes, with what replication may do to them. */
export interface TestCluster {
  machine: TestMachine
  stack: Stack
  control: NodeControl
  /** Options of a failover or a healing that remember their events as "promoted standby-1". */
  options(): FailoverOptions & { events: string[] }
  states(): Promise<ServerState[]>
  /** Fails unless one server is the primary and all others stream from it. @returns its id */
  oneStreamingPrimary(): Promise<string>
  /** The primary, the others. */
  roles(): Promise<{ primary: string; standbys: string[] }>
  sql(node: string, statement: string): Promise<unknown[][]>
  /** Ends the connections of frozen standbys, so that nothing that is written from now on waits there for them. */
  cutOff(primary: string, frozen: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Why there can be no such cluster here, or undefined. */
export async function clusterMissing(): Promise<string | undefined> {
  const machine = await testMachine()
  const found = await findServer(postgres.program, {
    serverBin: undefined,
    path: process.env.PATH ?? '',
    cache: machine.servers.cache,
  })
  await machine.cleanup()
  return isLack(found) && process.env.SCALELAB_REQUIRE !== '1' ? found.reason : undefined
}

export async function startCluster(name: string): Promise<TestCluster> {
  const machine = await testMachine()
  await bundleClone(machine.nodesDir)
  const stack = await machine
    .engine()
    .up(upRequest(name, databaseTopology(2)))
    .catch(async (error: unknown) => {
      await machine.cleanup()
      throw error
    })
  // The very operations that the commands use; of the lab they need the passwords alone.
  const control = controlOf({ secret: async (role: string) => testSecret(role) } as unknown as LabContext, stack)
  const states = async (): Promise<ServerState[]> => {
    const cluster = new Cluster(await control.members())
    return cluster.states(() => true, 5_000).finally(() => cluster.close())
  }
  const roles: TestCluster['roles'] = async () => {
    const members = await control.members()
    const primary = primaryOf(await states())?.id ?? ''
    return { primary, standbys: members.map(({ id }) => id).filter((id) => id !== primary) }
  }
  const sql = (node: string, statement: string): Promise<unknown[][]> => ask(stack, node, statement)
  const oneStreamingPrimary = async (): Promise<string> => {
    const all = await states()
    const primaries = all.filter(({ recovery }) => !recovery).map(({ id }) => id)
    expect(primaries).toHaveLength(1)
    expect(all).toHaveLength(3)
    const [primary = ''] = primaries
    const others = all.map(({ id }) => id).filter((id) => id !== primary)
    const streaming = (): Promise<unknown[]> =>
      sql(primary, `SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'`).then((rows) =>
        rows.flat().toSorted(),
      )
    await vi.waitFor(async () => expect(await streaming()).toEqual(others.toSorted()), {
      timeout: 10_000,
      interval: 20,
    })
    expect(new Set((await states()).map(({ timeline }) => timeline)).size).toBe(1)
    return primary
  }
  const cluster: TestCluster = {
    machine,
    stack,
    control,
    states,
    roles,
    sql,
    oneStreamingPrimary,
    options() {
      const events: string[] = []
      const onEvent = (event: DrillEventName, node: string | null): void => void events.push(`${event} ${node}`)
      return { control, onEvent, events, signal: new AbortController().signal }
    },
    async cutOff(primary, frozen) {
      const those = `FROM pg_stat_replication WHERE application_name IN (${frozen.map((id) => `'${id}'`).join()})`
      await sql(primary, `SELECT pg_terminate_backend(pid) ${those}`)
      const senders = (): Promise<unknown[][]> => sql(primary, `SELECT pid ${those}`)
      await vi.waitFor(async () => expect(await senders()).toEqual([]), { timeout: 10_000, interval: 20 })
    },
    async close() {
      await stack.down()
      const left = await machine.leftovers(name)
      await machine.cleanup()
      expect(left).toEqual([])
    },
  }
  try {
    await vi.waitFor(async () => expect(await states()).toHaveLength(3), { timeout: 20_000, interval: 50 })
    await oneStreamingPrimary()
    return cluster
  } catch (error) {
    await machine.cleanup()
    throw error
  }
}

/** A write that is known by its key, as the API makes them. */
export function note(key: string): string {
  return `INSERT INTO requests (request_key, kind, status) VALUES ('${key}', 'test', 200)`
}

/** Tries to write to a server again and again on connections of its own, and keeps what was acknowledged. */
export class Writer {
  /** Moments of acknowledgement and the keys, oldest first. */
  readonly acknowledged: { at: number; key: string }[] = []
  tried = 0
  private ended = false
  private readonly writing: Promise<void>

  constructor(
    readonly node: string,
    private readonly address: { host: string; port: number },
  ) {
    this.writing = this.write()
  }

  async end(): Promise<void> {
    this.ended = true
    await this.writing
  }

  private async write(): Promise<void> {
    while (!this.ended) {
      this.tried += 1
      const key = `${this.node}-${this.tried}`
      const client = new Client({
        ...this.address,
        user: DATABASE_ROLES.admin,
        password: testSecret(DATABASE_ROLES.admin),
        database: DATABASE_NAME,
        connectionTimeoutMillis: 300,
        query_timeout: 300,
      })
      client.on('error', () => undefined)
      try {
        await client.connect()
        for (; !this.ended; this.tried += 1) {
          await client.query(note(`${key}-${this.tried}`))
          this.acknowledged.push({ at: performance.now(), key: `${key}-${this.tried}` })
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      void client.end().catch(() => undefined)
    }
  }
}
