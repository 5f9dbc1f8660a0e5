import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT, LabError } from '../../core/errors.js'
import type { NodeSpec } from '../../core/topology.js'
import { processIdentity } from '../../store/process-identity.js'
import { TEST_NODE_SOURCE, testNode, testTopology } from '../testing/test-node.js'
import { launch } from './launch.js'
import { PID_FILE } from './node-process.js'
import { type TestMachine, testMachine, upRequest } from './testing/test-machine.js'

const API = { kind: 'bundle', bundle: 'api' } as const

let machine: TestMachine
beforeAll(async () => {
  machine = await testMachine()
})
afterAll(() => machine.cleanup())

function alone(node: NodeSpec) {
  return { nodes: [node], entry: { node: node.id, port: 'http' } }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function pidOf(stackName: string, node: string): Promise<number> {
  return Number((await readFile(join(machine.folders.nodeFolder(stackName, node), PID_FILE), 'utf8')).split(' ')[0])
}

describe("a user's own command", () => {
  // Two children and a shell that waits for them: what a start script does.
  const script = `node {{dir}}/test-node.mjs & sh -c 'sleep 600; true' & wait`
  const node = testNode('app', { kind: 'command', command: script }, { files: { 'test-node.mjs': TEST_NODE_SOURCE } })

  it('gets its host, port and id, and dies with all its children', async () => {
    const bare: NodeSpec = { ...node, env: {} }
    const stack = await machine.engine().up(upRequest('command', alone(bare)))
    expect(await stack.logs('app', 10)).toContain('started app')
    expect(await machine.leftovers('command')).toHaveLength(5)
    await stack.kill('app')
    expect(await machine.leftovers('command')).toEqual(['folder command'])
    await stack.restart('app')
    await stack.down()
    expect(await machine.leftovers('command')).toEqual([])
  })

  it('is ended whole when the process it was started as has died before its children', async () => {
    const stack = await machine.engine().up(upRequest('headless', alone(node)))
    process.kill(await pidOf('headless', 'app'), 'SIGKILL')
    await expect.poll(async () => (await machine.leftovers('headless')).length).toBe(4)
    expect((await stack.nodes())[0]?.state).toBe('running')
    await stack.stop('app')
    expect(await machine.leftovers('headless')).toEqual(['folder headless'])
    await stack.down()
  })

  it('leaves nothing behind that has made a session of its own', async () => {
    const escaping = { ...node, program: { kind: 'command', command: `setsid sleep 600 & ${script}` } } as const
    const stack = await machine.engine().up(upRequest('escaping', alone(escaping)))
    await stack.down()
    expect(await machine.leftovers('escaping')).toEqual([])
  })

  it('runs where the user called, also when it is restarted from elsewhere', async () => {
    const command = `pwd && exec node {{dir}}/test-node.mjs`
    const stack = await machine.engine().up(upRequest('cwd', alone({ ...node, program: { kind: 'command', command } })))
    expect(await stack.logs('app', 10)).toContain(machine.root)
    await stack.down()
  })
})

describe('a process that only has the number of a node', () => {
  it('is never signalled', async () => {
    const stack = await machine.engine().up(upRequest('recycled', testTopology(API)))
    await stack.kill('api-1')
    const bystander = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
    const { pid = 0 } = bystander
    try {
      const pidFile = join(machine.folders.nodeFolder('recycled', 'api-1'), PID_FILE)
      const [, identity = ''] = (await readFile(pidFile, 'utf8')).split(' ')
      await writeFile(pidFile, `${pid} ${identity}`)
      expect((await stack.nodes()).find(({ id }) => id === 'api-1')?.state).toBe('stopped')
      await stack.pause('api-1')
      await stack.stop('api-1')
      await stack.kill('api-1')
      await stack.down()
      await sleep(50)
      expect(lives(pid)).toBe(true)
      expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') S ')
    } finally {
      bystander.kill('SIGKILL')
    }
  })
})

describe('a frozen node', () => {
  it('is given its grace when it is stopped', async () => {
    const stack = await machine.engine().up(upRequest('frozen', alone(testNode('api-1', API))))
    await stack.pause('api-1')
    await stack.stop('api-1')
    expect(await stack.logs('api-1', 1)).toEqual(['stopping api-1'])
    await stack.down()
  })
})

describe('a start whose folder is gone', () => {
  it('never becomes the program', async () => {
    const { ended } = await launch({
      nodeFolder: join(machine.root, 'gone'),
      argv: ['/bin/sh', '-c', `echo ran > ${join(machine.root, 'ran')}`],
      cwd: machine.root,
      env: process.env,
      shellIdentity: processIdentity().shell,
    })
    expect(await ended).toBe('its folder is gone or the disk is full')
    await expect(readFile(join(machine.root, 'ran'))).rejects.toThrow('ENOENT')
  })
})

