import { type ShardMap, SLOT_STATES, type SlotState } from '../core/shard-map.js'
import { type Endpoint, Session } from '../replication/session.js'

/** How long a shard may take to answer an ordinary question, in milliseconds. */
const ANSWER_MS = 5_000

/** Sessions that move rows have this name on the servers: whoever takes over ends those that are left. */
export const MOVER_NAME = 'scalelab-mover'

/** How long a change of slots waits for those who write there, in milliseconds; new writers wait behind it. */
const LOCK_TIMEOUT_MS = 500

/**
 * Rows as text must be the same on all shards. Tables that grow from nothing within seconds have no statistics: a nested
 * loop over slots that were thought to be few once took minutes.
 */
const SETTINGS = { TimeZone: 'UTC', jit: 'off', enable_nestloop: 'off' }

/**
 * What moves rows writes what others must not: the triggers stay silent. The few rows of a batch are found by their slots.
 */
const MOVER_SETTINGS = {
  ...SETTINGS,
  session_replication_role: 'replica',
  lock_timeout: `${LOCK_TIMEOUT_MS}`,
  enable_seqscan: 'off',
}

/** A shard does not answer: it is stopped, frozen, starting, or its connection broke. What was asked may have been done. */
export class ShardAway extends Error {
  override readonly name = 'ShardAway'

  constructor(
    readonly shard: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`${shard} does not answer: ${reason}`, cause === undefined ? undefined : { cause })
  }
}

/** Where one shard stands. */
export interface ShardState {
  map: ShardMap
  /** Slots by state. */
  slots: Record<SlotState, number[]>
}

/** One shard, asked and told over SQL. Questions must be asked one after the other. */
export class Shard {
  private readonly session: Session

  /** @param purpose look: ask only; move: as the one who moves rows, past the triggers */
  constructor(
    readonly endpoint: Endpoint,
    private readonly purpose: 'look' | 'move' = 'look',
  ) {
    this.session = new Session(endpoint, purpose === 'move' ? MOVER_NAME : 'scalelab')
  }

  get id(): string {
    return this.endpoint.id
  }

  /** @throws ShardAway, or what the server said against the statement (with its SQLSTATE in `code`) */
  async ask<Row extends Record<string, unknown>>(
    sql: string,
    values: unknown[] = [],
    timeoutMs = ANSWER_MS,
  ): Promise<Row[]> {
    try {
      if (!this.session.connected) {
        const settings = Object.entries(this.purpose === 'move' ? MOVER_SETTINGS : SETTINGS)
        const all = settings.map(([name, value]) => `set_config('${name}', '${value}', false)`).join(', ')
        await this.session.query(`SELECT ${all}`, [], timeoutMs)
      }
      return await this.session.query<Row>(sql, values, timeoutMs)
    } catch (error) {
      if (refused(error)) throw error
      throw new ShardAway(this.id, error instanceof Error ? error.message : String(error), error)
    }
  }

  /** The same where the answer is one row. */
  async one<Row extends Record<string, unknown>>(
    sql: string,
    values: unknown[] = [],
    timeoutMs = ANSWER_MS,
  ): Promise<Row> {
    const [row] = await this.ask<Row>(sql, values, timeoutMs)
    if (row === undefined) throw new Error(`${this.id} answered with no row`)
    return row
  }

  /** The map as this shard knows it. */
  async map(timeoutMs = ANSWER_MS): Promise<ShardMap> {
    return (await this.one<{ body: ShardMap }>('SELECT body FROM shard_map', [], timeoutMs)).body
  }

  async state(timeoutMs = ANSWER_MS): Promise<ShardState> {
    const map = await this.map(timeoutMs)
    const rows = await this.ask<{ state: SlotState; slots: number[] }>(
      'SELECT state, array_agg(slot::integer ORDER BY slot) AS slots FROM slots GROUP BY state',
      [],
      timeoutMs,
    )
    const slots = Object.fromEntries(SLOT_STATES.map((state) => [state, [] as number[]])) as ShardState['slots']
    for (const row of rows) slots[row.state] = row.slots
    return { map, slots }
  }

  /** Hands it a newer map; it keeps the one it has if that is not older. */
  async learn(map: ShardMap): Promise<void> {
    await this.ask('UPDATE shard_map SET version = $1, body = $2 WHERE version < $1', [
      map.version,
      JSON.stringify(map),
    ])
  }

  close(): void {
    this.session.close()
  }
}

/** Whether the server answered, and said no; all else leaves open what was done. */
function refused(error: unknown): boolean {
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  // A SQLSTATE, unlike the codes of Node's errors, has five characters; FATAL ends the connection. 57P: being shut down,
  // crashed or starting; 53300: no connection is free.
  return (
    typeof code === 'string' &&
    /^[0-9A-Z]{5}$/.test(code) &&
    severity === 'ERROR' &&
    !code.startsWith('57P') &&
    code !== '53300'
  )
}

/** Whether a statement gave way to those who write: it can be asked again. */
export function gaveWay(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  // lock_not_available, deadlock_detected
  return code === '55P03' || code === '40P01'
}
