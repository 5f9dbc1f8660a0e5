import { STANDBY_SIGNAL } from './failover.js'
import type { Member, NodeControl } from './port.js'
import type { ServerState } from './server.js'

/**
 * Starts what is frozen or stopped of a cluster without a primary, so that as much as possible can be saved. Where some
 * answer, these are the standbys: one of them may have more WAL than any that answers. Where none does, the last primary
 * comes first: it has everything. A server that is fenced refuses to start, and is left alone; so is one that runs, whether
 * it answers or not.
 * @param states of the servers that answer
 */
export async function revive(states: readonly ServerState[], control: NodeControl): Promise<void> {
  const members = await control.members()
  const down = members.filter(({ state }) => state === 'paused' || state === 'stopped')
  const signals = await Promise.all(down.map(({ id }) => control.read(id, STANDBY_SIGNAL)))
  const start = async ({ id, state }: Member): Promise<boolean> => {
    try {
      // Thawed it reads what had been sent to it meanwhile.
      await (state === 'paused' ? control.resume(id) : control.restart(id))
      return true
    } catch {
      return false
    }
  }
  // One that runs and is silent may be the primary: then the last one to have been it is not among those that are down.
  const silent = members.length - states.length - down.length
  if (states.length === 0 && silent === 0) {
    for (const member of down.filter((_, index) => signals[index] === null)) if (await start(member)) return
  }
  for (const member of down.filter((_, index) => signals[index] !== null)) await start(member)
}
