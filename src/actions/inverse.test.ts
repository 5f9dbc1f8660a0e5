import { describe, expect, it } from 'vitest'
import { stackParametersSchema } from '../core/parameters.js'
import { createFakeEngine } from '../engines/fake/engine.js'
import type { FakeMachine } from '../engines/fake/fake-machine.js'
import type { Stack } from '../engines/port.js'
import { topologyOf } from '../topologies/topology.js'
import { parseAction } from './grammar.js'
import type { ActedOn } from './port.js'
import { ACTIONS } from './registry.js'

/** A balanced stack of three on made-up machines, as actions see it. */
async function fakeStack(changes: object = {}): Promise<ActedOn> {
  const parameters = stackParametersSchema.parse({
    kind: 'balanced',
    replicas: 3,
    balancer: 'builtin',
    strategy: 'weighted',
    weights: [3, 1, 2],
  })
  const stack = await createFakeEngine().up({
    topology: topologyOf(parameters),
    meta: {
      name: 'lb-3',
      scenario: 'lb-3',
      engine: 'fake',
      createdAt: '2026-11-20T10:15:00.000Z',
      version: '0.1.0',
      owner: 'kept',
      parameters,
      notes: [],
    },
    publishHost: '127.0.0.1',
    readyTimeoutMs: 1_000,
    signal: new AbortController().signal,
    onEvent: () => {},
  })
  const signal = new AbortController().signal
  const requestsReach = async () => ({ missing: [], left: [] })
  return { stack, parameters, touched: new Set(), requestsReach, signal, ...changes }
}

/** All that can be seen of a stack from the outside. */
async function seen({ stack, parameters }: ActedOn) {
  const nodes = await stack.nodes()
  const files = await Promise.all(nodes.map(({ id }) => stack.read(id, 'balancer.json', 'dir')))
  // An instance that came back has another port.
  const told = files.map((text) => text?.replaceAll(/127\.0\.0\.1:\d+/g, 'address'))
  return { nodes: nodes.map(({ id, state }) => `${id} ${state}`), told, parameters }
}

const WORDS = [
  'kill api-2',
  'stop api-2',
  'freeze api-2',
  'restore api-2',
  'restore all',
  'replicas 5',
  'replicas 5 1,1,1,1,9',
  'replicas 1',
  'strategy least-conn',
  'strategy weighted 1,1,1',
  'weights 1,5,1',
]

describe('the inverse of an action', () => {
  it('is held for every kind', () => {
    expect(new Set(WORDS.map((text) => text.split(' ')[0]))).toEqual(new Set(ACTIONS.map(({ name }) => name)))
  })

  it.each(WORDS)('takes back %s, and again without harm', async (text) => {
    const on = await fakeStack()
    const before = await seen(on)
    const action = parseAction(text)
    const inverse = await action.inverse(on)
    await action.apply(on)
    if (inverse === null) return expect(await seen(on)).toEqual(before)
    expect(await seen(on)).not.toEqual(before)
    expect(parseAction(inverse.text).text).toBe(inverse.text)
    for (let time = 1; time <= 2; time++) {
      await inverse.apply(on)
      expect(await seen(on)).toEqual(before)
    }
  })

  it.each(WORDS)('mends what %s has done by halves', async (text) => {
    const on = await fakeStack()
    const before = await seen(on)
    const action = parseAction(text)
    const inverse = await action.inverse(on)
    const half = await fakeStack({ stack: failing(on.stack), parameters: on.parameters })
    await action.apply(half).catch(() => undefined)
    await inverse?.apply(on)
    expect(await seen(on)).toEqual(before)
  })
})

/** The same stack, which does what it is told and then says that it could not. */
function failing(stack: Stack): Stack {
  const HALVES = ['kill', 'stop', 'pause', 'reload', 'add', 'remove']
  return new Proxy(stack, {
    get(target, name: keyof Stack) {
      const value = target[name]
      if (typeof value !== 'function') return value
      const method = value.bind(target) as (...args: unknown[]) => Promise<unknown>
      if (!HALVES.includes(name)) return method
      return async (...args: unknown[]) => {
        await method(...args)
        throw new Error('only half')
      }
    },
  })
}

describe('replicas', () => {
  it('are ready before the balancer learns of them, and forgotten before they stop', async () => {
    const on = await fakeStack()
    const { operations } = (on.stack as unknown as { machine: FakeMachine }).machine
    operations.length = 0
    await parseAction('replicas 5').apply(on)
    expect(operations).toEqual(['add api-4', 'add api-5', 'reload balancer'])
    operations.length = 0
    await parseAction('replicas 2').apply(on)
    expect(operations).toEqual(['reload balancer', 'remove api-3', 'remove api-4', 'remove api-5'])
    expect([...on.touched]).toEqual(['api-4', 'api-5', 'api-3'])
  })

  it('are as they were where the balancer does not heed its new list', async () => {
    const on = await fakeStack({ requestsReach: async () => ({ missing: ['api-4'], left: [] }) })
    const before = await seen(on)
    await expect(parseAction('replicas 4').apply(on)).rejects.toThrow(
      'the balancer of lb-3 does not heed its new list of servers: api-4 got no request',
    )
    expect(await seen(on)).toEqual(before)
  })
})
