import { setTimeout as sleep } from 'node:timers/promises'
import { type LabError, runError, usageError } from '../core/errors.js'
import { endedSession, type NoAnswer, noAnswerOf, passes } from './outcome.js'
import type { Member } from './port.js'
import { DatabaseServer, type ServerState } from './server.js'

/** How long a server may take to say how it is; one that is dead or frozen takes all of it. */
const STATE_MS = 300

/** For who is the primary: a machine that is busy is no reason to say that there is none. */
const PATIENCE_MS = [STATE_MS, 1_000, 3_000]

/** A server whose sessions end is asked on so many, one after the other. */
const SESSIONS = 3

/** The database servers of a stack as they are at one moment, with a connection to each that may answer. */
export class Cluster {
  private readonly servers = new Map<string, DatabaseServer>()
  /** Why those that were asked last gave no answer then. */
  private readonly whys = new Map<string, NoAnswer>()

  constructor(private members: readonly Member[] = []) {
    this.see(members)
  }

  /** The servers as they are by now; connections to those that run where they did stay. */
  see(members: readonly Member[]): void {
    this.members = members
    for (const { id, endpoint, state } of members) {
      // One that is said to start may answer already; a frozen one does not, and would only take its time.
      const asked = state === 'paused' ? null : endpoint
      const known = this.servers.get(id)
      if (known !== undefined && asked !== null && known.isAt(asked)) continue
      known?.close()
      this.servers.delete(id)
      if (asked !== null) this.servers.set(id, new DatabaseServer(asked))
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

  /** Why a server that was asked gave no answer the last time; undefined: it did, or it is stopped or frozen. */
  why(id: string): NoAnswer | undefined {
    return this.whys.get(id)
  }

  /** Of the servers that answer; `why` tells of the others. @param each told of every one as soon as it is there */
  async states(
    of: (id: string) => boolean = () => true,
    timeoutMs = STATE_MS,
    each: (state: ServerState) => void = () => {},
  ): Promise<ServerState[]> {
    const asked = [...this.servers.values()].filter(({ id }) => of(id))
    const states = await Promise.all(asked.map((server) => this.ask(server, timeoutMs, each)))
    return states.filter((state) => state !== null)
  }

  private async ask(
    server: DatabaseServer,
    timeoutMs: number,
    each: (state: ServerState) => void,
  ): Promise<ServerState | null> {
    const deadline = performance.now() + timeoutMs
    for (let tries = 1; ; tries++) {
      try {
        const state = await server.state(Math.max(1, deadline - performance.now()))
        this.whys.delete(server.id)
        each(state)
        return state
      } catch (error) {
        const why = noAnswerOf(error)
        this.whys.set(server.id, why)
        // The end of a session is no word of the server's about itself.
        if (!endedSession(why) || tries === SESSIONS) return null
      }
    }
  }

  /**
   * The states of those that answer, asked again with more patience for as long as one that may still answer does not: it
   * is only slow, or says that it is starting. @param enough what need not be waited for: no more is asked once it is so
   */
  async patiently(enough: (states: readonly ServerState[]) => boolean = () => false): Promise<ServerState[]> {
    let states: ServerState[] = []
    for (const timeoutMs of PATIENCE_MS) {
      const begun = performance.now()
      states = await this.states(() => true, timeoutMs)
      if (enough(states) || ![...this.whys.values()].some((why) => why.kind === 'silent' || passes(why))) break
      // One that starts says so at once.
      await sleep(Math.max(0, begun + timeoutMs - performance.now()))
    }
    return states
  }

  /**
   * The primary: of those not in recovery the one with the highest timeline. Null when no server says that it is one;
   * `noPrimary` tells why.
   */
  async primary(): Promise<DatabaseServer | null> {
    const state = primaryOf(await this.patiently((states) => primaryOf(states) !== null))
    return state === null ? null : (this.servers.get(state.id) ?? null)
  }

  /**
   * For a command that needs a primary, when nobody said that it is one: a server that refuses us lives, and may be it.
   * @param hint what to do where none refuses
   */
  noPrimary(hint: string): LabError {
    const refusing = this.members.flatMap(({ id }) => {
      const why = this.why(id)
      return why?.kind === 'refused' ? [{ id, why }] : []
    })
    if (refusing.length === 0) return usageError('there is no primary at the moment', hint)
    return runError(
      `no server says that it is the primary, and ${refusing.map(({ id, why }) => refusalOf(id, why)).join('; ')}`,
      refusalHint(refusing),
    )
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

/** "primary runs, and refuses: sorry, too many clients already (53300)". */
export function refusalOf(id: string, why: NoAnswer): string {
  return `${id} runs, and refuses: ${why.words}${why.kind === 'refused' && why.code !== null ? ` (${why.code})` : ''}`
}

/** What to do about servers that live and refuse, by their SQLSTATE. */
export function refusalHint(refusing: readonly { id: string; why: NoAnswer }[]): string {
  return refusing
    .map(({ id, why }) => {
      const code = why.kind === 'refused' ? why.code : null
      if (passes(why)) return `${id} will let clients in by itself; wait, and see: scalelab logs ${id}`
      if (code === '53300') return `End what holds the connections of ${id} (a load, a client), then ask again`
      if (code?.startsWith('28')) {
        return `Let the role of scalelab in again (pg_hba.conf, password of ${id}), then ask again: scalelab logs ${id}`
      }
      return `See why: scalelab logs ${id}`
    })
    .join('\n')
}
