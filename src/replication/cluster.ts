import type { Member } from './port.js'
import { DatabaseServer, type ServerState } from './server.js'

/** How long a server may take to say how it is; one that is dead or frozen takes all of it. */
const STATE_MS = 300

/** For who is the primary: a machine that is busy is no reason to say that there is none. */
const PATIENCE_MS = [STATE_MS, 1_000, 3_000]

/** The database servers of a stack as they are at one moment, with a connection to each that may answer. */
export class Cluster {
  private readonly servers = new Map<string, DatabaseServer>()

  constructor(private readonly members: readonly Member[]) {
    for (const { id, endpoint, state } of members) {
      // One that is said to start may answer already; a frozen one does not, and would only take its time.
      if (endpoint !== null && state !== 'paused') this.servers.set(id, new DatabaseServer(endpoint))
    }
  }

  get ids(): string[] {
    return this.members.map(({ id }) => id)
  }

  /** @throws Error when there is no such server: a mistake of the caller */
  member(id: string): Member {
    const member = this.members.find((candidate) => candidate.id === id)
    if (member === undefined) throw new Error(`no database server ${id}`)
    return member
  }

  /** Undefined for one that is stopped or frozen. */
  server(id: string): DatabaseServer | undefined {
    return this.servers.get(id)
  }

  /** Of the servers that answer. */
  async states(of: (id: string) => boolean = () => true, timeoutMs = STATE_MS): Promise<ServerState[]> {
    const asked = [...this.servers.values()].filter(({ id }) => of(id))
    const states = await Promise.allSettled(asked.map((server) => server.state(timeoutMs)))
    return states.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  }

  /**
   * The primary: of those not in recovery the one with the highest timeline. Null when every server that runs has said
   * that it is none; one that is only slow is asked again, with more patience.
   */
  async primary(): Promise<DatabaseServer | null> {
    for (const timeoutMs of PATIENCE_MS) {
      const states = await this.states(() => true, timeoutMs)
      const state = primaryOf(states)
      if (state !== null) return this.servers.get(state.id) ?? null
      if (states.length === this.servers.size) break
    }
    return null
  }

  close(): void {
    for (const server of this.servers.values()) server.close()
  }
}

/** The state of the primary among these: not in recovery, and of several the one with the highest timeline. */
export function primaryOf(states: readonly ServerState[]): ServerState | null {
  const [first] = states.filter(({ recovery }) => !recovery).sort((a, b) => b.timeline - a.timeline)
  return first ?? null
}
