import { decodeOwners, type ShardMap, type ShardsFile } from '../../../core/shard-map.js'
import { slotOfKey } from '../../../strategies/sharding/keying.js'
import { ShardClient, ShardDown } from './shard.js'

/** Between two looks for a newer map that nobody asked for, in milliseconds: while none is known, and then. */
const SEARCHING = 50
const CALM = 1_000
/** Between two that were asked for without knowing of a newer map. */
const SPARING = 25
/** A shard that is in the map no longer is left after so long: what was sent to it may still be answered. */
const LINGER = 5_000

/** $1 the version that is known, or 0. */
const MAP = {
  name: 'map',
  text: 'SELECT version, CASE WHEN version > $1::bigint THEN body END FROM shard_map WHERE id = 1',
}

/** Where a key is, by the newest map that this instance knows. */
export interface Place {
  shard: ShardClient
  slot: number
}

/** A shard as `/health` shows it. */
export interface ShardHealth {
  id: string
  state: 'up' | 'down'
}

/**
 * Holds the newest shard map that any shard has told of, and never goes back to an older one. What it says may be out of
 * date at any time: the shard that is asked knows better, and then a newer map is looked for here.
 */
export class Router {
  readonly #file: ShardsFile
  readonly #application: string
  #map: ShardMap | undefined
  #owners: Uint8Array = new Uint8Array()
  /** In the order of the map; of the seeds while there is none. */
  #shards: ShardClient[]
  readonly #waiting = new Set<() => void>()
  /** Who is being asked for the map. */
  readonly #asked = new Set<ShardClient>()
  #lookedAt = Number.NEGATIVE_INFINITY
  #next = 0

  /** @param application what its sessions are called in pg_stat_activity */
  constructor(file: ShardsFile, application: string) {
    this.#file = file
    this.#application = application
    this.#shards = file.seeds.map((seed) => new ShardClient(seed, file, application))
  }

  /** Looks for the map from now on, and never stops: an API instance ends with its process. */
  start(): void {
    this.#look()
    setTimeout(() => this.start(), this.#map === undefined ? SEARCHING : CALM)
  }

  /** 0: no map is known. */
  get version(): number {
    return this.#map?.version ?? 0
  }

  get shards(): readonly ShardClient[] {
    return this.#map === undefined ? [] : this.#shards
  }

  /** Where the rows of a user are; undefined while no map is known. */
  locate(user: string): Place | undefined {
    if (this.#map === undefined) return undefined
    const slot = slotOfKey(this.#map, user)
    const shard = this.#shards[this.#owners[slot] ?? -1]
    return shard && { shard, slot }
  }

  /** The shards in turn, of those that answer. */
  nextUp(): ShardClient | undefined {
    const up = this.shards.filter((shard) => shard.up)
    this.#next = (this.#next + 1) % Math.max(1, up.length)
    return up[this.#next]
  }

  /**
   * Looks for a newer map, but not at once after the last look.
   * @param version of a map that somebody has seen, as text; if it is newer there is no waiting
   */
  learn(version?: string | null): void {
    if (Number(version ?? 0) > this.version || performance.now() - this.#lookedAt >= SPARING) this.#look()
  }

  /** Returns when there is a newer map, or after so many milliseconds. */
  news(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#waiting.add(wake)
    })
  }

  /** Why requests cannot be served yet, or undefined: they can. */
  unready(): string | undefined {
    if (this.#map === undefined) return 'no shard map is known'
    const down = this.#shards.filter(({ up }) => !up).map(({ id }) => id)
    return down.length === 0 ? undefined : `${down.join(', ')} ${down.length === 1 ? 'does' : 'do'} not answer`
  }

  view(): { shards: ShardHealth[]; map: { version: number; scheme: string; shards: number } | null } {
    const map = this.#map
    return {
      shards: this.#shards.map(({ id, up }) => ({ id, state: up ? 'up' : 'down' })),
      map: map === undefined ? null : { version: map.version, scheme: map.scheme, shards: map.shards.length },
    }
  }

  /** Asks every shard, unless it is being asked; each answer counts when it is there. */
  #look(): void {
    this.#lookedAt = performance.now()
    for (const shard of this.#shards) if (!this.#asked.has(shard)) void this.#ask(shard)
  }

  async #ask(shard: ShardClient): Promise<void> {
    this.#asked.add(shard)
    try {
      const [row] = await shard.ask({ statement: MAP, values: [this.version] })
      const [version, body] = row ?? []
      if (body != null) this.#adopt({ ...(JSON.parse(body) as ShardMap), version: Number(version) })
    } catch (error) {
      // the others are asked too, and this one again
      if (!(error instanceof ShardDown)) console.error(`the shard map of ${shard.id} cannot be used:`, error)
    } finally {
      this.#asked.delete(shard)
    }
  }

  #adopt(map: ShardMap): void {
    if (map.version <= this.version) return
    this.#owners = decodeOwners(map.owners)
    const before = this.#shards
    this.#shards = map.shards.map(
      (one) =>
        before.find(({ id, address }) => id === one.id && address === one.address) ??
        new ShardClient(one, this.#file, this.#application),
    )
    this.#map = map
    for (const shard of before) if (!this.#shards.includes(shard)) setTimeout(() => shard.stop(), LINGER)
    for (const wake of [...this.#waiting]) wake()
  }
}
