import { LabError } from '../../core/errors.js'
import type { Stack } from '../../engines/port.js'
import { withLock } from '../../store/lock.js'
import type { LabContext } from '../context.js'
import { guardLock } from './running-stacks.js'

/** Runs what makes faults strike a stack, so that others see that these have an owner. */
export function owningFaults<T>(lab: LabContext, stack: string, run: () => Promise<T>): Promise<T> {
  return withLock(lab.stateDir, `${stack}, its faults`, run)
}

/** Thaws nodes that a command has frozen and, being killed, left so; those that a living one has frozen stay as they are. */
export async function thawForgotten(lab: LabContext, stack: Stack): Promise<void> {
  const frozen = (await stack.nodes()).filter(({ state }) => state === 'paused')
  if (frozen.length === 0) return
  try {
    const thaw = async (): Promise<void> => {
      for (const { id } of frozen) {
        await stack.resume(id)
        lab.listener.remark(`${id} was left frozen by a command that has ended, and was thawed.`)
      }
    }
    // Drills and guards freeze nodes as well.
    await withLock(lab.stateDir, guardLock(stack.meta.name), () => owningFaults(lab, stack.meta.name, thaw))
  } catch (error) {
    // The lock is held: a command that lives has frozen them.
    if (!(error instanceof LabError)) throw error
  }
}
