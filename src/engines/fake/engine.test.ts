import { expect, it } from 'vitest'
import type { NodeSpec } from '../../core/topology.js'
import { describeEngineContract } from '../testing/engine-contract.js'
import { testTopology } from '../testing/test-node.js'
import { createFakeEngine } from './engine.js'
import { type FakeMachine, type FakeProgram, fakeMachine, fakeNodeAt, writeLog } from './fake-machine.js'
import { virtualClock } from './virtual-clock.js'

/** The test node as a made-up program: what TEST_NODE_SOURCE does, so far as an engine can see it. */
function program({ id, env }: NodeSpec): Partial<FakeProgram> {
  const sick = env.MODE === 'exit' || env.MODE === 'never-ready'
  return {
    readyAfterMs: sick ? Number.POSITIVE_INFINITY : 30,
    exitsAfterMs: env.MODE === 'exit' ? 10 : Number.POSITIVE_INFINITY,
    deaf: env.MODE === 'deaf',
    keeps: { 'notes/starts.txt': 'started\n' },
    lines: {
      start: [`warming ${id}`, ...(sick ? ['cannot find my database'] : [])],
      ready: [`started ${id}`],
      stop: [`stopping ${id}`],
      reload: [`reloaded ${id}`],
    },
  }
}

async function get(machine: FakeMachine, url: string): Promise<{ status: number; body: string }> {
  const { host, pathname } = new URL(url)
  const node = fakeNodeAt(machine, host)
  if (node === undefined) throw new Error(`nobody listens at ${host}`)
  writeLog(machine, node, [`GET ${pathname}`])
  if (pathname.startsWith('/files/')) {
    const body = node.files[pathname.slice('/files/'.length)]
    return { status: body === undefined ? 404 : 200, body: body ?? '' }
  }
  if (pathname !== '/peers') return { status: 200, body: node.spec.id }
  const addresses = (node.files['peers.txt'] ?? '').split('\n').filter((line) => line !== '')
  const peers = addresses.map((address) => fakeNodeAt(machine, address)?.spec.id ?? 'nobody')
  return { status: 200, body: peers.join(',') }
}

describeEngineContract('the fake engine', {
  topology: () => testTopology({ kind: 'bundle', bundle: 'api' }),
  async makeEngine() {
    const clock = virtualClock()
    const machine = fakeMachine({ clock, programOf: program })
    const timer = setInterval(() => void clock.advance(10), 1)
    let port = 8_000
    return {
      engine: createFakeEngine({ machine }),
      again: async () => createFakeEngine({ machine }),
      leftovers: async (stackName) => [...machine.stacks.keys()].filter((name) => name === stackName),
      get: (url) => get(machine, url),
      async takePort() {
        port += 1
        const taken = port
        machine.takenPorts.add(taken)
        return { port: taken, release: async () => void machine.takenPorts.delete(taken) }
      },
      cleanup: async () => clearInterval(timer),
    }
  },
})

it('starts nodes in virtual time, which passes by itself', async () => {
  const machine = fakeMachine({ programOf: ({ id }) => ({ readyAfterMs: id === 'api-2' ? 60_000 : 1_000 }) })
  const engine = createFakeEngine({ machine, name: 'docker' })
  const ready: Record<string, number> = {}
  const stack = await engine.up({
    topology: testTopology({ kind: 'bundle', bundle: 'api' }),
    meta: {
      name: 'virtual',
      scenario: 'virtual',
      engine: 'docker',
      createdAt: 'now',
      version: '0',
      owner: 'kept',
      parameters: {},
      notes: [],
    },
    publishHost: '127.0.0.1',
    readyTimeoutMs: 90_000,
    signal: new AbortController().signal,
    onEvent: (event) => {
      if (event.kind === 'ready') ready[event.node] = event.ms
    },
  })
  expect(ready).toEqual({ 'api-1': 1_000, 'api-2': 60_000, entry: 1_000 })
  expect(machine.clock.now()).toBe(61_000)
  await machine.clock.sleep(10_000)
  expect((await stack.usage()).find(({ id }) => id === 'entry')?.cpuSeconds).toBeCloseTo(1.1)
  await stack.kill('api-1')
  await stack.restart('api-1')
  expect(machine.operations).toEqual(['kill api-1', 'restart api-1'])
  expect(await createFakeEngine({ machine }).stacks()).toEqual([])
})
