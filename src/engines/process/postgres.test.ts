import { existsSync } from 'node:fs'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATABASE_ROLES } from '../../core/databases-file.js'
import { EXIT, LabError } from '../../core/errors.js'
import { postgres } from '../../parts/postgres/postgres.js'
import type { Stack } from '../port.js'
import { PID_FILE } from './node-process.js'
import { serverFolders } from './server-folders.js'
import { findServer, isLack } from './server-programs.js'
import { ask, bundleClone, connected, databaseTopology, processTexts, statesIn } from './testing/database-stack.js'
import { type TestMachine, testMachine, testSecret, upRequest } from './testing/test-machine.js'

const required = process.env.SCALELAB_REQUIRE === '1'
const DEBIAN_15 = '/usr/lib/postgresql/15/bin'

let machine: TestMachine
beforeAll(async () => {
  machine = await testMachine()
  await bundleClone(machine.nodesDir)
})
afterAll(() => machine.cleanup())

const { cache } = serverFolders(tmpdir(), process.env)
const found = await findServer(postgres.program, { serverBin: undefined, path: process.env.PATH ?? '', cache })
const missing = isLack(found) && !required
/** Then data goes with the state folder. */
const machineOfUser = process.getuid?.() !== 0

/** Where the servers of a node work. */
function dataOf(stackName: string, node: string): string {
  const { data } = machine.servers
  return data === undefined ? join(machine.folders.nodeFolder(stackName, node), 'data') : join(data, stackName, node)
}

async function streaming(stack: Stack, primary: string): Promise<string[]> {
  const rows = await ask(stack, primary, `SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'`)
  return rows.map(([name]) => String(name)).sort()
}

async function eventuallyStreaming(stack: Stack, primary: string, standbys: string[]): Promise<void> {
  await expect.poll(() => streaming(stack, primary), { timeout: 15_000, interval: 20 }).toEqual(standbys)
}

const note = (key: string): string => `INSERT INTO requests (request_key, kind, status) VALUES ('${key}', 'test', 200)`
const noted = async (stack: Stack, node: string): Promise<unknown[]> =>
  (await ask(stack, node, 'SELECT request_key FROM requests ORDER BY request_key')).flat()

/** Inserts rows one by one until the signal fires; how many. */
async function writeUntil(signal: AbortSignal, stack: Stack, node: string): Promise<number> {
  const client = await connected(stack, node)
  let count = 0
  for (; !signal.aborted; count++) await client.query(`INSERT INTO analytics (kind) VALUES (repeat('x', 500))`)
  await client.end()
  return count
}

async function stateOf(stack: Stack, id: string): Promise<string | undefined> {
  return (await stack.nodes()).find((node) => node.id === id)?.state
}

async function labError(promise: Promise<unknown>): Promise<LabError> {
  const error = await promise.catch((reason: unknown) => reason)
  if (error instanceof LabError) return error
  throw new Error(`no LabError: ${error}`)
}

