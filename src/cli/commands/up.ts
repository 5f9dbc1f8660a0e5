import type { Command } from 'commander'
import { usageError } from '../../core/errors.js'
import type { StackParameters } from '../../core/parameters.js'
import { quietly } from '../../lab/context.js'
import { decide } from '../../lab/stack/engine-choice.js'
import { startStack } from '../../lab/stack/start-stack.js'
import { findScenario, isScenarioFile } from '../../store/scenario-files.js'
import type { Lab } from '../lab.js'
import { experimentsOn } from '../next-experiments.js'
import { addStackOptions, requestedEngine, type StackOptions, startOptions } from '../stack-options.js'
import { applyStackOptions } from '../stack-parameters.js'

interface UpOptions extends StackOptions {
  json?: boolean
  quiet?: boolean
}

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Brings up the stack of a scenario and returns when every node is ready. It runs until `scalelab down`.',
    )
    .argument('<scenario>', 'single, lb-<n>, repl-<n>, shard-<n>, or a scenario file (see `scalelab list`)')
    .option('--name <name>', "name of the stack (default: the scenario's); several stacks run side by side")
  addStackOptions(command)
    .option('--quiet', 'only the result')
    .option('--json', 'the nodes as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ scalelab up lb-3
  $ scalelab up lb-5 --strategy least-conn --port 8080
  $ scalelab up lb-3 --weights 3,1,1
  $ scalelab up lb-3 --app 'uvicorn main:app --port {port}'
  $ scalelab up repl-2 --durability on --sync-standbys 'ANY 1 (*)'
  $ scalelab up shard-3 --scheme rendezvous --shard-weights 2,1,1
  $ scalelab up lb-3 --engine docker --cpus 0.5 --memory 256m`,
    )
    .action((scenario: string, options: UpOptions) => up(lab, scenario, options))
}

async function up(lab: Lab, scenarioName: string, options: UpOptions): Promise<void> {
  const scenario = await findScenario(scenarioName, lab.scenariosDir)
  const parameters = applyStackOptions(scenario.topology, options)
  const requested = requestedEngine(options)
  const name = stackName(options.name ?? scenario.name)
  const decision = await decide(requested, parameters, await lab.engines(options), lab.os.signal)
  const { listener } = options.quiet === true ? quietly(lab) : lab
  for (const note of decision.notes) listener.note(note)
  const progress = listener.onUp(decision.topology.nodes.length)
  const started = performance.now()
  try {
    const { stack, already } = await startStack({
      lab,
      name,
      scenario: scenario.name,
      scenarioFile: isScenarioFile(scenarioName) ? lab.resolve(scenarioName) : undefined,
      decision,
      start: startOptions(options),
      owner: 'kept',
      onEvent: (event) => progress.event(event),
    })
    progress.close()
    const nodes = await stack.nodes()
    if (options.json === true)
      return lab.document(nodes.map(({ id, role, state, url }) => ({ stack: name, id, role, state, url })))
    const seconds = ((performance.now() - started) / 1_000).toFixed(1)
    lab.print(already ? `${name} is already up.` : `${name} is up after ${seconds} s (${decision.engine.name} engine).`)
    const { renderNodes } = await import('../../ui/listings.js')
    lab.print(renderNodes(nodes, lab.look()))
    lab.print(`Entry:  ${nodes[0]?.url ?? ''}`)
    lab.print(nextCommands(parameters))
  } finally {
    progress.close()
  }
}

/** What to do with a stack that has just come up. */
function nextCommands(parameters: StackParameters): string {
  return [...experimentsOn(parameters), ['scalelab down', 'take it down']]
    .map(([command = '', what], index) => `${index === 0 ? 'Next:' : ''.padEnd(5)}   ${command.padEnd(28)} ${what}`)
    .join('\n')
}

/** A stack's name becomes folder, container and host names: letters, digits and dashes. */
export function stackName(name: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) {
    throw usageError(`--name: "${name}" is not a stack name`, 'Lower-case letters, digits and dashes, at most 40')
  }
  return name
}
