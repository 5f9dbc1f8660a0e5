import { beforeAll, describe, expect, it } from 'vitest'
import { EXIT } from '../../core/errors.js'
import type { NodeStatus } from '../../core/stack.js'
import { type NodeSpec, nodeOf } from '../../core/topology.js'
import type { Stack, UpEvent } from '../port.js'
import { type Contract, eventually, labError } from './contract.js'

/** What a stack does once it is up. Every test leaves it as it found it; the last one takes it down. */
export function describeRunningStack(contract: Contract): void {
  const { timeoutMs, newName, up, get, findAgain, makeTopology, expectNothingLeft } = contract
  describe('a running stack', { timeout: timeoutMs }, () => {
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
    }, timeoutMs)

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
      const again = await findAgain(stackName)
      expect(again?.complete).toBe(true)
      expect(again?.meta).toEqual(stack.meta)
      expect(stack.meta.readyMs).toBeGreaterThanOrEqual(0)
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
      const topology = makeTopology()
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

      const again = await findAgain(stackName)
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

    describe('the files of a node', () => {
      const answer = async (path: string): Promise<{ status: number; body: string }> =>
        get(`${await urlOf('api-1')}/files/${path}`)

      it('are written and deleted while it runs, and are no part of its spec', async () => {
        const specs = await stack.specs()
        await stack.write('api-1', { 'note.txt': 'first\n', 'deep/er/note.txt': 'second {{host}}\n' })
        expect(await answer('note.txt')).toEqual({ status: 200, body: 'first\n' })
        expect((await answer('deep/er/note.txt')).body).toBe('second {{host}}\n')
        await stack.write('api-1', { 'note.txt': 'third\n', 'deep/er/note.txt': null, 'none.txt': null })
        expect((await answer('note.txt')).body).toBe('third\n')
        expect((await answer('deep/er/note.txt')).status).toBe(404)
        expect(await stack.specs()).toEqual(specs)
      })

      it('are written while it is frozen', async () => {
        await stack.pause('api-1')
        await stack.write('api-1', { 'note.txt': 'frozen\n' })
        expect(await state('api-1')).toBe('paused')
        await stack.resume('api-1')
        expect((await answer('note.txt')).body).toBe('frozen\n')
      })

      it.each(['stop', 'kill'] as const)('are written after a %s, and outlast the next start', async (end) => {
        await stack.write('api-1', { 'old.txt': `before ${end}\n`, 'note.txt': 'old\n' })
        await stack[end]('api-1')
        await stack.write('api-1', { 'new.txt': `after ${end}\n`, 'note.txt': null })
        expect(await state('api-1')).toBe('stopped')
        await stack.restart('api-1')
        expect((await answer('old.txt')).body).toBe(`before ${end}\n`)
        expect((await answer('new.txt')).body).toBe(`after ${end}\n`)
        expect((await answer('note.txt')).status).toBe(404)
        await stack.restart('api-1')
        expect((await answer('new.txt')).body).toBe(`after ${end}\n`)
      })

      it('are read back, also of a stopped node', async () => {
        await stack.write('api-1', { 'kept.txt': 'kept\n' })
        await stack.kill('api-1')
        expect(await stack.read('api-1', 'kept.txt', 'dir')).toBe('kept\n')
        expect(await stack.read('api-1', 'kept.txt')).toBeNull()
        await stack.write('api-1', { 'kept.txt': null })
        expect(await stack.read('api-1', 'kept.txt', 'dir')).toBeNull()
        await stack.restart('api-1')
      })

      it('never lie outside its folder', async () => {
        for (const path of ['../note.txt', 'deep/../../note.txt', '/etc/note.txt']) {
          await expect(stack.write('api-1', { [path]: 'out\n' }), path).rejects.toThrow('outside')
          await expect(stack.read('api-1', path), path).rejects.toThrow('outside')
          await expect(stack.read('api-1', path, 'dir'), path).rejects.toThrow('outside')
        }
      })
    })

    it('keeps what a node wrote into its data folder, whatever is done to the node', async () => {
      const starts = async (): Promise<number> =>
        ((await stack.read('api-1', 'notes/starts.txt')) ?? '').split('\n').filter((line) => line === 'started').length
      const before = await starts()
      expect(before).toBeGreaterThan(0)
      await stack.pause('api-1')
      expect(await starts()).toBe(before)
      await stack.resume('api-1')
      await stack.stop('api-1')
      expect(await starts()).toBe(before)
      await stack.restart('api-1')
      expect(await starts()).toBe(before + 1)
      await stack.kill('api-1')
      expect(await starts()).toBe(before + 1)
      await stack.restart('api-1')
      expect(await starts()).toBe(before + 2)
      expect(await stack.read('api-1', 'notes/none.txt')).toBeNull()
      expect(await stack.read('api-1', 'none/starts.txt')).toBeNull()
    })

    it('forgets the files and the data of a node that is removed', async () => {
      const first = nodeOf(makeTopology(), 'api-1')
      const third: NodeSpec = { ...first, id: 'api-3', env: { ...first.env, INSTANCE_ID: 'api-3' } }
      const fileOf = async (path: string): Promise<number> =>
        (await get(`${await urlOf('api-3')}/files/${path}`)).status
      await stack.add(third)
      await stack.restart('api-3')
      await stack.write('api-3', { 'note.txt': 'old\n' })
      expect(await stack.read('api-3', 'notes/starts.txt')).toBe('started\nstarted\n')
      await stack.remove('api-3')
      await stack.add(third)
      expect(await fileOf('note.txt')).toBe(404)
      expect(await stack.read('api-3', 'notes/starts.txt')).toBe('started\n')
      await stack.remove('api-3')
    })

    it('takes back a replica that never becomes ready', async () => {
      const first = nodeOf(makeTopology(), 'api-1')
      const sick: NodeSpec = { ...first, id: 'api-4', env: { ...first.env, INSTANCE_ID: 'api-4', MODE: 'exit' } }
      const error = await labError(stack.add(sick))
      expect(error.exitCode).toBe(EXIT.environment)
      expect(error.details).toContain('cannot find my database')
      expect((await stack.nodes()).map((node) => node.id)).toEqual(['entry', 'api-1', 'api-2'])
    })

    it('kills a node that ignores SIGTERM when its grace is over', async () => {
      const first = nodeOf(makeTopology(), 'api-1')
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
        reload: () => stack.reload({ ...nodeOf(makeTopology(), 'api-1'), id: 'api-11' }),
        write: () => stack.write('api-11', { 'note.txt': '' }),
        read: () => stack.read('api-11', 'note.txt'),
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
      const again = await findAgain(stackName)
      const urls = (await stack.nodes()).map((node) => node.url)
      await stack.pause('api-1')
      await stack.down()
      await expectNothingLeft(stackName)
      for (const url of urls) await expect(get(`${url}/id`)).rejects.toThrow()
      await stack.down()
      await again?.down()
    })
  })
}
