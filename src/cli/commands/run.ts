import type { Command } from 'commander'
import { usageError } from '../../core/errors.js'
import { find } from '../../store/scenario-files.js'
import type { Lab } from '../lab.js'
import { bench } from './bench.js'
import { type CompareOptions, runExperiment } from './compare.js'

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Carries out what a file asks for: an experiment (variants in blocks of runs, as compare does) or a scenario (one stack under its load, as bench does). The claims in it are held against what was measured.',
    )
    .argument('<file>', 'a .yaml file, or the name of a built-in experiment or scenario: scalelab list')
    .option('--engine <name>', 'auto (Docker when it answers, else processes), docker, process')
    .option('--blocks <n>', 'of an experiment: blocks, instead of those in the file')
    .option('--quick', 'of an experiment: as few blocks as can tell anything, and shorter runs')
    .option('--duration <time>', 'length of the counted part of each run, as in 30s')
    .option('--seed <n>', 'seed of the order, the arrivals and the service times')
    .option('--force', 'also with fewer blocks than can tell anything')
    .option('--out <dir>', 'where reports go', 'reports')
    .option('--quiet', 'plain lines')
    .option('--json', 'the results as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      `
Examples:
  $ scalelab run lb-slow-requests
  $ scalelab run ./my-experiment.yaml --quick
  $ scalelab run lb-3                          the same as scalelab bench lb-3`,
    )
    .action(async (file: string, options: CompareOptions) => {
      const asked = await find(file, lab.scenariosDir)
      if (asked.kind === 'experiment') return runExperiment(lab, asked.experiment, options)
      const idle = options.blocks !== undefined ? '--blocks' : options.quick === true ? '--quick' : null
      if (idle !== null) {
        throw usageError(`${idle} belongs to an experiment, and ${file} is a scenario`, 'A scenario is one run')
      }
      return bench(lab, [file], options)
    })
}
