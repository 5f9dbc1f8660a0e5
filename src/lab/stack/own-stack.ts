import { environmentError } from '../../core/errors.js'
import type { Stack } from '../../engines/port.js'
import type { LabContext } from '../context.js'
import type { Decision } from './engine-choice.js'
import { type StartOptions, startStack } from './start-stack.js'

/** Whose stack it is, and of what. */
export interface OwnStack {
  scenario: string
  /** Where the scenario is not a built-in one: its file, as it was given. */
  scenarioFile: string | undefined
  /** What it is for; in its name. */
  purpose: 'bench' | 'claims' | 'compare' | 'capacity'
}

/** A stack that this command brings up for itself. The caller takes it down. */
export async function startOwnStack(
  lab: LabContext,
  { scenario, scenarioFile, purpose }: OwnStack,
  decision: Decision,
  start: StartOptions,
): Promise<Stack> {
  const identity = await lab.identity.of(lab.pid)
  if (identity === undefined) throw environmentError('this process cannot be identified', 'Is /proc mounted?')
  for (const note of decision.notes) lab.listener.note(note)
  const progress = lab.listener.onUp(decision.topology.nodes.length)
  try {
    const { stack } = await startStack({
      lab,
      // A name of its own, so that it runs beside a stack of the same scenario that was brought up to stay.
      name: `${scenario}-${purpose}-${lab.pid}`,
      scenario,
      scenarioFile: scenarioFile === undefined ? undefined : lab.resolve(scenarioFile),
      decision,
      start,
      owner: { pid: lab.pid, identity },
      onEvent: (event) => progress.event(event),
    })
    return stack
  } finally {
    progress.close()
  }
}
