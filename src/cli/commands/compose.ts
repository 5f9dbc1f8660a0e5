import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Command } from 'commander'
import { usageError } from '../../core/errors.js'
import { composeFile } from '../../engines/docker/compose-file.js'
import { listenOn } from '../../lab/stack/host.js'
import { DEFAULT_IMAGES } from '../../parts/registry.js'
import { writeFileAtomically } from '../../store/atomic-file.js'
import { makeFolder } from '../../store/folders.js'
import { findScenario } from '../../store/scenario-files.js'
import { withBalancer } from '../../topologies/balanced.js'
import { topologyOf } from '../../topologies/topology.js'
import type { Lab } from '../lab.js'
import { addStackOptions, imageOverrides, type StackOptions } from '../stack-options.js'
import { applyStackOptions } from '../stack-parameters.js'

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Prints the stack of a scenario as a Compose file that `docker compose` (2.23.1 or newer) runs without scalelab.',
    )
    .argument('<scenario>', 'single, lb-<n>, repl-<n>, shard-<n>, or a scenario file')
    .option('-o, --output <file>', 'write it there; paths in it are relative to its folder')
  addStackOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  $ scalelab compose lb-3 > compose.yaml && docker compose up\n  $ scalelab compose lb-5 --strategy least-conn -o lb-5.yaml',
    )
    .action(async (name: string, options: StackOptions & { output?: string }) => {
      const scenario = await findScenario(name, lab.scenariosDir)
      const parameters = applyStackOptions(scenario.topology, options)
      if (parameters.app !== null && 'command' in parameters.app) {
        throw usageError('--app runs a command, which has no image', 'Put it into an image and use --app-image')
      }
      const target = options.output === undefined ? undefined : resolve(lab.os.cwd, options.output)
      const text = composeFile({
        name: scenario.name,
        question: scenario.question.trim(),
        topology: topologyOf({ ...withBalancer(parameters), port: parameters.port ?? 8_080 }),
        images: { ...DEFAULT_IMAGES, ...imageOverrides(options, {}) },
        publishHost: listenOn(options.host, false),
        programs: relativePath(
          target === undefined ? lab.os.cwd : dirname(target),
          join(lab.os.packageDir, 'dist', 'nodes'),
        ),
      })
      if (target === undefined) return lab.print(text)
      makeFolder(dirname(target), { elsewhere: '--output FILE' })
      await writeFileAtomically(target, text, '--output FILE')
      lab.print(`Wrote ${options.output}. Start it: docker compose -f ${options.output} up`)
    })
}

/** A path as Compose wants it: with ./ in front, so that it is not taken for the name of a volume. */
function relativePath(from: string, to: string): string {
  const path = relative(from, to).split(sep).join('/')
  return path.startsWith('.') || isAbsolute(path) ? path : `./${path}`
}
