import type { Command } from 'commander'
import type { Experiment } from '../../core/experiment.js'
import type { Scenario } from '../../core/scenario.js'
import { builtins } from '../../store/scenario-files.js'
import type { ListRow } from '../../ui/listings.js'
import type { Lab } from '../lab.js'

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Lists the built-in scenarios (one stack and its load) and experiments (variants to be compared) with the question each one asks.',
    )
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  $ scalelab list\n  $ scalelab list --json')
    .action(async (options: { json?: boolean }) => {
      const { scenarios, experiments } = await builtins(lab.scenariosDir)
      if (options.json === true) return lab.document([...scenarios, ...experiments])
      const { renderList } = await import('../../ui/listings.js')
      const rows = (all: readonly (Scenario | Experiment)[]): ListRow[] =>
        all.map(({ name, question, expect }) => ({ name, question: question.trim(), claims: expect.length }))
      lab.print(renderList('scenario', rows(scenarios), lab.look()))
      lab.print(
        'lb-<n>, repl-<n>, shard-<n> and shard-scaling-<n> work for any n: scalelab up lb-5, repl-1, shard-4. A file of your own: scalelab up ./my-scenario.yaml',
      )
      lab.print(`\n${renderList('experiment', rows(experiments), lab.look())}`)
      lab.print('Carry one out: scalelab run lb-three-times. One of your own: scalelab run ./my-experiment.yaml')
    })
}
