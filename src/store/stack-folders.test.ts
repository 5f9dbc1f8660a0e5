import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EXIT, LabError } from '../core/errors.js'
import type { StackFolders, StackRecord } from '../core/stack-folders.js'
import { nginx } from '../parts/nginx/nginx.js'
import { stackFolders } from './stack-folders.js'

let root: string
let folders: StackFolders

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'scalelab-folders-'))
  folders = stackFolders(join(root, 'state', 'scalelab'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

function record(name: string, complete = false): StackRecord {
  return {
    meta: {
      name,
      scenario: 'lb-3',
      engine: 'process',
      createdAt: '2024-05-06T07:08:09.000Z',
      version: '0',
      owner: 'kept',
      parameters: { replicas: 3 },
      notes: [],
    },
    topology: {
      nodes: [
        {
          id: 'balancer',
          role: 'balancer',
          part: 'nginx',
          program: nginx.program,
          env: {},
          files: {},
          ports: { http: 8_080 },
          publish: {},
          dependsOn: [],
          readiness: { protocol: 'http', port: 'http', path: '/', accept: 'ok' },
          limits: {},
          stopGraceMs: 1_000,
        },
      ],
      entry: { node: 'balancer', port: 'http' },
    },
    complete,
    publishHost: '127.0.0.1',
    readyTimeoutMs: 1_000,
    cwd: '/',
    path: '/bin',
    ports: { balancer: { http: 20_001 } },
  }
}

const errorOf = async (promise: Promise<unknown>): Promise<LabError> => {
  const error = await promise.catch((reason: unknown) => reason)
  if (error instanceof LabError) return error
  throw new Error('no LabError', { cause: error })
}

describe('the record of a stack', () => {
  it('is read as it was written, listed by name, and gone after removal', async () => {
    expect(await folders.list()).toEqual([])
    expect(await folders.read('b')).toBeUndefined()
    await folders.create(record('b'))
    await folders.create(record('a'))
    await folders.save(record('b', true))
    expect(await folders.read('b')).toEqual(record('b', true))
    expect(await folders.list()).toEqual([
      { name: 'a', record: record('a') },
      { name: 'b', record: record('b', true) },
    ])
    await folders.remove('b')
    await folders.remove('b')
    expect((await folders.list()).map(({ name }) => name)).toEqual(['a'])
  })

  it('is made by one of many', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => folders.create(record('one'))))
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(refused).toHaveLength(7)
    for (const error of refused) expect(error).toMatchObject({ exitCode: EXIT.usage })
    expect(await folders.read('one')).toEqual(record('one'))
  })

  it('is not made again by a save after the stack was removed', async () => {
    await folders.create(record('gone'))
    await folders.remove('gone')
    expect((await errorOf(folders.save(record('gone', true)))).message).toContain('gone')
    await errorOf(folders.writeNode('gone', 'api-1', { 'a/b/c.txt': 'x' }))
    expect(await folders.list()).toEqual([])
  })

  it.each([
    ['half a file', '{ "meta": { "name": "bad"'],
    ['another file', '[1, 2, 3]'],
    ['nothing', ''],
    ['another stack', JSON.stringify(record('other'))],
  ])('with %s in it is named, and hides no other', async (_, text) => {
    await folders.create(record('bad'))
    await folders.create(record('good'))
    const file = join(folders.folder('bad'), 'stack.json')
    await writeFile(file, text)
    const error = await errorOf(folders.read('bad'))
    expect(error.exitCode).toBe(EXIT.environment)
    expect(error.message).toContain(file)
    expect(await folders.list()).toEqual([
      { name: 'bad', damage: expect.objectContaining({ message: expect.stringContaining(file) }) },
      { name: 'good', record: record('good') },
    ])
  })

  it('that is missing, because its command was killed that early, is listed as damaged', async () => {
    await folders.create(record('early'))
    await rm(join(folders.folder('early'), 'stack.json'))
    expect(await folders.list()).toEqual([{ name: 'early', damage: expect.any(LabError) }])
    await expect(folders.create(record('early'))).rejects.toMatchObject({ exitCode: EXIT.usage })
  })

  it('survives a full disk, which is named with a way out', async () => {
    await folders.create(record('full'))
    const file = join(folders.folder('full'), 'stack.json')
    // Whatever the next temporary file is called, it is on a full device.
    for (let i = 0; i < 300; i++) await symlink('/dev/full', `${file}.${process.pid}-${i}.tmp`)
    const error = await errorOf(folders.save(record('full', true)))
    expect(error.exitCode).toBe(EXIT.environment)
    expect(error.message).toContain('no space')
    expect(error.hint).toContain('XDG_STATE_HOME')
    expect(await folders.read('full')).toEqual(record('full'))
  })

  it('takes no name that is a path', async () => {
    for (const name of ['../up', 'a/b', '.hidden', '']) {
      expect((await errorOf(folders.create(record(name)))).exitCode).toBe(EXIT.usage)
    }
    expect(() => folders.nodeFolder('lb-3', '..')).toThrow(LabError)
    expect(await folders.list()).toEqual([])
    expect(await readdir(root)).toEqual(['state'])
  })

  it('is not mixed up with what somebody else left beside it', async () => {
    await folders.create(record('ours'))
    await writeFile(join(folders.folder('ours'), '..', 'notes.txt'), 'mine')
    expect((await folders.list()).map(({ name }) => name)).toEqual(['ours'])
  })
})

describe('the folders of nodes', () => {
  it('hold the files, also in folders, and replace them', async () => {
    await folders.create(record('s'))
    await folders.writeNode('s', 'api-1', {})
    await folders.writeNode('s', 'lb', { 'nginx.conf': 'one', 'conf.d/upstream.conf': 'servers' })
    await folders.writeNode('s', 'lb', { 'nginx.conf': 'two' })
    const files = join(folders.nodeFolder('s', 'lb'), 'files')
    expect(await readFile(join(files, 'nginx.conf'), 'utf8')).toBe('two')
    expect(await readFile(join(files, 'conf.d/upstream.conf'), 'utf8')).toBe('servers')
    expect((await folders.nodeFolders('s')).map(({ id }) => id).sort()).toEqual(['api-1', 'lb'])
    await folders.removeNode('s', 'lb')
    expect((await folders.nodeFolders('s')).map(({ id }) => id)).toEqual(['api-1'])
  })

  it('hold no file outside themselves', async () => {
    await folders.create(record('s'))
    await expect(folders.writeNode('s', 'lb', { '../../evil': 'x' })).rejects.toThrow('outside')
  })

  it('can be closed against those that come late, and are still found', async () => {
    await folders.create(record('s'))
    await folders.writeNode('s', 'api-1', {})
    await folders.close('s')
    await folders.close('s')
    const found = await folders.nodeFolders('s')
    expect(found.map(({ id }) => id)).toEqual(['api-1'])
    expect(found[0]?.path).not.toBe(folders.nodeFolder('s', 'api-1'))
    await expect(writeFile(join(folders.nodeFolder('s', 'api-1'), 'pid'), '1')).rejects.toThrow('ENOENT')
    await errorOf(folders.writeNode('s', 'api-2', {}))
    await folders.remove('s')
    expect(await folders.list()).toEqual([])
  })

  it('are for this user alone', async () => {
    await mkdir(join(root, 'state'))
    await folders.create(record('s'))
    const { mode } = await stat(folders.folder('s'))
    expect(mode & 0o077).toBe(0)
  })
})
