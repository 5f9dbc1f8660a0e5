import { usageError } from '../core/errors.js'
import { MAX_REPLICAS, type StackParameters } from '../core/parameters.js'
import { balancingStrategy } from '../strategies/balancing/registry.js'
import { apiServers, withReplicaCount } from '../topologies/api-nodes.js'
import { topologyOf } from '../topologies/topology.js'
import type { Action, ActionKind } from './port.js'
import { reshape } from './reshape.js'

/** How many instances there are. Those beyond the weights that there were have weight 1. */
export const replicas: ActionKind = {
  name: 'replicas',
  usage: 'replicas <n> [weights]',
  summary: 'adds or removes API instances: new ones are ready before the balancer learns of them',
  read(words) {
    const [number, list] = atMost(2, words, replicas)
    const count = wholeNumber(number ?? '', MAX_REPLICAS, replicas)
    const given = weightsIn(list, replicas)
    const change = (now: StackParameters): StackParameters => ({
      ...withReplicaCount(now, count),
      ...(given === undefined ? {} : { weights: given }),
    })
    return shaping(replicas, [String(count), given], change, { revive: true })
  },
}

export const strategy: ActionKind = {
  name: 'strategy',
  usage: 'strategy <name> [weights]',
  summary: 'has the balancer choose instances by another strategy, without starting it anew',
  read(words) {
    const [name = '', list] = atMost(2, words, strategy)
    const given = weightsIn(list, strategy)
    return shaping(strategy, [name, given], (now) => ({
      ...now,
      strategy: name,
      // They stay where both strategies take them.
      weights: given ?? (balancingStrategy(name)?.weighted === true ? now.weights : null),
    }))
  },
}

export const weights: ActionKind = {
  name: 'weights',
  usage: 'weights <w,w,...>',
  summary: 'gives the instances other weights, one for each, where the strategy takes weights',
  read(words) {
    const [list = ''] = atMost(1, words, weights)
    const given = weightsIn(list, weights)
    return shaping(weights, [given], (now) => ({ ...now, weights: given ?? null }))
  },
}

/** An action after which the stack is made from other parameters. */
function shaping(
  { name }: ActionKind,
  words: readonly (string | readonly number[] | undefined)[],
  change: (now: StackParameters) => StackParameters,
  how: { revive: boolean } = { revive: false },
): Action {
  const text = [name, ...words.filter((word) => word !== undefined)].join(' ')
  return {
    kind: name,
    text,
    node: null,
    told: { level: 'info', began: text },
    after({ nodes, parameters }) {
      if (parameters.kind === 'single') {
        throw usageError('the stack has one instance and no balancer', 'Take a balanced stack: lb-3')
      }
      const to = change(parameters)
      topologyOf(to)
      const ids = (of: StackParameters): string[] => apiServers(of).map(({ id }) => id)
      const before = ids(parameters)
      return { nodes: [...nodes.filter((id) => !before.includes(id)), ...ids(to)], parameters: to }
    },
    inverse: async ({ parameters }) => inverseOf(name, parameters),
    settles: (inverse) => inverse.text === text,
    async apply(on) {
      await reshape(on, change(on.parameters), how)
    },
  }
}

/** What makes the stack what it is now again, once it is another one. */
function inverseOf(name: string, now: StackParameters): Action {
  const list = now.weights === null ? [] : [now.weights.join(',')]
  return name === replicas.name
    ? replicas.read([String(now.replicas), ...list])
    : strategy.read([now.strategy, ...list])
}

function atMost(most: number, words: readonly string[], { name, usage }: ActionKind): readonly string[] {
  if (words.length >= 1 && words.length <= most) return words
  throw usageError(`cannot read "${[name, ...words].join(' ')}"`, `Write ${usage}`)
}

function wholeNumber(text: string, most: number, { usage }: ActionKind): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= most) return value
  throw usageError(`"${text}" is not a whole number from 1 to ${most}`, `Write ${usage}`)
}

function weightsIn(list: string | undefined, kind: ActionKind): number[] | undefined {
  return list?.split(',').map((text) => wholeNumber(text, MOST_WEIGHT, kind))
}

/** As the parameters of a stack have it. */
const MOST_WEIGHT = 1_000
