import { randomBytes } from 'node:crypto'
import { get as httpGet } from 'node:http'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT, LabError } from '../../core/errors.js'
import type { NodeStatus, StackMeta } from '../../core/stack.js'
import { type NodeSpec, nodeOf, type Topology } from '../../core/topology.js'
import type { Engine, Stack, UpEvent, UpRequest } from '../port.js'

/** An engine and the little that the suite cannot know about it. */
export interface EngineUnderTest {
  engine: Engine
  /** Another engine object over the same machine, as a later command would make it. */
  again(): Promise<Engine>
  /** What is still there of the stack, by the engine's own marks (processes, folders, containers, networks). */
  leftovers(stackName: string): Promise<string[]>
  /** An HTTP answer from a node. Rejects when there is none within the time. Real HTTP unless given. */
  get?(url: string, timeoutMs: number): Promise<{ status: number; body: string }>
  /** Makes a port of this machine unavailable until released. A real listener on 127.0.0.1 unless given. */
  takePort?(): Promise<{ port: number; release(): Promise<void> }>
  cleanup(): Promise<void>
}

export interface EngineContractOptions {
  makeEngine(): Promise<EngineUnderTest>
  /** testTopology(...) with a program that this engine runs as the test node; asked for after makeEngine. */
  topology(): Topology
  /** Per test, in milliseconds. */
  timeoutMs?: number
  /** Long enough for a started program to have written its first log lines, in milliseconds. */
  shortReadyMs?: number
}

/**
 * The one description of what an engine does. Every engine passes it, so that nothing above the port needs to know
 * which one it has.
 */
