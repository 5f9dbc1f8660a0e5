import type { Statement, Value } from '../database/connection.js'
import { DOWN_PATIENCE, Unserved, waitOf } from './key-requests.js'
import type { Router } from './router.js'
import { ShardDown } from './shard.js'

/** A row that a shard found. */
export interface FoundRow {
  key: string
  json: string
  shard: string
}

export interface Gathered {
  /** In the order of the shards. */
  rows: FoundRow[]
  /** Who was asked. */
  shards: string[]
}

interface Part {
  shard: string
  version: number
  rows: FoundRow[]
}

/**
 * Asks all shards the same. What they say together is right if all have said it by the same version of the map: then
 * every slot was served by one of them. (A switch raises the version together with the slots' states on either shard.)
 * Else they are asked again.
 */
export class Gatherer {
  readonly #router: Router
  readonly #patienceMs: number

  constructor(router: Router, patienceMs: number) {
    this.#router = router
    this.#patienceMs = patienceMs
  }

  /**
   * @param statement of GATHERED_READS
   * @param one whether a single row is looked for: then it is the answer whatever the versions are
   * @throws Unserved, Overloaded
   */
  async gather(statement: Statement, values: Value[], one = false): Promise<Gathered> {
    const deadline = performance.now() + this.#patienceMs
    let downSince: number | undefined
    let reason = 'no shard map is known'
    for (let attempts = 0; ; attempts++) {
      const { version, shards } = this.#router
      const asked = shards.map(({ id }) => id)
      const parts: Part[] = []
      const down: ShardDown[] = []
      await Promise.all(
        shards.map(async (shard) => {
          try {
            parts.push(partOf(shard.id, await shard.read({ statement, values }, deadline)))
          } catch (error) {
            if (!(error instanceof ShardDown)) throw error
            down.push(error)
          }
        }),
      )
      const rows = parts.flatMap((part) => part.rows)
      if (one && rows.length > 0) return { rows, shards: rows.map(({ shard }) => shard) }
      if (version > 0 && parts.length === asked.length && parts.every((part) => part.version === version)) {
        return { rows, shards: asked }
      }
      if (down.length > 0) reason = down.map(({ message }) => message).join('; ')
      else if (version > 0) reason = 'the shards do not answer by the same map'
      const now = performance.now()
      downSince = down.length === 0 ? undefined : (downSince ?? now)
      if (now >= deadline || now - (downSince ?? now) >= DOWN_PATIENCE) throw new Unserved(reason, undefined)
      this.#router.learn(String(Math.max(0, ...parts.map((part) => part.version))))
      await this.#router.news(waitOf(attempts))
    }
  }
}

function partOf(shard: string, rows: readonly (readonly (string | null)[])[]): Part {
  return {
    shard,
    version: Number(rows[0]?.[0] ?? 0),
    rows: rows.flatMap(([, key, json]) => (key == null || json == null ? [] : [{ key, json, shard }])),
  }
}

/**
 * The first rows of all, as the text of a JSON array. Keys are compared by code unit, as a database of locale C does;
 * no two are the same.
 */
export function merge(rows: readonly FoundRow[], order: 'ascending' | 'descending', limit: number): string {
  const sign = order === 'ascending' ? 1 : -1
  const sorted = [...rows].sort((a, b) => (a.key < b.key ? -sign : sign))
  return `[${sorted
    .slice(0, limit)
    .map(({ json }) => json)
    .join(',')}]`
}
