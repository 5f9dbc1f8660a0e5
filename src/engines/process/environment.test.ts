import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { testNode } from '../testing/test-node.js'
import { type TestMachine, testMachine, upRequest } from './testing/test-machine.js'

const THEIRS = {
  NODE_OPTIONS: '--no-such-option',
  PGOPTIONS: '-c nonsense=1',
  PGDATESTYLE: 'German',
  http_proxy: 'http://192.0.2.1:1',
  LANG: 'de_DE.UTF-8',
  LC_MESSAGES: 'de_DE.UTF-8',
  TZ: 'Asia/Kathmandu',
}

let machine: TestMachine
beforeAll(async () => {
  machine = await testMachine()
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => machine.cleanup())

it.skipIf(process.platform !== 'linux')(
  'the caller’s settings reach the caller’s command, and no program of ours',
  async () => {
    for (const [name, value] of Object.entries(THEIRS)) vi.stubEnv(name, value)
    const theirs = `NODE_OPTIONS= exec ${process.execPath} ${machine.nodesDir}/api.mjs`
    const nodes = [
      testNode('ours', { kind: 'bundle', bundle: 'api' }),
      testNode('theirs', { kind: 'command', command: theirs }),
    ]
    // With such NODE_OPTIONS no node would start.
    const stack = await machine.engine().up(upRequest('environment', { nodes, entry: { node: 'ours', port: 'http' } }))
    const [ours, command] = await Promise.all(
      (await stack.nodes()).map(async ({ handle }) => {
        const text = await readFile(`/proc/${handle.replace('pid ', '')}/environ`, 'utf8')
        return new Map(text.split('\0').map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]))
      }),
    )
    const reached = (environment: Map<string | undefined, string> | undefined) =>
      Object.entries(THEIRS).flatMap(([name, value]) => (environment?.get(name) === value ? [name] : []))
    expect(reached(ours)).toEqual([])
    expect(reached(command)).toEqual(Object.keys(THEIRS).filter((name) => name !== 'NODE_OPTIONS'))
  },
)
