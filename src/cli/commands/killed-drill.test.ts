import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/random.js'
import { serverFolders } from '../../engines/process/server-folders.js'
import { clusterMissing } from '../../replication/testing/test-cluster.js'
import { CommandLine, type Outcome } from '../testing/command-line.js'
import { Nodes, processIds, stateOf, textOf } from '../testing/database-nodes.js'

const missing = await clusterMissing()
/** Of the moments after the fault at which the command is killed. */
const SEED = 20_261_120

describe.skipIf(missing !== undefined)('a drill whose command is ended half-way', { timeout: 120_000 }, () => {
  const random = seededRandom(SEED)
  let cli: CommandLine
  let nodes: Nodes
  /** Addresses stay what they are, whatever happens to the nodes. */
  let urls: Record<string, string>
  beforeAll(async () => {
    cli = await CommandLine.create()
    nodes = new Nodes(cli)
    await cli.ok('up', 'repl-2', '--engine', 'process', '--rows', '100')
    urls = Object.fromEntries((await nodes.rows()).map(({ id, url }) => [id, url ?? '']))
  })
  afterAll(() => cli.dispose())

  /** Kills the command so many milliseconds after it told of the fault. */
  async function killedAfter(ms: number, node: string, fault: string): Promise<void> {
    expect((await endedAfter(ms, node, fault, 'SIGKILL')).signal).toBe('SIGKILL')
    // Its load generator notices by itself.
    await expect.poll(ours, { timeout: 10_000 }).toEqual([])
  }
  function endedAfter(ms: number, node: string, fault: string, how: NodeJS.Signals): Promise<Outcome> {
    const args = ['failover', node, '--fault', fault, '--rps', '150', '--baseline', '0ms', '--quiet', '--out', 'out']
    return cli.run(args, {
      onStart(child) {
        let struck = false
        const listen = (text: Buffer | string): void => {
          if (struck || !/fault: \S+: /.test(String(text))) return
          struck = true
          setTimeout(() => child.kill(how), ms)
        }
        child.stdout?.on('data', listen)
        child.stderr?.on('data', listen)
      },
    })
  }
  const ours = (): string[] =>
    processIds()
      .map(textOf)
      .filter(
        (text) => text.includes('generator-child') && text.includes(`SCALELAB_STATE=${join(cli.folder, 'state')}\0`),
      )

  /** What `ps` says is held against sockets and the process table. */
  async function expectTruth(): Promise<void> {
    const pids = await nodes.pids()
    for (const { id, state, url } of await nodes.rows()) {
      const listens = await listensAt(urls[id] ?? '')
      expect(`${id} ${state}: ${listens}`).toBe(`${id} ${state}: ${state !== 'stopped'}`)
      expect(url).toBe(state === 'stopped' ? null : urls[id])
      if (state === 'stopped') continue
      // Of a node that is frozen the first process stands still.
      expect(`${id} ${state}: ${stateOf(pids[id] ?? 0)}`).toMatch(state === 'paused' ? /: T$/ : /: [^TZ]$/)
    }
  }

  async function expectRight(): Promise<void> {
    expect(new Set(Object.values(await nodes.states()))).toEqual(new Set(['running']))
    const databases = (await nodes.rows()).flatMap(({ database }) => (database === undefined ? [] : [database]))
    expect(databases.map(({ role }) => role).toSorted()).toEqual(['primary', 'standby', 'standby'])
    expect(new Set(databases.map(({ timeline }) => timeline)).size).toBe(1)
    const write = (): Promise<number> =>
      fetch(`${urls.balancer}/api/sessions/user-000001`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ version: Date.now() }),
      }).then(({ status }) => status)
    await expect.poll(write, { timeout: 10_000 }).toBe(200)
  }

  it.each([
    ['primary', 'kill', 400],
    ['primary', 'kill', 1_200],
    ['primary', 'pause', 600],
    ['primary', 'pause', 2_500],
    ['standby', 'pause', 2_000],
  ])(
    'of the %s, %s, at a random moment: ps tells the truth, and --resume puts it right',
    async (role, fault, within) => {
      const primary = await nodes.primary()
      const standby = primary === 'standby-1' ? 'standby-2' : 'standby-1'
      await killedAfter(Math.round(random() * within), role === 'primary' ? 'primary' : standby, fault)
      await expectTruth()
      const { code, stderr } = await cli.run(['failover', '--resume'])
      expect(stderr).not.toContain('error')
      expect(code).toBe(0)
      await expectTruth()
      await expectRight()
    },
  )

  it('of the primary, frozen, by Ctrl-C: it puts the stack right itself', async () => {
    const { code, stderr } = await endedAfter(200, 'primary', 'pause', 'SIGINT')
    expect(stderr).toContain('Interrupted; putting the stack right first.')
    expect(stderr).not.toContain('did not work')
    expect(code).toBe(130)
    await expectTruth()
    await expectRight()
  })

  it('can be taken down as it is, and nothing is left', async () => {
    await killedAfter(Math.round(random() * 500), 'primary', 'pause')
    await expectTruth()
    expect(await cli.ok('down')).toContain('repl-2 is down')
    expect(await cli.survivors()).toEqual([])
    const state = join(cli.folder, 'state')
    expect(await readdir(join(state, 'stacks'))).toEqual([])
    const { data } = serverFolders(state, process.env)
    if (data !== undefined) expect(existsSync(join(data, 'repl-2'))).toBe(false)
    expect(await cli.json('ps', '--json')).toEqual([])
    for (const url of Object.values(urls)) expect(await listensAt(url)).toBe(false)
  })
})

function listensAt(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
