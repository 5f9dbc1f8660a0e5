import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testNode, testTopology } from '../testing/test-node.js'
import { type TestMachine, testMachine, testMeta } from './testing/test-machine.js'

/** A command that brings a stack up and ends, as `scalelab up` does. It prints the events of `up`. */
const UP_COMMAND = `
import { readFileSync } from 'node:fs'
import { processIdentity } from '../../store/process-identity.js'
import { stackFolders } from '../../store/stack-folders.js'
import { createProcessEngine } from './engine.js'

const { stateDir, nodesDir, topology, meta } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const engine = createProcessEngine({
  folders: stackFolders(stateDir),
  identity: processIdentity(),
  nodesDir,
  nodeBinary: process.execPath,
  servers: { cache: stateDir, data: undefined },
  secret: String,
  env: process.env,
  cwd: () => process.cwd(),
})
console.log('begun')
await engine.up({
  topology,
  meta,
  publishHost: '127.0.0.1',
  readyTimeoutMs: 60_000,
  signal: new AbortController().signal,
  onEvent: (event) => console.log(event.kind + ' ' + event.node),
})
console.log('up')
`

describe('what a command leaves running', () => {
  let machine: TestMachine
  let program: string

  beforeAll(async () => {
    machine = await testMachine()
    program = join(machine.root, 'up-command.mjs')
    await build({
      stdin: { contents: UP_COMMAND, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      // Packages that are CommonJS ask for node's modules in its way.
      banner: {
        js: `import { createRequire as requireFor } from 'node:module'\nconst require = requireFor(import.meta.url)`,
      },
      logLevel: 'silent',
    })
  })
  afterAll(() => machine.cleanup())

  const run = async (
    name: string,
    topology = testTopology({ kind: 'bundle', bundle: 'api' }),
  ): Promise<ChildProcess> => {
    const request = join(machine.root, `${name}.json`)
    const stateDir = join(machine.root, 'state')
    await writeFile(request, JSON.stringify({ stateDir, nodesDir: machine.nodesDir, topology, meta: testMeta(name) }))
    return spawn(process.execPath, [program, request], { stdio: ['ignore', 'pipe', 'inherit'] })
  }
  /** Waits for a line of the command's output. */
  const printed = async (command: ChildProcess, line: string): Promise<void> => {
    if (command.stdout === null) throw new Error('no output')
    for await (const read of createInterface({ input: command.stdout })) if (read === line) return
    throw new Error(`the command ended without printing ${line}`)
  }
  const find = async (name: string) => (await machine.engine().stacks()).find((stack) => stack.meta.name === name)

  it('lives on after the command has ended by itself, which nothing holds', async () => {
    const command = await run('outliving')
    const [code] = await once(command, 'exit')
    expect(code).toBe(0)
    const stack = await find('outliving')
    expect(stack?.complete).toBe(true)
    expect((await stack?.nodes())?.map(({ state }) => state)).toEqual(['running', 'running', 'running'])
    await stack?.down()
    expect(await machine.leftovers('outliving')).toEqual([])
  })

  it('shows half-made when the command was killed, and goes down', async () => {
    const program = { kind: 'bundle', bundle: 'api' } as const
    const nodes = [testNode('api-1', program), testNode('api-2', program, { mode: 'never-ready' })]
    const command = await run('half', { nodes, entry: { node: 'api-1', port: 'http' } })
    await printed(command, 'ready api-1')
    command.kill('SIGKILL')
    await once(command, 'exit')
    const stack = await find('half')
    expect(stack?.complete).toBe(false)
    expect((await stack?.nodes())?.map(({ state }) => state)).toEqual(['running', 'starting'])
    await stack?.down()
    expect(await machine.leftovers('half')).toEqual([])
  })

  it('is all known, at whatever moment the command was killed', async () => {
    for (const afterMs of [0, 3, 6, 10, 15, 20, 30, 45, 70, 100, 150]) {
      const name = `killed-${afterMs}`
      const command = await run(name)
      await printed(command, 'begun')
      const until = performance.now() + afterMs
      while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve))
      command.kill('SIGKILL')
      if (command.signalCode === null && command.exitCode === null) await once(command, 'exit')
      await (await find(name))?.down()
      // A start under way at that moment ends by itself, because its folder is gone.
      await expect.poll(() => machine.leftovers(name), { timeout: 5_000 }).toEqual([])
    }
  })
})
