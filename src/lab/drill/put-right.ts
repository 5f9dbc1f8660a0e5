import { LabError, usageError } from '../../core/errors.js'
import type { Stack } from '../../engines/port.js'
import { heal } from '../../replication/heal.js'
import { type HealingStep, stepWords } from '../../replication/steps.js'
import type { LabContext } from '../context.js'
import { controlOf } from '../stack/databases.js'

/** What a command that was interrupted may take to put the stack right, in milliseconds. */
const PUT_RIGHT_MS = 30_000

/** A drill that stopped half-way, by Ctrl-C or by a failure: the stack is put right as far as that goes. */
export async function afterFailure(lab: LabContext, stack: Stack, failure: Error): Promise<void> {
  lab.listener.remark(
    lab.signal.aborted ? 'Interrupted; putting the stack right first.' : `The drill failed: ${failure.message}`,
  )
  try {
    await putStackRight(lab, stack, AbortSignal.timeout(PUT_RIGHT_MS))
  } catch (error) {
    lab.listener.remark(
      `That did not work: ${error instanceof Error ? error.message : error}. Try: scalelab failover --resume`,
    )
  }
}

/**
 * Puts a replicated stack right, whatever state it is in, and says what was done, all of it, whether it came to its end.
 * @returns what was done, in its order
 * @throws LabError (usage) for one without databases, (run failed) when it cannot be put right
 */
export async function putStackRight(lab: LabContext, stack: Stack, signal: AbortSignal): Promise<HealingStep[]> {
  const control = controlOf(lab, stack)
  if ((await control.members()).length === 0) {
    throw usageError(`${stack.meta.name} has no databases that could fail over`)
  }
  const done: HealingStep[] = []
  const instances: HealingStep[] = []
  try {
    await heal(
      {
        control,
        signal,
        onEvent: (event, node, detail) => lab.listener.remark(`${event}: ${[node, detail].filter(Boolean).join(', ')}`),
      },
      done,
    )
    // After the databases: an instance that starts is ready when it knows a primary with all its standbys.
    for (const { id, role, state } of await stack.nodes()) {
      if (role === 'database' || state === 'running' || state === 'starting') continue
      instances.push({ did: state === 'paused' ? 'thawed' : 'started', node: id })
      if (state === 'paused') await stack.resume(id)
      else await stack.restart(id)
    }
  } catch (error) {
    throw withSteps(error, [...done, ...instances])
  }
  for (const step of [...done, ...instances]) lab.listener.remark(`${stepWords(step)}.`)
  const all = done.length + instances.length === 0
  lab.listener.remark(all ? `${stack.meta.name} is as it should be.` : `${stack.meta.name} is right again.`)
  return [...done, ...instances]
}

/** The error with what had been done by then, or that nothing was. */
function withSteps(error: unknown, done: readonly HealingStep[]): unknown {
  if (!(error instanceof LabError)) return error
  const { message, exitCode, hint, details, cause } = error
  const said = done.length === 0 ? 'Nothing was changed.' : `Until then: ${done.map(stepWords).join('; ')}.`
  return new LabError(message, { exitCode, hint: hint === undefined ? said : `${hint}\n${said}`, details, cause })
}
