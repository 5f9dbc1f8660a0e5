import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import pg from 'pg'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATABASE_ROLES } from '../../core/databases-file.js'
import { EXIT, LabError } from '../../core/errors.js'
import { stackParametersSchema } from '../../core/parameters.js'
import type { NodeStatus } from '../../core/stack.js'
import { Cluster } from '../../replication/cluster.js'
import { DIVERGED_FILE, failOver, fence, rejoin } from '../../replication/failover.js'
import type { NodeControl } from '../../replication/port.js'
import { topologyOf } from '../../topologies/topology.js'
import type { Stack } from '../port.js'
import { createDockerEngine } from './engine.js'
import { findAll, isEmpty, removeAll } from './inventory.js'
import { LABEL } from './labels.js'
import { cutOff, joinAgain } from './network.js'
import { client, host, images, testMeta, testSecret, whyNoDocker } from './testing/daemon.js'

// PostgreSQL servers in containers: the tests follow on each other, from a whole stack through a failover to nothing.

const missing = await whyNoDocker()
const { docker } = client
const SERVERS = ['primary', 'standby-1', 'standby-2']
const never = (): AbortSignal => new AbortController().signal

describe.skipIf(missing !== null)(
  `databases on Docker${missing === null ? '' : ` (skipped: ${missing})`}`,
  { timeout: 60_000 },
  () => {
    const name = `db-${randomBytes(4).toString('hex')}`
    const connections: pg.Client[] = []
    let nodesDir: string
    let stack: Stack

    beforeAll(async () => {
      nodesDir = await mkdtemp(join(tmpdir(), 'scalelab-nodes-'))
      await bundleApi(nodesDir)
      const parameters = stackParametersSchema.parse({
        kind: 'replicated',
        replicas: 2,
        work: { kind: 'none' },
        database: { rows: 200 },
      })
      const engine = createDockerEngine({
        dockerHost: host,
        home: `test-db-${process.pid}`,
        images,
        nodesDir,
        secret: testSecret,
      })
      const begun = performance.now()
      stack = await engine.up({
        topology: topologyOf({ ...parameters, balancer: 'nginx' }),
        meta: testMeta(name),
        publishHost: '127.0.0.1',
        readyTimeoutMs: 50_000,
        signal: never(),
        onEvent: () => {},
      })
      console.info(`up, streaming and serving, after ${Math.round(performance.now() - begun)} ms`)
    }, 60_000)
    afterAll(async () => {
      for (const connection of connections) await connection.end().catch(() => undefined)
      await removeAll(docker, `${LABEL.stack}=${name}`)
      await rm(nodesDir, { recursive: true, force: true })
    }, 30_000)

    const status = async (id: string): Promise<NodeStatus> => {
      const found = (await stack.nodes()).find((node) => node.id === id)
      if (found === undefined) throw new Error(`no node ${id}`)
      return found
    }
    const connect = async (id: string): Promise<pg.Client> => {
      const { hostname, port } = new URL((await status(id)).url ?? '')
      const role = DATABASE_ROLES.admin
      const connection = new pg.Client({
        host: hostname,
        port: Number(port),
        user: role,
        password: testSecret(role),
        database: 'ecomarket',
      })
      connection.on('error', () => undefined) // servers are killed here
      connections.push(connection)
      await connection.connect()
      return connection
    }
    const control: NodeControl = {
      async members() {
        const nodes = (await stack.nodes()).filter(({ role }) => role === 'database')
        return nodes.map(({ id, state, url, internalAddresses }) => {
          const outside = url === null ? null : new URL(url)
          const [inside = '', port = ''] = (internalAddresses[0] ?? '').split(':')
          const login = {
            user: DATABASE_ROLES.admin,
            password: testSecret(DATABASE_ROLES.admin),
            database: 'ecomarket',
          }
          return {
            id,
            state,
            inside: { host: inside, port: Number(port) },
            endpoint: outside && { id, host: outside.hostname, port: Number(outside.port), ...login },
          }
        })
      },
      kill: (node) => stack.kill(node),
      restart: (node) => stack.restart(node),
      resume: (node) => stack.resume(node),
      write: (node, files) => stack.write(node, files),
      read: (node, path) => stack.read(node, path),
      tell: () => undefined,
    }
    /** Waits until these stream from the primary, and says which server that is. */
    const streaming = async (...ids: string[]): Promise<string> => {
      const cluster = new Cluster(await control.members())
      try {
        const primary = await cluster.primary()
        await primary?.untilStreaming(ids, 20_000, never())
        return primary?.id ?? 'none'
      } finally {
        cluster.close()
      }
    }
    const request = async (method: string, path: string, body?: object): Promise<{ status: number; node: string }> => {
      const [entry] = await stack.nodes()
      const answer = await fetch(`${entry?.url}${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      await answer.text()
      return { status: answer.status, node: answer.headers.get('x-db-node') ?? '' }
    }

    it('stream from the primary and serve when the stack is up', async () => {
      expect(await streaming('standby-1', 'standby-2')).toBe('primary')
      expect(await request('PUT', '/api/sessions/user-000001', { version: 1 })).toEqual({
        status: 200,
        node: 'primary',
      })
      const readers = new Set<string>()
      for (let i = 0; i < 8; i++) readers.add((await request('GET', '/api/products/ECO-000001')).node)
      expect(readers).toEqual(new Set(['standby-1', 'standby-2']))
    })

    it('are known by a URL outside and a fixed address inside, and by their version', async () => {
      for (const id of SERVERS) {
        expect(await status(id)).toMatchObject({
          state: 'running',
          role: 'database',
          url: expect.stringMatching(/^postgres:\/\/127\.0\.0\.1:\d+$/),
          internalAddresses: [expect.stringMatching(/^\d+\.\d+\.\d+\.\d+:5432$/), `${id}:5432`],
        })
      }
      expect((await stack.software()).postgresql).toMatch(/^\d+\.\d+/)
    })

    it('have passwords in files for root alone, and nowhere else', async () => {
      const { containers } = await findAll(docker, `${LABEL.stack}=${name}`)
      const secrets = Object.values(DATABASE_ROLES).map(testSecret)
      for (const { Id, Labels } of containers) {
        const container = docker.getContainer(Id)
        const told = [
          await container.inspect(),
          await container.top({ ps_args: '-eo pid,args' }),
          await stack.logs(Labels[LABEL.node] ?? '', 1_000),
          await stack.specs(),
        ]
        for (const secret of secrets) expect(JSON.stringify(told)).not.toContain(secret)
      }
      const holders = containers.filter(({ Labels }) => Labels[LABEL.node] !== 'balancer')
      expect(holders).toHaveLength(5)
      for (const { Id, Labels } of holders) {
        const path = Labels[LABEL.node]?.startsWith('api') ? '/scalelab/databases.json' : '/scalelab/pgpass'
        const { mode, uid, text } = await headOf(await docker.getContainer(Id).getArchive({ path }))
        expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o600, uid: 0 })
        expect(text).toMatch(/secret-of-\w+/)
      }
    })

    it.each(['stop', 'kill', 'restart'] as const)('keep their data over a %s', async (operation) => {
      const before = await connect('primary')
      await before.query('INSERT INTO requests (request_key, kind, status) VALUES ($1, $2, 200)', [operation, 'test'])
      await stack[operation]('primary')
      if (operation !== 'restart') await stack.restart('primary')
      expect(await streaming('standby-1', 'standby-2')).toBe('primary')
      const { rows } = await (await connect('primary')).query('SELECT FROM requests WHERE request_key = $1', [
        operation,
      ])
      expect(rows).toHaveLength(1)
    })

    it('shut down in order, sessions or not, well within their grace', async () => {
      await connect('standby-2')
      await stack.stop('standby-2')
      // Docker may still be writing down what was said last.
      await expect
        .poll(async () => (await stack.logs('standby-2', 20)).join('\n'))
        .toMatch(/fast shutdown request.*database system is shut down/s)
      await stack.restart('standby-2')
    })

    it('do not start while they are fenced, and say so', async () => {
      await fence('standby-2', 'a test says so', control)
      const error = await stack.restart('standby-2').catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(LabError)
      expect(error).toMatchObject({ exitCode: EXIT.environment, message: expect.stringContaining('exit code 3') })
      expect((error as LabError).details?.join('\n')).toContain('fenced: a test says so')
      expect((await status('standby-2')).state).toBe('stopped')
      await stack.write('standby-2', { fenced: null })
      await stack.restart('standby-2')
      expect(await streaming('standby-1', 'standby-2')).toBe('primary')
    })

    it('that are frozen acknowledge nothing more once they are killed', async () => {
      const clients = await Promise.all(Array.from({ length: 24 }, () => connect('primary')))
      await stack.pause('primary')
      expect((await status('primary')).state).toBe('paused')
      await stack.write('primary', { note: 'written while frozen' })
      // What is sent now waits in the frozen server's sockets: thawed for a moment, its sessions would answer.
      const answers = clients.map((connection, index) =>
        connection
          .query('INSERT INTO requests (request_key, kind, status) VALUES ($1, $2, 200)', [`frozen-${index}`, 'test'])
          .then(
            () => 'acknowledged',
            () => 'no answer',
          ),
      )
      await new Promise((resolve) => setTimeout(resolve, 200))
      const begun = performance.now()
      await stack.kill('primary')
      console.info(`a frozen server was killed in ${Math.round(performance.now() - begun)} ms`)
      expect((await status('primary')).state).toBe('stopped')
      for (const connection of clients) connection.end().catch(() => undefined)
      expect(new Set(await Promise.all(answers))).toEqual(new Set(['no answer']))
      await stack.restart('primary')
      expect((await status('primary')).internalAddresses).toEqual([expect.stringMatching(/:5432$/), 'primary:5432'])
      expect(await streaming('standby-1', 'standby-2')).toBe('primary')
    })

    it('take over, and the old primary comes back as a standby with what it alone had kept aside', async () => {
      const standbys = async () =>
        (await findAll(docker, `${LABEL.stack}=${name}`)).containers.filter(({ Labels }) =>
          Labels[LABEL.node]?.startsWith('standby'),
        )
      const lonely = await connect('primary')
      for (const standby of await standbys()) await cutOff(docker, standby)
      await lonely.query("INSERT INTO requests (request_key, kind, status) VALUES ('only-here', 'test', 200)")
      await stack.kill('primary')
      for (const standby of await standbys()) await joinAgain(docker, standby)

      const { promoted, divergedSince, siblings } = await failOver('primary', {
        control,
        onEvent: () => {},
        signal: never(),
      })
      await siblings
      await (await connect(promoted)).query(
        "INSERT INTO requests (request_key, kind, status) VALUES ('after', 'test', 200)",
      )
      const begun = performance.now()
      await rejoin('primary', 'auto', divergedSince, control, never())
      console.info(`rewound and streaming again after ${Math.round(performance.now() - begun)} ms`)

      expect(await streaming(...SERVERS.filter((id) => id !== promoted))).toBe(promoted)
      expect((await stack.logs('primary', 100)).join('\n')).toContain('boot: rewound')
      expect(await stack.read('primary', DIVERGED_FILE)).toContain('"request_key":"only-here"')
      const keys = "SELECT request_key FROM requests WHERE request_key IN ('only-here', 'after')"
      const returned = await connect('primary')
      await expect.poll(async () => (await returned.query(keys)).rows).toEqual([{ request_key: 'after' }])
      await expect
        .poll(() => request('PUT', '/api/sessions/user-000001', { version: 2 }))
        .toEqual({
          status: 200,
          node: promoted,
        })
    })

    it('come back as a fresh copy where that is asked for', async () => {
      await fence('primary', 'a test says so', control)
      const begun = performance.now()
      await rejoin('primary', 'copy', null, control, never())
      console.info(`copied and streaming again after ${Math.round(performance.now() - begun)} ms`)
      expect((await stack.logs('primary', 100)).join('\n')).toContain('boot: copied')
      expect((await status('primary')).state).toBe('running')
    })

    it('leave nothing behind', async () => {
      const { containers } = await findAll(docker, `${LABEL.stack}=${name}`)
      const volumes = containers.flatMap(({ Mounts }) => Mounts.flatMap((mount) => mount.Name ?? []))
      await stack.down()
      expect(isEmpty(await findAll(docker, `${LABEL.stack}=${name}`))).toBe(true)
      for (const volume of volumes)
        await expect(docker.getVolume(volume).inspect()).rejects.toMatchObject({ statusCode: 404 })
    })
  },
)

/** The API as the build makes it: one file. */
async function bundleApi(folder: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL('../../nodes/api/main.ts', import.meta.url))],
    outfile: join(folder, 'api.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
  })
}

/** The first file of an archive with what the archive says of it. */
async function headOf(archive: NodeJS.ReadableStream): Promise<{ mode: number; uid: number; text: string }> {
  for await (const entry of archive.pipe(extract())) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    return { mode: entry.header.mode ?? 0, uid: entry.header.uid ?? -1, text: Buffer.concat(chunks).toString() }
  }
  throw new Error('no file in the archive')
}
