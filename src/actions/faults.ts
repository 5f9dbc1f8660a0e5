import { unknownValueError, usageError } from '../core/errors.js'
import { DRILL_FAULTS } from '../core/trial.js'
import type { ActedOn, Action, ActionKind, Where } from './port.js'

const KILL = 'ends a node at once (SIGKILL), without finishing what it was doing'
const STOP = 'ends a node in order (SIGTERM), letting it finish what it was doing'
const FREEZE = 'freezes a node: its connections stay open and nothing answers'

/** The bad things that can be done to one node; each is taken back by `restore`. */
export const FAULTS: readonly ActionKind[] = [
  /** Connections are reset at once. */
  fault('kill', KILL, ({ stack }, node) => stack.kill(node)),
  /** The node may drain, as in a deployment. */
  fault('stop', STOP, ({ stack }, node) => stack.stop(node)),
  /** The hardest case for those who wait for it. Drills call it `pause`. */
  fault('freeze', FREEZE, ({ stack }, node) => stack.pause(node), ['pause']),
]

/** The fault that drills and `--fault` know by this name. @throws LabError (usage) where there is none */
export function faultKind(name: string): ActionKind {
  const kind = FAULTS.find((known) => known.name === name || known.aliases?.includes(name))
  if (kind === undefined) throw unknownValueError('fault', name, DRILL_FAULTS)
  return kind
}

export const restore: ActionKind = {
  name: 'restore',
  usage: 'restore <node>|all',
  summary: 'thaws a node that is frozen, starts one that has ended; all: every such node',
  read: (words) => restored(onlyWord(words, restore)),
}

/** What brings a node back, whatever was done to it. @param node or `all` */
export function restored(node: string): Action {
  const all = node === 'all'
  return {
    kind: restore.name,
    text: `restore ${node}`,
    node: all ? null : node,
    told: { level: 'info', done: all ? 'every node is back' : `${node} is back` },
    after: (where) => (all ? where : withNode(where, node)),
    inverse: async () => null,
    settles: ({ kind, text }) => (all ? kind === restore.name : text === `restore ${node}`),
    async apply({ stack }) {
      const away = (await stack.nodes()).filter(({ id, state }) => (all || id === node) && state !== 'running')
      await Promise.all(away.map(({ id, state }) => (state === 'paused' ? stack.resume(id) : stack.restart(id))))
    },
  }
}

function fault(
  name: string,
  summary: string,
  strike: (on: ActedOn, node: string) => Promise<void>,
  aliases: readonly string[] = [],
): ActionKind {
  const kind: ActionKind = {
    name,
    aliases,
    usage: `${name} <node>`,
    summary,
    read(words) {
      const node = onlyWord(words, kind)
      const text = `${name} ${node}`
      return {
        kind: name,
        text,
        node,
        told: { level: 'warn', began: text },
        after: (where) => withNode(where, node),
        inverse: async () => restored(node),
        settles: () => false,
        apply: (on) => strike(on, node),
      }
    },
  }
  return kind
}

function onlyWord(words: readonly string[], { name, usage }: ActionKind): string {
  const [node, ...more] = words
  if (node === undefined || more.length > 0)
    throw usageError(`cannot read "${[name, ...words].join(' ')}"`, `Write ${usage}`)
  return node
}

function withNode(where: Where, node: string): Where {
  if (!where.nodes.includes(node)) throw unknownValueError('node', node, where.nodes)
  return where
}
