import { Client } from 'pg'
import { decodeOwners, encodeOwners, type ShardMap } from '../../../core/shard-map.js'
import type { TestShards } from '../../../sharding/testing/test-shards.js'
import { SHARDED_TABLES } from '../../../topologies/shard-sql.js'

/** Moves slots from shard to shard in the steps of a migration, so that a test can do things between them. */
export class SlotMover {
  /** The newest. */
  map: ShardMap
  readonly #clients: ReadonlyMap<string, Client>

  private constructor(map: ShardMap, clients: ReadonlyMap<string, Client>) {
    this.map = map
    this.#clients = clients
  }

  static async over(shards: TestShards): Promise<SlotMover> {
    const clients = shards.shards.map(({ id }) => [id, new Client({ ...shards.endpoint(id) })] as const)
    for (const [, client] of clients) {
      await client.connect()
      await client.query('SET session_replication_role = replica')
    }
    return new SlotMover(shards.map, new Map(clients))
  }

  async end(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.end()))
  }

  owner(slot: number): string {
    return this.map.shards[decodeOwners(this.map.owners)[slot] ?? 0]?.id ?? ''
  }

  /** @param between done when the source has let go of the slots and the target has not got them yet */
  async move(slots: readonly number[], from: string, to: string, between = async () => {}): Promise<void> {
    await this.run(to, `UPDATE slots SET state = 'arriving' WHERE slot = ANY($1)`, [slots])
    await this.run(from, `UPDATE slots SET state = 'leaving' WHERE slot = ANY($1)`, [slots])
    await this.#copy(slots, from, to)
    await this.hold(slots, from, 5_000)
    await this.#copy(slots, from, to)
    await this.let(slots, from, to)
    await between()
    await this.take(slots, to)
    await Promise.all(this.map.shards.map(({ id }) => this.#tell(id)))
    await this.run(from, 'DELETE FROM changes WHERE slot = ANY($1)', [slots])
    for (const table of SHARDED_TABLES) await this.run(from, `DELETE FROM ${table} WHERE slot = ANY($1)`, [slots])
  }

  async hold(slots: readonly number[], from: string, ms: number): Promise<void> {
    const until = `clock_timestamp() + $2 * interval '1 ms'`
    await this.run(from, `UPDATE slots SET state = 'held', held_until = ${until} WHERE slot = ANY($1)`, [slots, ms])
  }

  /** The source's half of the switch. */
  async let(slots: readonly number[], from: string, to: string): Promise<void> {
    const owners = decodeOwners(this.map.owners)
    const target = this.map.shards.findIndex(({ id }) => id === to)
    for (const slot of slots) owners[slot] = target
    const map = { ...this.map, version: this.map.version + 1, owners: encodeOwners(owners) }
    await this.#switched(from, slots, 'away', map)
    this.map = map
  }

  /** The target's half. */
  async take(slots: readonly number[], to: string): Promise<void> {
    await this.#switched(to, slots, 'here', this.map)
  }

  async run(id: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = this.#clients.get(id)
    if (client === undefined) throw new Error(`there is no ${id}`)
    return (await client.query(sql, values)).rows
  }

  async #switched(id: string, slots: readonly number[], state: 'here' | 'away', map: ShardMap): Promise<void> {
    await this.run(id, 'BEGIN')
    await this.run(id, 'SELECT FROM slots WHERE slot = ANY($1) ORDER BY slot FOR UPDATE', [slots])
    await this.run(id, 'UPDATE slots SET state = $2, held_until = NULL WHERE slot = ANY($1)', [slots, state])
    await this.#tell(id, map)
    await this.run(id, 'COMMIT')
  }

  async #tell(id: string, map = this.map): Promise<void> {
    await this.run(id, 'UPDATE shard_map SET version = $1, body = $2 WHERE version < $1', [map.version, map])
  }

  /** What is there takes the place of what was copied before. */
  async #copy(slots: readonly number[], from: string, to: string): Promise<void> {
    for (const table of SHARDED_TABLES) {
      const [row] = await this.run(
        from,
        `SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') AS rows FROM ${table} AS t WHERE slot = ANY($1)`,
        [slots],
      )
      await this.run(to, `DELETE FROM ${table} WHERE slot = ANY($1)`, [slots])
      await this.run(to, `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [
        JSON.stringify(row?.rows),
      ])
    }
  }
}
