import { describe, expect, it } from 'vitest'
import { type StackParametersInput, stackParametersSchema } from '../../core/parameters.js'
import { labErrorOfAsync } from '../../core/testing/thrown.js'
import type { Topology } from '../../core/topology.js'
import { createFakeEngine } from '../../engines/fake/engine.js'
import type { Availability, Engine } from '../../engines/port.js'
import { decide, type EngineChoice } from './engine-choice.js'

/** What a machine has: an answering Docker with images, nginx on the PATH, the bundles of our own programs. */
interface Machine {
  docker: boolean
  nginx: boolean
  bundles?: boolean
}

const NO_DOCKER = { ok: false, reason: 'no Docker daemon answers', fix: 'Start Docker' } as const
const NO_NGINX = { ok: false, reason: 'there is no nginx', fix: 'apt-get install nginx' } as const
const PROGRAMS = 'PostgreSQL: 18.4.'
const NO_BUNDLE = { ok: false, reason: 'there is no dist/nodes', fix: 'npm run build' } as const

function engine(name: 'docker' | 'process', available: (topology: Topology) => Availability): Engine {
  const fake = createFakeEngine({ name, limitations: name === 'process' ? ['No limits here.'] : [] })
  return { ...fake, available: async (topology) => available(topology) }
}

function enginesOf({ docker, nginx, bundles = true }: Machine) {
  const needs = (kind: string) => (topology: Topology) =>
    topology.nodes.some(({ part, program }) => part === kind || program.kind === kind)
  return {
    docker: engine('docker', (topology) =>
      docker ? { ok: true, version: '28.0', ...(needs('postgres')(topology) ? { notes: [PROGRAMS] } : {}) } : NO_DOCKER,
    ),
    process: engine('process', (topology) => {
      if (!nginx && needs('nginx')(topology)) return NO_NGINX
      if (!bundles && needs('bundle')(topology)) return NO_BUNDLE
      return { ok: true, version: 'v20', ...(needs('postgres')(topology) ? { notes: [PROGRAMS] } : {}) }
    }),
  }
}

const BOTH = { docker: true, nginx: true }
const PROCESS = { docker: false, nginx: true }
const BARE = { docker: false, nginx: false }
const COMMAND = { app: { command: 'serve {port}' } }
const REPLICATED = { kind: 'replicated', database: {} } as const
const IMAGE = { app: { image: 'mine:1' } }

function decideOn(machine: Machine, requested: EngineChoice, input: Partial<StackParametersInput>) {
  const parameters = stackParametersSchema.parse({
    kind: 'balanced',
    replicas: input.kind === 'single' ? 1 : 2,
    ...input,
  })
  return decide(requested, parameters, enginesOf(machine), new AbortController().signal)
}

describe('decide', () => {
  it.each<[EngineChoice, string, Machine, Partial<StackParametersInput>, string, string[]]>([
    ['auto', 'everything', BOTH, {}, 'docker nginx', ['Engine: docker, because Docker 28.0 answers']],
    [
      'auto',
      'no Docker',
      PROCESS,
      {},
      'process nginx',
      ['Engine: process, because no Docker daemon answers.', 'No limits'],
    ],
    [
      'auto',
      'nothing',
      BARE,
      {},
      'process builtin',
      [
        'Engine: process, because no Docker daemon answers.',
        'Balancer: built-in, because there is no nginx (apt-get install nginx).',
        'No limits here.',
      ],
    ],
    ['auto', 'no Docker', PROCESS, { balancer: 'builtin' }, 'process builtin', ['Engine: process', 'No limits']],
    ['auto', 'everything', BOTH, { balancer: 'builtin' }, 'docker builtin', ['Engine: docker']],
    ['auto', 'everything', BOTH, { kind: 'single' }, 'docker nginx', ['Engine: docker']],
    ['auto', 'nothing', BARE, { kind: 'single' }, 'process nginx', ['Engine: process', 'No limits']],
    [
      'auto',
      'everything',
      BOTH,
      COMMAND,
      'process nginx',
      ['Engine: process, because --app runs a command.', 'No limits'],
    ],
    ['auto', 'nothing', BARE, COMMAND, 'process builtin', ['Engine: process', 'Balancer: built-in', 'No limits']],
    ['auto', 'everything', BOTH, IMAGE, 'docker nginx', []],
    ['docker', 'everything', BOTH, {}, 'docker nginx', []],
    ['docker', 'everything', BOTH, IMAGE, 'docker nginx', []],
    ['docker', 'everything', BOTH, { balancer: 'builtin' }, 'docker builtin', []],
    ['process', 'everything', BOTH, {}, 'process nginx', ['No limits']],
    ['process', 'nothing', BARE, {}, 'process builtin', ['Balancer: built-in', 'No limits']],
    ['process', 'everything', BOTH, COMMAND, 'process nginx', ['No limits']],
    ['auto', 'everything', BOTH, REPLICATED, 'docker nginx', ['Engine: docker', PROGRAMS]],
    ['docker', 'everything', BOTH, REPLICATED, 'docker nginx', [PROGRAMS]],
    ['process', 'everything', BOTH, REPLICATED, 'process nginx', ['No limits', PROGRAMS]],
    ['process', 'nothing', BARE, REPLICATED, 'process builtin', ['Balancer: built-in', 'No limits', PROGRAMS]],
  ])('%s on a machine with %s', async (requested, _, machine, input, expected, notes) => {
    const decision = await decideOn(machine, requested, input)
    expect(`${decision.engine.name} ${decision.parameters.balancer}`).toBe(expected)
    expect(decision.notes).toEqual(notes.map((note) => expect.stringContaining(note)))
    const programs = decision.topology.nodes.map((node) => node.part)
    if (decision.parameters.kind !== 'single') expect(programs.includes('nginx')).toBe(expected.endsWith('nginx'))
  })

  it.each<[EngineChoice, string, Machine, Partial<StackParametersInput>, number, string, string]>([
    [
      'docker',
      'a command',
      BOTH,
      COMMAND,
      2,
      '--app runs a command, which needs the process engine',
      '--engine process',
    ],
    [
      'process',
      'an image',
      BOTH,
      IMAGE,
      2,
      '--app-image runs an image, which needs the Docker engine',
      '--engine docker',
    ],
    ['docker', 'no Docker', BARE, {}, 3, 'Docker cannot run this: no Docker daemon answers', 'Start Docker'],
    ['auto', 'an image and no Docker', PROCESS, IMAGE, 3, 'Docker cannot run this: no Docker', 'Start Docker'],
    [
      'process',
      'no nginx where it was asked for',
      BARE,
      { balancer: 'nginx' },
      3,
      'the process engine cannot run this: there is no nginx',
      'apt-get install nginx',
    ],
    [
      'auto',
      'nothing built',
      { ...PROCESS, bundles: false },
      {},
      3,
      'the process engine cannot run this: there is no dist/nodes',
      'npm run build',
    ],
    ['auto', 'nothing built', { ...PROCESS, bundles: false }, { kind: 'single' }, 3, 'there is no dist/nodes', 'build'],
    ['auto', 'an unknown strategy', BOTH, { strategy: 'best' }, 2, 'unknown strategy "best"', 'Allowed: round-robin'],
    ['process', 'weights that do not fit', BOTH, { strategy: 'weighted', weights: [1] }, 2, '1 weight for 2', '1,1'],
  ])('%s with %s is refused', async (requested, _, machine, input, exitCode, message, hint) => {
    const error = await labErrorOfAsync(decideOn(machine, requested, input))
    expect(error.exitCode).toBe(exitCode)
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
  })
})
