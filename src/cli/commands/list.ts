import type { Command } from 'commander'
import { builtinScenarios } from '../../store/scenario-files.js'
import type { Lab } from '../lab.js'

export function addList(program: Command, lab: Lab): void {
  program
    .command('list')
    .summary('the scenarios there are')
    .description('Lists the built-in scenarios with the question each one asks.')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  $ scalelab list\n  $ scalelab list --json')
    .action(async (options: { json?: boolean }) => {
      const scenarios = await builtinScenarios(lab.scenariosDir)
      if (options.json === true) return lab.printJson(scenarios)
      const { renderList } = await import('../../ui/tables.js')
      const rows = scenarios.map(({ name, question, expect }) => ({ name, question, claims: expect.length }))
      lab.print(renderList(rows, lab.look()))
      lab.print(
        'lb-<n>, repl-<n>, shard-<n> and shard-scaling-<n> work for any n: scalelab up lb-5, repl-1, shard-4. A file of your own: scalelab up ./my-scenario.yaml',
      )
    })
}