describe.skipIf(missing)('database servers', () => {
  const NAME = 'lives'
  let stack: Stack
  /** Everything that could be seen of any process while the stack came up. */
  let seen = ''
  beforeAll(async () => {
    const upping = machine.engine().up(upRequest(NAME, databaseTopology(2)))
    let up = false
    upping.then(
      () => (up = true),
      () => (up = true),
    )
    while (!up) seen += await processTexts()
    stack = await upping
  })

  it('stream from the primary, each in a place of its own', async () => {
    await eventuallyStreaming(stack, 'primary', ['standby-1', 'standby-2'])
    for (const node of await stack.nodes()) {
      expect(node).toMatchObject({ role: 'database', state: 'running' })
      expect(node.url).toMatch(/^postgres:\/\/127\.0\.0\.1:\d+$/)
    }
    await ask(stack, 'primary', note('first'))
    for (const id of ['standby-1', 'standby-2']) await expect.poll(() => noted(stack, id)).toEqual(['first'])
    expect(await stack.software()).toEqual({ postgresql: expect.stringMatching(/^\d+\.\d+/) })
  })

  it('count with all their processes, and what these share once', async () => {
    const [use] = await stack.usage()
    expect(use?.id).toBe('primary')
    expect(use?.memoryBytes).toBeGreaterThan(10 * 2 ** 20)
    // 64 MiB of buffers, most of them unused, and not once per process.
    expect(use?.memoryBytes).toBeLessThan(200 * 2 ** 20)
    expect((await statesIn(dataOf(NAME, 'primary'))).length).toBeGreaterThan(4)
  })

  it('show their passwords nowhere, and keep them in files that are for their user only', async () => {
    const passwords = Object.values(DATABASE_ROLES).map(testSecret)
    expect(passwords[0]).toContain('password-of-tests')
    expect(seen).toContain('boot.sh')
    expect(`${seen}${await processTexts()}`).not.toContain('password-of-tests')
    expect(await readFile(join(machine.folders.folder(NAME), 'stack.json'), 'utf8')).not.toContain('password-of-tests')
    for (const { id, path } of await machine.folders.nodeFolders(NAME)) {
      expect(await readFile(join(path, 'log'), 'utf8'), id).not.toContain('password-of-tests')
      const files = (await readdir(join(path, 'files'))).map((name) => join(path, 'files', name))
      expect(await readFile(join(path, 'files', 'pgpass'), 'utf8')).toContain('password-of-tests')
      for (const place of [path, join(path, 'files'), dataOf(NAME, id), join(dataOf(NAME, id), 'pgpass'), ...files]) {
        expect((await stat(place)).mode & 0o077, place).toBe(0)
      }
    }
  })

  it('are killed with all their processes, at once, and start again with their data', async () => {
    for (const id of ['standby-1', 'primary']) {
      const client = await connected(stack, id)
      await stack.kill(id)
      expect(await statesIn(dataOf(NAME, id))).toEqual([])
      expect(await stateOf(stack, id)).toBe('stopped')
      await stack.restart(id)
      expect(await noted(stack, id)).toEqual(['first'])
      await client.end().catch(() => undefined)
    }
    await eventuallyStreaming(stack, 'primary', ['standby-1', 'standby-2'])
  })

  it.each(['primary', 'standby-2'])('freeze with all their processes, and go on: %s', async (id) => {
    const client = await connected(stack, id)
    await stack.pause(id)
    const states = await statesIn(dataOf(NAME, id))
    expect(states.length).toBeGreaterThan(4)
    expect(new Set(states)).toEqual(new Set(['T']))
    expect(await stateOf(stack, id)).toBe('paused')
    let answered = false
    const answer = client.query('SELECT 1').then(() => {
      answered = true
    })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(answered).toBe(false)
    await stack.resume(id)
    await answer
    expect(await statesIn(dataOf(NAME, id))).not.toContain('T')
    expect(await stateOf(stack, id)).toBe('running')
    await client.end()
  })

  it('are killed while they are frozen', async () => {
    await stack.pause('primary')
    await stack.kill('primary')
    expect(await statesIn(dataOf(NAME, 'primary'))).toEqual([])
    await stack.restart('primary')
    await eventuallyStreaming(stack, 'primary', ['standby-1', 'standby-2'])
  })

  it('are ended whole when their first process has died and the others are frozen', async () => {
    for (const end of ['kill', 'stop', 'restart'] as const) {
      await stack.pause('standby-1')
      const entry = await readFile(join(machine.folders.nodeFolder(NAME, 'standby-1'), PID_FILE), 'utf8')
      process.kill(Number(entry.split(' ')[0]), 'SIGKILL')
      // The others hear of it only when they run again.
      expect((await statesIn(dataOf(NAME, 'standby-1'))).filter((state) => state === 'T').length).toBeGreaterThan(3)
      await expect.poll(() => stateOf(stack, 'standby-1')).toBe('paused')
      await stack[end]('standby-1')
      expect(await stateOf(stack, 'standby-1')).toBe(end === 'restart' ? 'running' : 'stopped')
      expect(await statesIn(dataOf(NAME, 'standby-1'))).not.toContain('T')
      await stack.restart('standby-1')
    }
    await eventuallyStreaming(stack, 'primary', ['standby-1', 'standby-2'])
  })

  it('stop in order, without waiting for their clients to leave', async () => {
    const client: Client = await connected(stack, 'primary')
    await stack.stop('primary')
    expect(await statesIn(dataOf(NAME, 'primary'))).toEqual([])
    const log = await stack.logs('primary', 50)
    expect(log.filter((line) => line.includes('received')).at(-1)).toContain('received fast shutdown request')
    expect(log.at(-1)).toContain('database system is shut down')
    await client.end().catch(() => undefined)
    await stack.stop('primary')
    await stack.restart('primary')
    expect(await noted(stack, 'primary')).toEqual(['first'])
    await eventuallyStreaming(stack, 'primary', ['standby-1', 'standby-2'])
  })

  it('do not start while they are fenced, and say why', async () => {
    await stack.kill('standby-2')
    await stack.write('standby-2', { fenced: 'a test says so\n' })
    const error = await labError(stack.restart('standby-2'))
    expect(error.exitCode).toBe(EXIT.environment)
    expect(error.message).toContain('standby-2 ended before it was ready (exit code 3)')
    expect(error.details.join('\n')).toContain('fenced: a test says so')
    expect(await stateOf(stack, 'standby-2')).toBe('stopped')
    await stack.write('standby-2', { fenced: null })
    await stack.restart('standby-2')
    await eventuallyStreaming(stack, 'primary', ['standby-1', 'standby-2'])
  })

  it('are removed with their data, and added with none', async () => {
    const spec = (await stack.specs()).find(({ id }) => id === 'standby-2')
    if (spec === undefined) throw new Error('no spec')
    await stack.remove('standby-2')
    expect(existsSync(dataOf(NAME, 'standby-2'))).toBe(false)
    expect(existsSync(dataOf(NAME, 'standby-1'))).toBe(true)
    await stack.add({ ...spec, env: { ...spec.env, NODE_ID: 'standby-3' }, id: 'standby-3' })
    await eventuallyStreaming(stack, 'primary', ['standby-1', 'standby-3'])
    await expect.poll(() => noted(stack, 'standby-3')).toEqual(['first'])
  })

  it('go down with all their data, frozen or not', async () => {
    await stack.pause('standby-1')
    await stack.down()
    expect(await machine.leftovers(NAME)).toEqual([])
    expect(existsSync(dataOf(NAME, 'primary'))).toBe(false)
    for (const id of ['primary', 'standby-1', 'standby-3']) expect(await statesIn(dataOf(NAME, id))).toEqual([])
  })
})

