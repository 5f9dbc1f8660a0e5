import { resolve } from 'node:path'
import { environmentError } from '../core/errors.js'
import type { Stack, UpEvent } from '../engines/port.js'
import { createUpProgress } from '../ui/progress/up-progress.js'
import type { BenchOptions } from './bench-options.js'
import type { Decision } from './engine-choice.js'
import type { Lab } from './lab.js'
import { startStack } from './start-stack.js'

/** Whose stack it is, and of what. */
export interface OwnStack {
  scenario: string
  /** Where the scenario is not a built-in one: its file, as it was given. */
  scenarioFile: string | undefined
  /** What it is for; in its name. */
  purpose: 'bench' | 'claims' | 'compare' | 'capacity'
}

/** A stack that this command brings up for itself; with --json it does so without a word. The caller takes it down. */
export async function startOwnStack(
  lab: Lab,
  { scenario, scenarioFile, purpose }: OwnStack,
  decision: Decision,
  options: BenchOptions,
): Promise<Stack> {
  const identity = await lab.identity.of(lab.os.pid)
  if (identity === undefined) throw environmentError('this process cannot be identified', 'Is /proc mounted?')
  const quiet = options.json === true
  if (!quiet) for (const note of decision.notes) lab.remark(note)
  const progress = createUpProgress({
    write: (text) => (quiet ? undefined : lab.os.stderr.write(text)),
    isTTY: lab.os.stderr.isTTY === true,
    nodes: decision.topology.nodes.length,
  })
  try {
    const { stack } = await startStack({
      lab,
      // A name of its own, so that it runs beside a stack of the same scenario that was brought up to stay.
      name: `${scenario}-${purpose}-${lab.os.pid}`,
      scenario,
      scenarioFile: scenarioFile === undefined ? undefined : resolve(lab.os.cwd, scenarioFile),
      decision,
      owner: { pid: lab.os.pid, identity },
      options,
      onEvent: (event: UpEvent) => progress.event(event),
    })
    return stack
  } finally {
    progress.close()
  }
}
