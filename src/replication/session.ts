import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import pg from 'pg'
import { clientSettings, type DatabaseLogin } from '../core/database-login.js'

/** Where a PostgreSQL server is reached from here, and as whom. */
export interface Endpoint extends Pick<DatabaseLogin, 'host' | 'port' | 'user' | 'password' | 'database'> {
  /** The node's id. */
  id: string
}

/** The answer did not come in time; the connection is given up, because its next answer would be this one's. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
}

/** The server spoke, and no session came of it: it wants a login, or a TLS, that this client does not have. */
export class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood'
}

/**
 * One connection to a server that may die, freeze and come back: made when it is needed, given up at the first doubt,
 * and made anew at the next question. Questions must be asked one after the other.
 */
export class Session {
  /** `lost`: the connection that was there is gone, though nobody closed it here. */
  readonly events = new EventEmitter<{ lost: [] }>()
  private client: pg.Client | undefined

  constructor(
    readonly endpoint: Endpoint,
    /** Shown in pg_stat_activity. */
    private readonly applicationName: string,
  ) {}

  get connected(): boolean {
    return this.client !== undefined
  }

  /**
   * Asks, connecting first if need be.
   * @param timeoutMs for connecting and answer together
   * @throws Unanswered, NotUnderstood, or the error of the connection or of the server (pg.DatabaseError,
   * with its SQLSTATE in `code`); `noAnswerOf` tells what it says of the server
   */
  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[], timeoutMs: number): Promise<Row[]> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        // What has arrived while this process was busy is read first: our own delay is not the server's.
        setImmediate(() => {
          reject(new Unanswered(`${this.endpoint.id} gave no answer within ${timeoutMs} ms`))
          this.drop()
        })
      }, timeoutMs)
    })
    late.catch(() => {})
    try {
      const client = this.client ?? (await Promise.race([this.connect(), late]))
      return (await Promise.race([client.query<Row>(sql, values), late])).rows
    } catch (error) {
      // An error that the server told leaves the connection in order.
      if (!(error instanceof pg.DatabaseError) || error.severity === 'FATAL') this.drop()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends the connection; the next question makes another. */
  close(): void {
    this.drop()
  }

  private async connect(): Promise<pg.Client> {
    const { id, ...login } = this.endpoint
    const client = new pg.Client(clientSettings({ ...login, application: this.applicationName }))
    const gone = (): void => {
      if (this.client !== client) return
      this.client = undefined
      this.events.emit('lost')
    }
    // After an error 'end' follows; without a listener an error would end the process.
    client.on('error', gone)
    client.on('end', gone)
    this.connecting = client
    try {
      await client.connect()
    } catch (error) {
      const typed = connectError(error, client)
      destroy(client)
      throw typed
    }
    if (this.connecting !== client) {
      destroy(client)
      throw new Unanswered(`${this.endpoint.id} was given up while connecting`)
    }
    this.connecting = undefined
    this.client = client
    return client
  }

  private connecting: pg.Client | undefined

  private drop(): void {
    for (const client of [this.client, this.connecting]) if (client !== undefined) destroy(client)
    this.client = undefined
    this.connecting = undefined
  }
}

/** Ends a connection without waiting for a server that may be frozen. */
function destroy(client: pg.Client): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
  connection.stream.destroy()
}

/**
 * What kept a connection from being made: an error that comes from neither the server nor a system, while the server's end
 * is still open, is what pg thinks of what the server said.
 */
function connectError(error: unknown, client: pg.Client): unknown {
  if (!(error instanceof Error) || error instanceof pg.DatabaseError || 'code' in error) return error
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  const spoke = stream.bytesRead > 0 && !stream.destroyed && !stream.readableEnded
  return spoke ? new NotUnderstood(error.message, { cause: error }) : error
}