describe.skipIf(missing)('data of a stack whose state was removed by hand', () => {
  it.skipIf(machineOfUser)('is no part of the next stack of its name, and its servers end', async () => {
    const first = await machine.engine().up(upRequest('lost', databaseTopology(1)))
    await ask(first, 'primary', note('old'))
    await rm(machine.folders.folder('lost'), { recursive: true })
    expect((await statesIn(dataOf('lost', 'primary'))).length).toBeGreaterThan(4)
    const second = await machine.engine().up(upRequest('lost', databaseTopology(1)))
    await eventuallyStreaming(second, 'primary', ['standby-1'])
    expect(await noted(second, 'primary')).toEqual([])
    await second.down()
    expect(await machine.leftovers('lost')).toEqual([])
    expect(await statesIn(dataOf('lost', 'primary'))).toEqual([])
  })
})

describe.each<[string, string | undefined, RegExp, boolean]>([
  ['the programs that come with the package', undefined, /clone: \d+ files/, missing],
  ["Debian's PostgreSQL 15", DEBIAN_15, /rewound, a standby/, !existsSync(DEBIAN_15)],
])('an old primary, with %s', (_, serverBin, trace, skipped) => {
  it.skipIf(skipped)('comes back as a standby, and what it alone had is kept beside its data', async () => {
    const name = `back-${serverBin === undefined ? 'clone' : 'rewind'}`
    const stack = await machine.engine(serverBin).up(upRequest(name, databaseTopology(1)))
    await eventuallyStreaming(stack, 'primary', ['standby-1'])
    await ask(stack, 'primary', note('kept'))
    await expect.poll(() => noted(stack, 'standby-1')).toEqual(['kept'])

    await stack.kill('standby-1')
    const [[since] = []] = await ask(stack, 'primary', 'SELECT clock_timestamp()::text')
    await ask(stack, 'primary', note('lost-1'))
    await ask(stack, 'primary', note('lost-2'))
    await stack.write('primary', { fenced: 'a standby takes its place\n' })
    await stack.kill('primary')
    await stack.restart('standby-1')
    expect(await noted(stack, 'standby-1')).toEqual(['kept'])
    await ask(stack, 'standby-1', 'SELECT pg_promote(wait => true)')
    await ask(stack, 'standby-1', note('new'))
    await ask(
      stack,
      'standby-1',
      `SELECT pg_create_physical_replication_slot('primary')
       WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'primary')`,
    )

    const inside = (await stack.nodes()).find(({ id }) => id === 'standby-1')?.internalAddresses[0] ?? ''
    const [host, port] = inside.split(':')
    await stack.write('primary', { follow: `FOLLOW_HOST='${host}'\nFOLLOW_PORT='${port}'\nSINCE='${since}'\n` })
    // It is written to while it is copied.
    const writing = new AbortController()
    const writer = writeUntil(writing.signal, stack, 'standby-1')
    await stack.restart('primary')
    await eventuallyStreaming(stack, 'standby-1', ['primary'])
    writing.abort()
    expect(await writer).toBeGreaterThan(0)
    const events = 'SELECT count(*), md5(string_agg(event_id || kind, NULL ORDER BY event_id)) FROM analytics'
    const written = await ask(stack, 'standby-1', events)
    await expect.poll(() => ask(stack, 'primary', events)).toEqual(written)
    expect((await stack.logs('primary', 200)).join('\n')).toMatch(trace)
    expect(await ask(stack, 'primary', 'SELECT pg_is_in_recovery()')).toEqual([[true]])
    await ask(stack, 'standby-1', note('newer'))
    await expect.poll(() => noted(stack, 'primary')).toEqual(['kept', 'new', 'newer'])

    const diverged = (await stack.read('primary', 'diverged.ndjson'))?.trim().split('\n') ?? []
    expect(diverged.map((line) => JSON.parse(line).request_key).sort()).toEqual(['lost-1', 'lost-2'])
    const files = await readdir(join(machine.folders.nodeFolder(name, 'primary'), 'files'))
    expect(files).not.toContain('fenced')
    expect(files).not.toContain('follow')

    // The other way round, and no rows are looked for.
    await stack.restart('primary')
    await eventuallyStreaming(stack, 'standby-1', ['primary'])
    await stack.down()
    expect(await machine.leftovers(name)).toEqual([])
  })
})
