import { usageError } from '../core/errors.js'
import type { Stack } from '../engines/port.js'
import { heal } from '../replication/heal.js'
import { controlOf } from './databases.js'
import type { Lab } from './lab.js'

/** What a command that was interrupted may take to put the stack right, in milliseconds. */
const PUT_RIGHT_MS = 30_000

/** A drill that stopped half-way, by Ctrl-C or by a failure: the stack is put right as far as that goes. */
export async function afterFailure(lab: Lab, stack: Stack, failure: Error): Promise<void> {
  lab.remark(
    lab.os.signal.aborted ? 'Interrupted; putting the stack right first.' : `The drill failed: ${failure.message}`,
  )
  try {
    await putRight(lab, stack, AbortSignal.timeout(PUT_RIGHT_MS))
  } catch (error) {
    lab.remark(`That did not work: ${error instanceof Error ? error.message : error}. Try: scalelab failover --resume`)
  }
}

/** Puts a replicated stack right, whatever state it is in. @throws LabError (usage) for one without databases */
export async function putRight(lab: Lab, stack: Stack, signal: AbortSignal): Promise<void> {
  const control = controlOf(lab, stack)
  if ((await control.members()).length === 0) {
    throw usageError(`${stack.meta.name} has no databases that could fail over`)
  }
  const done = await heal({
    control,
    signal,
    onEvent: (event, node, detail) => lab.remark(`${event}: ${[node, detail].filter(Boolean).join(', ')}`),
  })
  // After the databases: an instance that starts is ready when it knows a primary with all its standbys.
  for (const { id, role, state } of await stack.nodes()) {
    if (role === 'database' || state === 'running' || state === 'starting') continue
    if (state === 'paused') await stack.resume(id)
    else await stack.restart(id)
    done.push(`${id} runs again`)
  }
  for (const text of done) lab.remark(`${text}.`)
  lab.remark(done.length === 0 ? `${stack.meta.name} is as it should be.` : `${stack.meta.name} is right again.`)
}
