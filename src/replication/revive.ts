import { STANDBY_SIGNAL } from './failover.js'
import type { Member, NodeControl } from './port.js'
import type { ServerState } from './server.js'

/**
 * Starts what is frozen or stopped of a cluster without a primary, so that as much as possible can be saved. Where some
 * answer, these are the standbys: one of them may have more WAL than any that answers. Where none does, the last primary
 * comes first: it has everything. A server that is fenced refuses to start, and is left alone.
 * @param states of the servers that answer
 * @returns what was done, one sentence each
 */
export async function revive(states: readonly ServerState[], control: NodeControl): Promise<string[]> {
  const done: string[] = []
  const silent = (await control.members()).filter(({ id }) => !states.some((state) => state.id === id))
  const signals = await Promise.all(silent.map(({ id }) => control.read(id, STANDBY_SIGNAL)))
  const start = async ({ id, state }: Member): Promise<boolean> => {
    try {
      // Thawed it reads what had been sent to it meanwhile.
      await (state === 'paused' ? control.resume(id) : control.restart(id))
    } catch {
      return false
    }
    done.push(`${id} was ${state === 'paused' ? 'thawed' : 'started again'}`)
    return true
  }
  if (states.length === 0) {
    for (const member of silent.filter((_, index) => signals[index] === null)) if (await start(member)) return done
  }
  for (const member of silent.filter((_, index) => signals[index] !== null)) await start(member)
  return done
}