describe('the state on disk', () => {
  it('keeps a stack whose processes all died, as after a reboot', async () => {
    const stack = await machine.engine().up(upRequest('rebooted', testTopology(API)))
    for (const id of ['entry', 'api-1', 'api-2']) process.kill(await pidOf('rebooted', id), 'SIGKILL')
    await expect
      .poll(async () => (await stack.nodes()).map(({ state, url }) => [state, url]))
      .toEqual(Array(3).fill(['stopped', null]))
    await stack.restart('api-1')
    await stack.down()
    expect(await machine.leftovers('rebooted')).toEqual([])
  })

  it('when damaged is named, hides no other stack, and can be taken down', async () => {
    const first = await machine.engine().up(upRequest('damaged', testTopology(API)))
    const second = await machine.engine().up(upRequest('sound', testTopology(API)))
    const file = join(machine.folders.folder('damaged'), 'stack.json')
    await writeFile(file, '{ "meta": ')
    const stacks = await machine.engine().stacks()
    expect(stacks.map(({ meta, complete }) => [meta.name, complete])).toEqual([
      ['damaged', false],
      ['sound', true],
    ])
    const error = await stacks[0]?.nodes().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(LabError)
    expect(error).toMatchObject({ exitCode: EXIT.environment, message: expect.stringContaining(file) })
    await stacks[0]?.down()
    expect(await machine.leftovers('damaged')).toEqual([])
    await first.down()
    expect((await second.nodes()).map(({ state }) => state)).toEqual(['running', 'running', 'running'])
    await second.down()
  })

  it('of another stack that has the name by now is left alone', async () => {
    const first = await machine.engine().up(upRequest('same', testTopology(API)))
    await first.down()
    const second = await machine.engine().up(upRequest('same', testTopology(API)))
    await first.down()
    expect((await second.nodes()).map(({ state }) => state)).toEqual(['running', 'running', 'running'])
    await second.down()
  })
})

describe('where nodes listen', () => {
  /** Another address of this machine than 127.0.0.1, which only those answer that listen on all addresses. */
  const answersElsewhere = (url: string | null | undefined): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(url ?? '').port), '127.0.0.2', () => resolve(true))
      socket.on('connect', () => socket.destroy())
      socket.on('error', () => resolve(false))
    })

  it('is loopback, except for the entry when the user asked for more', async () => {
    const request = upRequest('listening', testTopology(API))
    const stack = await machine.engine().up({ ...request, publishHost: '0.0.0.0' })
    const nodes = await stack.nodes()
    expect(await Promise.all(nodes.map(({ url }) => answersElsewhere(url)))).toEqual([true, false, false])
    expect(nodes[0]?.url).toMatch(/^http:\/\/127\.0\.0\.1:/)
    await stack.down()
    const inside = await machine.engine().up(request)
    expect(await answersElsewhere((await inside.nodes())[0]?.url)).toBe(false)
    await inside.down()
  })

  it('names who has a published port', async () => {
    const first = await machine.engine().up(upRequest('holder', alone(testNode('api-1', API))))
    const port = Number(new URL((await first.nodes())[0]?.url ?? '').port)
    const second = alone({ ...testNode('api-1', API), publish: { http: port } })
    const error = await machine
      .engine()
      .up(upRequest('wanting', second))
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      exitCode: EXIT.environment,
      message: expect.stringMatching(
        new RegExp(`port ${port} .* taken by .+ \\(pid ${await pidOf('holder', 'api-1')}\\)`),
      ),
      hint: expect.stringContaining('--port'),
    })
    await first.down()
  })
})

describe('what the engine cannot do', () => {
  it('is said', async () => {
    const engine = machine.engine()
    expect(engine.limitations(testTopology(API))).toEqual([])
    const limited = alone({ ...testNode('api-1', API), limits: { cpus: 0.5 } })
    expect(engine.limitations(limited)).toEqual([expect.stringContaining('api-1')])
    const signal = new AbortController().signal
    expect(await engine.available(testTopology(API), signal)).toMatchObject({ ok: true, version: /^node \d+/ })
    const image = alone(testNode('api-1', { kind: 'image', image: 'mine' }))
    expect(await engine.available(image, signal)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('Docker'),
    })
    await expect(engine.up(upRequest('image', image))).rejects.toMatchObject({ exitCode: EXIT.usage })
    const unbuilt = alone(testNode('lb', { kind: 'bundle', bundle: 'balancer' }))
    expect(await engine.available(unbuilt, signal)).toMatchObject({ ok: false, fix: 'npm run build' })
    await expect(engine.up(upRequest('unbuilt', unbuilt))).rejects.toMatchObject({ exitCode: EXIT.environment })
  })
})
