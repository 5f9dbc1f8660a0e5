import { runError } from '../core/errors.js'
import type { Member, NodeControl } from '../replication/port.js'
import type { Endpoint } from '../replication/session.js'
import { Shard, ShardAway } from './shard.js'

/** The shards' nodes as their engine knows them now. */
export type ShardControl = Pick<NodeControl, 'members'>

/** All shards of a stack, each over a connection that is made when it is needed and kept. */
export class Fleet {
  private readonly shards = new Map<string, Shard>()
  private members: readonly Member[] = []

  private constructor(
    private readonly control: ShardControl,
    private readonly purpose: 'look' | 'move',
  ) {}

  /** @param purpose move: to move rows, past the triggers */
  static async of(control: ShardControl, purpose: 'look' | 'move' = 'look'): Promise<Fleet> {
    const fleet = new Fleet(control, purpose)
    await fleet.refresh()
    return fleet
  }

  /** Of every shard's node, running or not, in the engine's order. */
  get ids(): string[] {
    return this.members.map(({ id }) => id)
  }

  /** How the others reach a shard: "host:port" inside the stack. */
  address(id: string): string {
    const { host, port } = this.member(id).inside
    return `${host}:${port}`
  }

  /** Looks again where the shards are; those that moved get a new connection. */
  async refresh(): Promise<void> {
    this.members = await this.control.members()
    for (const [id, shard] of this.shards) {
      const endpoint = this.members.find((member) => member.id === id)?.endpoint
      if (endpoint != null && samePlace(endpoint, shard.endpoint)) continue
      shard.close()
      this.shards.delete(id)
    }
  }

  /** @throws ShardAway when its node does not run; LabError (run failed) when there is none */
  shard(id: string): Shard {
    const known = this.shards.get(id)
    if (known !== undefined) return known
    const { endpoint, state } = this.member(id)
    if (endpoint === null) throw new ShardAway(id, `its node is ${state}`)
    const shard = new Shard(endpoint, this.purpose)
    this.shards.set(id, shard)
    return shard
  }

  /**
   * Asks every shard at the same time. Waits for all answers even if one fails: nothing goes on behind the caller's back.
   * @throws ShardAway or the error of the first, in order, that failed
   */
  async each<Answer>(question: (shard: Shard) => Promise<Answer>): Promise<Answer[]> {
    const answers = await Promise.allSettled(this.ids.map(async (id) => question(this.shard(id))))
    return answers.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason
      return answer.value
    })
  }

  /** Ends the connections; they are made anew when needed. */
  close(): void {
    for (const shard of this.shards.values()) shard.close()
  }

  private member(id: string): Member {
    const member = this.members.find((candidate) => candidate.id === id)
    if (member === undefined) {
      throw runError(`${id} is named by the shard map or by the migration, and the stack has no such node`)
    }
    return member
  }
}

function samePlace(a: Endpoint, b: Endpoint): boolean {
  return a.host === b.host && a.port === b.port
}
