import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AddressBook } from '../../core/references.js'
import type { Program } from '../../core/topology.js'
import { nginx } from '../../parts/nginx/nginx.js'
import { testNode } from '../testing/test-node.js'
import { commandLine, isSimple, type ProgramPlaces, versionsOf } from './programs.js'

const book: AddressBook = {
  host: '127.0.0.1',
  dir: '/n',
  data: '/d',
  port: () => 20_001,
  address: (node) => `${node}:1`,
  secret: String,
}
let folder: string
let places: ProgramPlaces

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scalelab-programs-'))
  await writeFile(join(folder, 'nginx'), '#!/bin/sh\necho "nginx version: nginx/9.8.7 (Test)" >&2\n')
  await chmod(join(folder, 'nginx'), 0o755)
  places = {
    nodesDir: '/dist/nodes',
    nodeBinary: process.execPath,
    path: `/nowhere:${folder}:/bin`,
    serverBin: undefined,
    cache: folder,
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it.each([
  ['uvicorn main:app --port 8000', true],
  ['node server.js > out.txt', true],
  ['cd app && npm start', false],
  ['a; b', false],
  ['a | b', false],
  ['(a)', false],
  ['a &', false],
  ['PORT=1 node server.js', false],
  ['! a', false],
  ['a\nb', false],
])('%j takes the place of its shell: %s', (command, expected) => {
  expect(isSimple(command)).toBe(expected)
})

it.each<[Program, string[]]>([
  [{ kind: 'bundle', bundle: 'api' }, [process.execPath, '/dist/nodes/api.mjs']],
  [{ kind: 'command', command: 'serve {{host}} {{port http}}' }, ['sh', '-c', 'exec serve 127.0.0.1 20001']],
  [{ kind: 'command', command: 'a && serve {{address db pg}}' }, ['sh', '-c', 'a && serve db:1']],
])('runs %j', async (program, expected) => {
  expect(await commandLine(testNode('n', program), book, places)).toEqual(expected)
})

it('finds nginx on the PATH and reads its version', async () => {
  const node = testNode('n', nginx.program)
  expect((await commandLine(node, book, places))[0]).toBe(join(folder, 'nginx'))
  const topology = {
    nodes: [node, testNode('m', { kind: 'bundle', bundle: 'api' })],
    entry: { node: 'n', port: 'http' },
  }
  expect(await versionsOf(topology, places)).toEqual({ nginx: '9.8.7', node: process.versions.node })
})
