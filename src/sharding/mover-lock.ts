import { setTimeout as sleep } from 'node:timers/promises'
import { environmentError, runError } from '../core/errors.js'
import { type Endpoint, Session } from '../replication/session.js'
import { ShardAway } from './shard.js'

/** Any number that no other lock of the database has: "reshard" in ASCII. */
const LOCK = '32199693691875940'
const ANSWER_MS = 5_000
/** The session of a mover that was killed outlives it until its server has noticed; asked again so often meanwhile. */
const LINGER_MS = 1_000
const ASK_AGAIN_MS = 50

/**
 * At most one mover works on a stack, wherever it runs: a lock on the first shard, that ends with the mover's connection.
 * When the first shard restarts the lock is lost, and the mover has to ask for it again before it goes on.
 */
export class MoverLock {
  private session: Session | undefined
  private mine = false

  /** @param who shown to a second mover, as in "process 4711 on host" */
  constructor(private readonly who: string) {}

  /** @throws ShardAway when it was lost: the first shard restarted */
  check(): void {
    if (!this.mine) throw new ShardAway(this.session?.endpoint.id ?? 'the first shard', 'the lock of movers was lost')
  }

  /**
   * Takes it, unless it is held here already.
   * @throws LabError when another mover has it; ShardAway
   */
  async take(first: Endpoint): Promise<void> {
    if (this.mine) return
    this.session?.close()
    // Names of sessions are cut at 63 octets.
    const session = new Session(first, `scalelab reshard: ${this.who}`.slice(0, 63))
    this.session = session
    session.events.on('lost', () => {
      if (this.session === session) this.mine = false
    })
    try {
      for (const end = performance.now() + LINGER_MS; !(await isTaken(session)); await sleep(ASK_AGAIN_MS)) {
        if (performance.now() > end) throw await this.refusal(session)
      }
      this.mine = session.connected
    } catch (error) {
      session.close()
      if (error instanceof Error && error.name === 'LabError') throw error
      throw new ShardAway(first.id, error instanceof Error ? error.message : String(error), error)
    }
    if (!this.mine) throw runError('the lock of movers was lost as soon as it was taken')
  }

  release(): void {
    this.mine = false
    this.session?.close()
    this.session = undefined
  }

  private async refusal(session: Session): Promise<Error> {
    const [holder] = await session.query<{ name: string; since: string; client: string | null }>(
      `SELECT application_name AS name, host(client_addr) AS client,
         to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
       FROM pg_stat_activity JOIN pg_locks USING (pid)
       WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = ${LOCK}`,
      [],
      ANSWER_MS,
    )
    const who = holder === undefined ? '' : ` (${holder.name.replace('scalelab reshard: ', '')}, since ${holder.since})`
    return environmentError(
      `another reshard is moving rows of this stack${who}`,
      'Wait until it has ended, or end it: Ctrl-C there takes back what is under way',
    )
  }
}

async function isTaken(session: Session): Promise<boolean> {
  const [answer] = await session.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_lock(${LOCK}) AS taken`,
    [],
    ANSWER_MS,
  )
  return answer?.taken === true
}