export function describeEngineContract(name: string, options: EngineContractOptions): void {
  const timeout = options.timeoutMs ?? 20_000
  const shortReadyMs = options.shortReadyMs ?? 1_000

  describe(`${name} keeps the engine contract`, { timeout }, () => {
    let under: EngineUnderTest
    const stackNames: string[] = []

    beforeAll(async () => {
      under = await options.makeEngine()
    }, timeout)

    afterAll(async () => {
      try {
        // A test that failed half-way must leave nothing either.
        for (const stack of await under.engine.stacks()) {
          if (stackNames.includes(stack.meta.name)) await stack.down()
        }
      } finally {
        await under.cleanup()
      }
    }, timeout)

    const newName = (): string => {
      const stackName = `t-${randomBytes(4).toString('hex')}`
      stackNames.push(stackName)
      return stackName
    }
    const up = (stackName: string, request: Partial<UpRequest> = {}): Promise<Stack> =>
      under.engine.up({
        topology: options.topology(),
        meta: metaOf(stackName, under.engine.name),
        publishHost: '127.0.0.1',
        readyTimeoutMs: timeout,
        signal: new AbortController().signal,
        onEvent: () => {},
        ...request,
      })
    const get = (url: string, timeoutMs = 5_000): Promise<{ status: number; body: string }> =>
      (under.get ?? realGet)(url, timeoutMs)
    const takePort = (): ReturnType<typeof realTakePort> => (under.takePort ?? realTakePort)()
    const find = async (engine: Engine, stackName: string): Promise<Stack | undefined> =>
      (await engine.stacks()).find((stack) => stack.meta.name === stackName)
    const expectNothingLeft = async (stackName: string): Promise<void> => {
      expect(await find(await under.again(), stackName)).toBeUndefined()
      expect(await under.leftovers(stackName)).toEqual([])
    }

    describe('a running stack', () => {
      const events: UpEvent[] = []
      let stackName: string
      let stack: Stack
      const status = async (id: string): Promise<NodeStatus> => {
        const found = (await stack.nodes()).find((node) => node.id === id)
        if (found === undefined) throw new Error(`no node ${id}`)
        return found
      }
      const urlOf = async (id: string): Promise<string> => {
        const { url } = await status(id)
        if (url === null) throw new Error(`${id} has no URL`)
        return url
      }
      const state = async (id: string): Promise<string> => (await status(id)).state

      beforeAll(async () => {
        stackName = newName()
        stack = await up(stackName, { onEvent: (event) => events.push(event) })
      }, timeout)

      it('starts nodes together as their dependencies allow, and tells', () => {
        const steps = events.flatMap((event) =>
          event.kind === 'starting' || event.kind === 'ready' ? [`${event.kind} ${event.node}`] : [],
        )
        expect([...steps].sort()).toEqual(
          ['ready', 'starting'].flatMap((kind) => ['api-1', 'api-2', 'entry'].map((id) => `${kind} ${id}`)),
        )
        expect(new Set(steps.slice(0, 2))).toEqual(new Set(['starting api-1', 'starting api-2']))
        expect(new Set(steps.slice(2, 4))).toEqual(new Set(['ready api-1', 'ready api-2']))
        expect(steps.slice(4)).toEqual(['starting entry', 'ready entry'])
        for (const event of events) if (event.kind === 'ready') expect(event.ms).toBeGreaterThanOrEqual(0)
      })

      it('lists its nodes, the entry first, each answering at its URL', async () => {
        expect(stack.complete).toBe(true)
        const nodes = await stack.nodes()
        expect(nodes.map((node) => node.id)).toEqual(['entry', 'api-1', 'api-2'])
        expect((await stack.specs()).map((spec) => spec.id)).toEqual(['entry', 'api-1', 'api-2'])
        for (const node of nodes) {
          expect(node.state).toBe('running')
          expect(node.role).toBe(node.id === 'entry' ? 'balancer' : 'api')
          expect(node.handle).not.toBe('')
          expect(node.internalAddresses.length).toBeGreaterThan(0)
          expect(node.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
          expect(await get(`${node.url}/id`)).toMatchObject({ status: 200, body: node.id })
        }
        expect(new Set(nodes.map((node) => node.url)).size).toBe(3)
      })

      it('lets nodes reach one another by the addresses written into their files', async () => {
        expect((await get(`${await urlOf('entry')}/peers`)).body).toBe('api-1,api-2')
      })

      it('is found again by a later command, with all that was kept about it', async () => {
        const again = await find(await under.again(), stackName)
        expect(again?.complete).toBe(true)
        expect(again?.meta).toEqual(stack.meta)
        expect(await again?.specs()).toEqual(await stack.specs())
        expect(await again?.nodes()).toEqual(await stack.nodes())
      })

      it('refuses a second stack of the same name and leaves the first alone', async () => {
        const error = await labError(up(stackName))
        expect(error.message).toContain(stackName)
        expect((await get(`${await urlOf('entry')}/peers`)).body).toBe('api-1,api-2')
      })

      it('shows the last log lines, of both streams, oldest first', async () => {
        const url = await urlOf('api-1')
        await get(`${url}/first`)
        await get(`${url}/second`)
        await eventually(async () => {
          expect(await stack.logs('api-1', 1)).toEqual(['GET /second'])
        })
        expect(await stack.logs('api-1', 2)).toEqual(['GET /first', 'GET /second'])
        const all = await stack.logs('api-1', 1_000)
        expect(all).toContain('warming api-1')
        expect(all).toContain('started api-1')
      })

      it('follows log lines from now on until told to stop', async () => {
        const url = await urlOf('api-2')
        await get(`${url}/before`)
        await eventually(async () => {
          expect(await stack.logs('api-2', 1)).toEqual(['GET /before'])
        })
        const controller = new AbortController()
        const lines: string[] = []
        const following = (async () => {
          for await (const line of stack.followLogs('api-2', controller.signal)) lines.push(line)
        })()
        await eventually(async () => {
          await get(`${url}/after`)
          expect(lines).toContain('GET /after')
        })
        controller.abort()
        await following
        expect(lines).not.toContain('GET /before')
        expect(new Set(lines)).toEqual(new Set(['GET /after']))
      })

      it('stops a node softly, keeps its logs, and starts it again', async () => {
        const url = await urlOf('api-1')
        await stack.stop('api-1')
        expect(await status('api-1')).toMatchObject({ state: 'stopped', url: null })
        await expect(get(`${url}/id`)).rejects.toThrow()
        expect(await stack.logs('api-1', 1)).toEqual(['stopping api-1'])
        await stack.stop('api-1')
        await stack.restart('api-1')
        expect(await state('api-1')).toBe('running')
        expect((await get(`${await urlOf('api-1')}/id`)).body).toBe('api-1')
        expect((await get(`${await urlOf('entry')}/peers`)).body).toBe('api-1,api-2')
      })

      it('kills a node at once', async () => {
        const url = await urlOf('api-2')
        const stoppings = (lines: string[]): number => lines.filter((line) => line === 'stopping api-2').length
        const before = stoppings(await stack.logs('api-2', 1_000))
        await stack.kill('api-2')
        expect(await status('api-2')).toMatchObject({ state: 'stopped', url: null })
        await expect(get(`${url}/id`)).rejects.toThrow()
        expect(stoppings(await stack.logs('api-2', 1_000))).toBe(before)
        await stack.kill('api-2')
        await stack.restart('api-2')
        expect((await get(`${await urlOf('entry')}/peers`)).body).toBe('api-1,api-2')
      })

      it('restarts a node that runs', async () => {
        const starts = async (): Promise<number> =>
          (await stack.logs('api-2', 1_000)).filter((line) => line === 'started api-2').length
        const before = await starts()
        await stack.restart('api-2')
        expect(await state('api-2')).toBe('running')
        expect((await get(`${await urlOf('entry')}/peers`)).body).toBe('api-1,api-2')
        await eventually(async () => {
          expect(await starts()).toBe(before + 1)
        })
      })

      it('freezes a node and thaws it', async () => {
        const url = await urlOf('api-1')
        await stack.pause('api-1')
        expect(await state('api-1')).toBe('paused')
        await stack.pause('api-1')
        await expect(get(`${url}/id`, 300)).rejects.toThrow()
        await stack.resume('api-1')
        await stack.resume('api-1')
        expect(await state('api-1')).toBe('running')
        expect((await get(`${url}/id`)).body).toBe('api-1')
      })

      it.each(['stop', 'kill', 'restart'] as const)('can %s a frozen node', async (operation) => {
        await stack.pause('api-1')
        await stack[operation]('api-1')
        expect(await state('api-1')).toBe(operation === 'restart' ? 'running' : 'stopped')
        await stack.restart('api-1')
        expect((await get(`${await urlOf('api-1')}/id`)).body).toBe('api-1')
      })

      it('adds a replica, tells the entry by a reload, and removes it again', async () => {
        const topology = options.topology()
        const first = nodeOf(topology, 'api-1')
        const entry = nodeOf(topology, 'entry')
        const third: NodeSpec = { ...first, id: 'api-3', env: { ...first.env, INSTANCE_ID: 'api-3' } }
        await stack.add(third)
        expect((await get(`${await urlOf('api-3')}/id`)).body).toBe('api-3')
        expect((await stack.nodes()).map((node) => node.id)).toEqual(['entry', 'api-1', 'api-2', 'api-3'])
        expect((await labError(stack.add(third))).exitCode).toBe(EXIT.usage)

        const handle = (await status('entry')).handle
        const wider = `${entry.files['peers.txt']}{{address api-3 http}}\n`
        await stack.reload({ ...entry, files: { ...entry.files, 'peers.txt': wider } })
        await eventually(async () => {
          expect((await get(`${await urlOf('entry')}/peers`)).body).toBe('api-1,api-2,api-3')
        })
        expect((await status('entry')).handle).toBe(handle)
        expect((await stack.specs())[0]?.files['peers.txt']).toBe(wider)

        const again = await find(await under.again(), stackName)
        expect((await again?.specs())?.map((spec) => spec.id)).toEqual(['entry', 'api-1', 'api-2', 'api-3'])

        await stack.reload(entry)
        const url = await urlOf('api-3')
        await stack.remove('api-3')
        expect((await stack.nodes()).map((node) => node.id)).toEqual(['entry', 'api-1', 'api-2'])
        await expect(get(`${url}/id`)).rejects.toThrow()
        await eventually(async () => {
          expect((await get(`${await urlOf('entry')}/peers`)).body).toBe('api-1,api-2')
        })
      })

      it('takes back a replica that never becomes ready', async () => {
        const first = nodeOf(options.topology(), 'api-1')
        const sick: NodeSpec = { ...first, id: 'api-4', env: { ...first.env, INSTANCE_ID: 'api-4', MODE: 'exit' } }
        const error = await labError(stack.add(sick))
        expect(error.exitCode).toBe(EXIT.environment)
        expect(error.details).toContain('cannot find my database')
        expect((await stack.nodes()).map((node) => node.id)).toEqual(['entry', 'api-1', 'api-2'])
      })

      it('kills a node that ignores SIGTERM when its grace is over', async () => {
        const first = nodeOf(options.topology(), 'api-1')
        const env = { ...first.env, INSTANCE_ID: 'deaf', MODE: 'deaf' }
        await stack.add({ ...first, id: 'deaf', env, stopGraceMs: 200 })
        await stack.stop('deaf')
        expect(await status('deaf')).toMatchObject({ state: 'stopped', url: null })
        await stack.remove('deaf')
        expect((await stack.nodes()).map((node) => node.id)).not.toContain('deaf')
      })

      it('measures what its running nodes use', async () => {
        await stack.stop('api-2')
        const usage = await stack.usage()
        expect(usage.map((node) => node.id).sort()).toEqual(['api-1', 'entry'])
        for (const node of usage) {
          expect(node.cpuSeconds).toBeGreaterThanOrEqual(0)
          expect(node.cpuSeconds).toBeLessThan(600)
          expect(node.memoryBytes).toBeGreaterThan(1024 * 1024)
        }
        await stack.restart('api-2')
      })

      it('names the versions of what runs in it', async () => {
        const software = await stack.software()
        expect(Object.keys(software).length).toBeGreaterThan(0)
        for (const version of Object.values(software)) expect(version).toMatch(/\S/)
      })

      it('answers an unknown node with the nearest known one', async () => {
        const operations: Record<string, () => Promise<unknown>> = {
          stop: () => stack.stop('api-11'),
          kill: () => stack.kill('api-11'),
          pause: () => stack.pause('api-11'),
          resume: () => stack.resume('api-11'),
          restart: () => stack.restart('api-11'),
          remove: () => stack.remove('api-11'),
          reload: () => stack.reload({ ...nodeOf(options.topology(), 'api-1'), id: 'api-11' }),
          logs: () => stack.logs('api-11', 1),
          followLogs: async () => {
            for await (const _line of stack.followLogs('api-11', AbortSignal.timeout(1_000))) break
          },
        }
        for (const [operation, run] of Object.entries(operations)) {
          const error = await labError(run())
          expect(error.exitCode, operation).toBe(EXIT.usage)
          expect(error.message, operation).toContain('"api-11"')
          expect(error.hint, operation).toContain('Did you mean "api-1"?')
        }
      })

      it('stands beside another stack', async () => {
        const otherName = newName()
        const other = await up(otherName)
        const urls = [...(await stack.nodes()), ...(await other.nodes())].map((node) => node.url)
        expect(new Set(urls).size).toBe(6)
        await other.kill('api-1')
        expect(await state('api-1')).toBe('running')
        await other.down()
        await expectNothingLeft(otherName)
        expect((await get(`${await urlOf('entry')}/peers`)).body).toBe('api-1,api-2')
      })

      it('goes down whole, once or twice', async () => {
        const again = await find(await under.again(), stackName)
        const urls = (await stack.nodes()).map((node) => node.url)
        await stack.pause('api-1')
        await stack.down()
        await expectNothingLeft(stackName)
        for (const url of urls) await expect(get(`${url}/id`)).rejects.toThrow()
        await stack.down()
        await again?.down()
      })
    })

    describe('a stack that fails to come up', () => {
      it('shows the last log lines of a node that never becomes ready and leaves nothing', async () => {
        const stackName = newName()
        const topology = withEnv(options.topology(), 'api-2', { MODE: 'never-ready' })
        const error = await labError(up(stackName, { topology, readyTimeoutMs: shortReadyMs }))
        expect(error.exitCode).toBe(EXIT.environment)
        expect(error.message).toContain('api-2')
        expect(error.details).toContain('cannot find my database')
        await expectNothingLeft(stackName)
      })

      it('does not wait for a node that has exited', async () => {
        const stackName = newName()
        const topology = withEnv(options.topology(), 'api-2', { MODE: 'exit' })
        // Were the exit not seen, the test would time out long before this.
        const error = await labError(up(stackName, { topology, readyTimeoutMs: 10 * timeout }))
        expect(error.exitCode).toBe(EXIT.environment)
        expect(error.message).toContain('api-2')
        expect(error.details).toContain('cannot find my database')
        await expectNothingLeft(stackName)
      })

      it('takes everything back when told to stop half-way', async () => {
        const stackName = newName()
        const controller = new AbortController()
        const reason = new Error('enough')
        const onEvent = (event: UpEvent): void => {
          if (event.kind === 'starting' && event.node === 'entry') controller.abort(reason)
        }
        await expect(up(stackName, { signal: controller.signal, onEvent })).rejects.toBe(reason)
        await expectNothingLeft(stackName)
      })

      it('takes everything back when told to stop while a node does not become ready', async () => {
        const stackName = newName()
        const controller = new AbortController()
        const reason = new Error('enough')
        const topology = withEnv(options.topology(), 'api-2', { MODE: 'never-ready' })
        const onEvent = (event: UpEvent): void => {
          if (event.kind === 'ready' && event.node === 'api-1') controller.abort(reason)
        }
        await expect(up(stackName, { topology, signal: controller.signal, onEvent })).rejects.toBe(reason)
        await expectNothingLeft(stackName)
      })

      it('starts nothing when told to stop before', async () => {
        const stackName = newName()
        const reason = new Error('enough')
        await expect(up(stackName, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
        await expectNothingLeft(stackName)
      })

      it('is found half-made by another command, which can take it down', async () => {
        const stackName = newName()
        const topology = withEnv(options.topology(), 'api-2', { MODE: 'never-ready' })
        let upping: Promise<string> | undefined
        await new Promise<void>((resolve) => {
          const onEvent = (event: UpEvent): void => {
            if (event.kind === 'ready' && event.node === 'api-1') resolve()
          }
          upping = up(stackName, { topology, onEvent }).then(
            () => 'came up',
            () => 'failed',
          )
        })
        const half = await find(await under.again(), stackName)
        expect(half?.complete).toBe(false)
        expect(half?.meta.name).toBe(stackName)
        expect((await half?.nodes())?.find((node) => node.id === 'api-1')?.state).toBe('running')
        await half?.down()
        expect(await upping).toBe('failed')
        await expectNothingLeft(stackName)
      })

      it('names a published port that is taken', async () => {
        const stackName = newName()
        const taken = await takePort()
        try {
          const error = await labError(up(stackName, { topology: publishing(options.topology(), taken.port) }))
          expect(error.exitCode).toBe(EXIT.environment)
          expect(error.message).toContain(String(taken.port))
          expect(error.hint).toBeTruthy()
        } finally {
          await taken.release()
        }
        await expectNothingLeft(stackName)
      })

      it('publishes the entry at the port asked for', async () => {
        const stackName = newName()
        const taken = await takePort()
        await taken.release()
        const stack = await up(stackName, { topology: publishing(options.topology(), taken.port) })
        try {
          const [entry] = await stack.nodes()
          expect(entry?.url).toBe(`http://127.0.0.1:${taken.port}`)
          expect((await get(`${entry?.url}/id`)).body).toBe('entry')
        } finally {
          await stack.down()
        }
        await expectNothingLeft(stackName)
      })
    })
  })
}

function metaOf(name: string, engine: StackMeta['engine']): StackMeta {
  return {
    name,
    scenario: 'contract',
    engine,
    createdAt: '2024-05-06T07:08:09.000Z',
    version: '0.0.0-test',
    owner: { pid: 4_000_000, identity: 'boot/12345' },
    parameters: { replicas: 2, weights: [3, 1], app: null },
    notes: ['a note'],
  }
}

function withEnv(topology: Topology, id: string, env: Record<string, string>): Topology {
  return {
    ...topology,
    nodes: topology.nodes.map((node) => (node.id === id ? { ...node, env: { ...node.env, ...env } } : node)),
  }
}

function publishing(topology: Topology, port: number): Topology {
  return {
    ...topology,
    nodes: topology.nodes.map((node) =>
      node.id === topology.entry.node ? { ...node, publish: { [topology.entry.port]: port } } : node,
    ),
  }
}

/** The LabError that the promise rejects with; anything else fails the test. */
async function labError(promise: Promise<unknown>): Promise<LabError> {
  const outcome = await promise.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  )
  if (outcome instanceof LabError) return outcome
  throw outcome
}

/** Tries until it passes. What it waits for is certain to come; the limit only turns a hang into a failure. */
async function eventually(check: () => Promise<void>, limitMs = 8_000): Promise<void> {
  const deadline = performance.now() + limitMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

function realGet(url: string, timeout: number): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    // No pooled connection: a node that was restarted must not answer through an old one.
    const request = httpGet(url, { agent: false, timeout }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    })
    request.on('timeout', () => request.destroy(new Error(`no answer from ${url}`)))
    request.on('error', reject)
  })
}

async function realTakePort(): Promise<{ port: number; release(): Promise<void> }> {
  for (;;) {
    // Below the range of outgoing connections, one of which could otherwise take the port after its release.
    const port = 10_000 + Math.floor(Math.random() * 10_000)
    const server = createServer()
    const bound = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (bound) return { port, release: () => new Promise((resolve) => server.close(() => resolve())) }
  }
}
