import type { Consistency } from '../../core/load.js'
import { type Answer, noAnswer } from '../answer.js'
import type { Flight } from '../journal-keeper.js'
import { isWrite } from '../workload.js'

export interface FakeDatabaseOptions {
  primary: string
  standbys: readonly string[]
  /** Standbys show what the primary had this long ago, in milliseconds. */
  lagMs: number
  consistency: Consistency
  /** Instead of a primary and standbys: users live on these in turn, and a listing comes from all. */
  shards?: readonly string[] | undefined
}

/**
 * The sample API over a primary and standbys that lag behind it by a constant time, on a virtual clock. Requests take
 * effect in the order in which they are told, at moments that never fall.
 */
export class FakeDatabase {
  /** Versions of each user that the primary had, rising, and since when. */
  private readonly sessions = new Map<number, { version: number; at: number }[]>()
  private position = 0
  private turn = 0

  constructor(private readonly options: FakeDatabaseOptions) {}

  /** What a request is answered at `now`; one of 400 and more did nothing. */
  answer(flight: Flight, status: number, instance: string, now: number): Answer {
    const answer = { ...noAnswer(), status, instance }
    const { task } = flight
    if (status >= 400) return { ...answer, outcome: isWrite(task) ? 'refused' : null }
    if (isWrite(task)) {
      this.commit(flight, now)
      return { ...answer, node: this.homeOf(task.user), lsn: `0/${this.position.toString(16).toUpperCase()}` }
    }
    if (task.kind === 'list' && this.options.shards !== undefined) return { ...answer, gathered: true }
    const node = this.readsFrom(flight)
    const since = node === this.homeOf(task.user) ? now : now - this.options.lagMs
    const seen = this.sessions.get(task.user)?.findLast(({ at }) => at <= since)
    return { ...answer, node, version: task.kind === 'read' ? (seen?.version ?? 0) : null }
  }

  /** What a write does, whether its answer arrives or not. */
  commit({ task, version }: Flight, now: number): void {
    this.position += 256
    if (version === null) return
    const versions = this.sessions.get(task.user) ?? []
    if (version > (versions.at(-1)?.version ?? 0)) versions.push({ version, at: now })
    this.sessions.set(task.user, versions)
  }

  /** Where what a user writes is written. */
  private homeOf(user: number): string {
    const { shards, primary } = this.options
    return shards?.[user % shards.length] ?? primary
  }

  /** Standbys in turn; the primary for what must not lag. */
  private readsFrom({ task }: Flight): string {
    const { consistency, primary, standbys, shards } = this.options
    if (shards !== undefined) return this.homeOf(task.user)
    const asked = consistency === 'default' ? (task.kind === 'stock' ? 'strong' : 'eventual') : consistency
    const standby = standbys[this.turn % Math.max(1, standbys.length)]
    if (asked !== 'eventual' || standby === undefined) return primary
    this.turn += 1
    return standby
  }
}
