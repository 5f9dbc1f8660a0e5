import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { EXIT, LabError } from '../../core/errors.js'
import type { NodeSpec, Topology } from '../../core/topology.js'
import { nginx } from '../../parts/nginx/nginx.js'
import { DEFAULT_IMAGES } from '../../parts/registry.js'
import type { Engine, Stack, UpRequest } from '../port.js'
import { TEST_NODE_SOURCE, testNode, testTopology } from '../testing/test-node.js'
import { filesArchive } from './archive.js'
import { createDockerEngine } from './engine.js'
import { findAll, isEmpty, removeAll } from './inventory.js'
import { LABEL } from './labels.js'
import { client, host, images, testMeta, testSecret, whyNoDocker } from './testing/daemon.js'

// What holds for containers and has no meaning on other engines; the rest is in the contract suite.

const missing = await whyNoDocker()
const { docker } = client
/** This test file's own stacks: another run beside it sees none of them. */
const HOME = `test-only-${process.pid}`
const never = (): AbortSignal => new AbortController().signal

const NGINX_CONF = `daemon off;
worker_processes 1;
error_log stderr warn;
pid {{dir}}/nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path {{dir}}/client-body;
  proxy_temp_path {{dir}}/proxy;
  fastcgi_temp_path {{dir}}/fastcgi;
  uwsgi_temp_path {{dir}}/uwsgi;
  scgi_temp_path {{dir}}/scgi;
  upstream api { server {{address api-1 http}}; server {{address api-2 http}}; }
  server {
    listen {{host}}:{{port http}};
    location / { proxy_pass http://api; add_header X-Upstream $upstream_addr; }
  }
}
`

/** nginx in front of the two test nodes. */
function balancedTopology(): Topology {
  const { nodes, entry } = testTopology({ kind: 'bundle', bundle: 'api' })
  return {
    entry,
    nodes: nodes.map((node) =>
      node.id === 'entry' ? { ...node, program: nginx.program, env: {}, files: { 'nginx.conf': NGINX_CONF } } : node,
    ),
  }
}

function single(node: NodeSpec): Topology {
  return { nodes: [node], entry: { node: node.id, port: 'http' } }
}

describe.skipIf(missing !== null)(
  `on Docker${missing === null ? '' : ` (skipped: ${missing})`}`,
  { timeout: 30_000 },
  () => {
    let nodesDir: string
    const names: string[] = []

    beforeAll(async () => {
      nodesDir = await mkdtemp(join(tmpdir(), 'scalelab-nodes-'))
      await writeFile(join(nodesDir, 'api.mjs'), TEST_NODE_SOURCE)
    })
    afterAll(async () => {
      for (const name of names) await removeAll(docker, `${LABEL.stack}=${name}`)
      await rm(nodesDir, { recursive: true, force: true })
    }, 30_000)

    const engineWith = (overrides: Partial<Parameters<typeof createDockerEngine>[0]> = {}): Engine =>
      createDockerEngine({ dockerHost: host, home: HOME, images, nodesDir, secret: testSecret, ...overrides })
    const newName = (): string => {
      const name = `d-${randomBytes(4).toString('hex')}`
      names.push(name)
      return name
    }
    const requestOf = (name: string, topology: Topology): UpRequest => ({
      topology,
      meta: testMeta(name),
      publishHost: '127.0.0.1',
      readyTimeoutMs: 20_000,
      signal: never(),
      onEvent: () => {},
    })
    const up = (name: string, topology: Topology): Promise<Stack> => engineWith().up(requestOf(name, topology))
    const entryUrl = async (stack: Stack): Promise<string> => (await stack.nodes())[0]?.url ?? ''
    const labError = async (promise: Promise<unknown>): Promise<LabError> => {
      const outcome = await promise.catch((error: unknown) => error)
      if (outcome instanceof LabError) return outcome
      throw outcome
    }

    describe('nginx in front of two replicas', () => {
      let stack: Stack
      let name: string

      beforeAll(async () => {
        name = newName()
        const topology = balancedTopology()
        const limits = { cpus: 0.5, memoryMiB: 128 }
        const nodes = topology.nodes.map((node) => (node.id === 'api-1' ? { ...node, limits } : node))
        stack = await up(name, { ...topology, nodes })
      }, 30_000)

      it('balances, and reports addresses by which its nodes are known', async () => {
        const seen = new Set<string>()
        const upstreams = new Set<string>()
        for (let i = 0; i < 4; i++) {
          const answer = await fetch(`${await entryUrl(stack)}/id`)
          seen.add(await answer.text())
          upstreams.add(answer.headers.get('x-upstream') ?? '')
        }
        expect(seen).toEqual(new Set(['api-1', 'api-2']))
        const known = (await stack.nodes())
          .filter(({ role }) => role === 'api')
          .flatMap((node) => node.internalAddresses)
        expect(known).toEqual(expect.arrayContaining([...upstreams, 'api-1:3000', 'api-2:3000']))
      })

      it('names the versions of nginx, node, the daemon and the images', async () => {
        const version = expect.stringMatching(/^\d+\.\d+/)
        expect(await stack.software()).toMatchObject({
          docker: version,
          nginx: version,
          node: version,
          [`image ${images.nginx}`]: expect.stringMatching(/^[0-9a-f]{12}$/),
        })
      })

      it('holds limits, and listens on the loopback address alone', async () => {
        const { containers } = await findAll(docker, `${LABEL.stack}=${name}`)
        for (const { Id, Labels, Ports } of containers) {
          expect(Ports.filter(({ PublicPort }) => PublicPort > 0).map(({ IP }) => IP)).toEqual(['127.0.0.1'])
          const { HostConfig } = await docker.getContainer(Id).inspect()
          const limited = Labels[LABEL.node] === 'api-1'
          expect(HostConfig.NanoCpus).toBe(limited ? 500_000_000 : 0)
          expect(HostConfig.Memory).toBe(limited ? 128 * 1024 * 1024 : 0)
          expect(HostConfig.Binds ?? []).toEqual([])
        }
      })

      it('finds its replicas where they were, in whatever order they come back, and starts without one of them', async () => {
        const where = async (): Promise<string[]> =>
          (await stack.nodes()).map((node) => `${node.internalAddresses.join()} ${node.url}`)
        const before = await where()
        await stack.kill('api-1')
        await stack.kill('api-2')
        await stack.restart('api-2')
        // By name, nginx would refuse to start: the daemon's name server knows no node that does not run.
        await stack.kill('entry')
        await stack.restart('entry')
        expect(await (await fetch(`${await entryUrl(stack)}/id`)).text()).toBe('api-2')
        await stack.restart('api-1')
        expect(await where()).toEqual(before)
      })

      it('goes on following a log over a restart', async () => {
        const controller = new AbortController()
        const lines: string[] = []
        const following = (async () => {
          for await (const line of stack.followLogs('api-2', controller.signal)) {
            lines.push(line)
            if (line === 'started api-2') controller.abort()
          }
        })()
        // "From now on" begins when the daemon has answered: seen by a line of our own making.
        const url = (await stack.nodes()).find(({ id }) => id === 'api-2')?.url
        while (!lines.includes('GET /seen')) await (await fetch(`${url}/seen`)).text()
        await stack.restart('api-2')
        await following
        expect(lines.filter((line) => line !== 'GET /seen')[0]).toBe('stopping api-2')
        expect(lines.filter((line) => line === 'started api-2')).toHaveLength(1)
      })
    })

    it("runs a user's own image with its own command", async () => {
      const tag = randomBytes(4).toString('hex')
      const image = `scalelab-test-app:${tag}`
      const template = await docker.createContainer({
        Image: images.node,
        Cmd: ['true'],
        Labels: { [LABEL.stack]: newName() },
      })
      await template.putArchive(await filesArchive('app', { 'server.mjs': TEST_NODE_SOURCE }), { path: '/' })
      await template.commit({ repo: 'scalelab-test-app', tag, changes: 'ENTRYPOINT ["node"]\nCMD ["/app/server.mjs"]' })
      await template.remove()
      onTestFinished(async () => {
        await docker.getImage(image).remove({ force: true })
      })
      const node = { ...testNode('shop-1', { kind: 'image', image }), env: {} }
      const stack = await up(newName(), single(node))
      expect(await (await fetch(`${await entryUrl(stack)}/id`)).text()).toBe('shop-1')
      await stack.down()
    })

    it('says that a node was out of memory', async () => {
      const greedy = 'const held = []; setInterval(() => held.push(Buffer.alloc(8 * 1024 * 1024, 1)), 1)'
      await writeFile(join(nodesDir, 'balancer.mjs'), greedy)
      const node = { ...testNode('api-1', { kind: 'bundle', bundle: 'balancer' }), limits: { memoryMiB: 32 } }
      const error = await labError(up(newName(), single(node)))
      expect(error.exitCode).toBe(EXIT.environment)
      expect(error.message).toMatch(/api-1 .*out of memory, its limit is 32 MiB/)
    })

    it('of two commands that bring up the same stack at once, one does', async () => {
      const name = newName()
      const topology = testTopology({ kind: 'bundle', bundle: 'api' })
      const outcomes = await Promise.allSettled([up(name, topology), up(name, topology)])
      const won = outcomes.filter((outcome) => outcome.status === 'fulfilled')
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
      expect([won.length, lost.length]).toEqual([1, 1])
      expect(lost[0]?.reason).toMatchObject({ exitCode: EXIT.usage, message: expect.stringContaining(name) })
      const stack = won[0]?.value
      expect(await (await fetch(`${await entryUrl(stack as Stack)}/peers`)).text()).toBe('api-1,api-2')
      await stack?.down()
      expect(isEmpty(await findAll(docker, `${LABEL.stack}=${name}`))).toBe(true)
    })

    it("leaves alone a container of somebody else that has a node's name", async () => {
      const name = newName()
      const theirs = await docker.createContainer({ name: `scalelab-${name}-api-2`, Image: images.node, Cmd: ['true'] })
      onTestFinished(() => theirs.remove({ force: true }))
      const error = await labError(up(name, testTopology({ kind: 'bundle', bundle: 'api' })))
      expect(error.exitCode).toBe(EXIT.environment)
      expect(error.message).toContain(`scalelab-${name}-api-2`)
      expect((await theirs.inspect()).Id).toBe(theirs.id)
      expect(isEmpty(await findAll(docker, `${LABEL.stack}=${name}`))).toBe(true)
    })

    it('lets go of a container that somebody connected to its network, and removes it not', async () => {
      const name = newName()
      const stack = await up(name, single(testNode('api-1', { kind: 'bundle', bundle: 'api' })))
      const theirs = await docker.createContainer({ Image: images.node, Cmd: ['sleep', '60'] })
      onTestFinished(() => theirs.remove({ force: true }))
      await docker.getNetwork(`scalelab-${name}`).connect({ Container: theirs.id })
      await theirs.start()
      await stack.down()
      expect(isEmpty(await findAll(docker, `${LABEL.stack}=${name}`))).toBe(true)
      expect((await theirs.inspect()).State.Running).toBe(true)
    })

    it('is found and taken down after the command that made it was killed', async () => {
      const name = newName()
      const child = await startChild(name)
      onTestFinished(() => void child.kill('SIGKILL'))
      await new Promise<void>((resolve, reject) => {
        child.stdout.on('data', (chunk: Buffer) => {
          if (chunk.toString().includes('starting')) resolve()
        })
        child.once('exit', (code) => reject(new Error(`the command ended by itself, with ${code}`)))
      })
      child.kill('SIGKILL')
      const [half] = (await engineWith().stacks()).filter(({ meta }) => meta.name === name)
      expect(half?.complete).toBe(false)
      expect(half?.meta).toEqual(testMeta(name))
      await half?.down()
      expect(isEmpty(await findAll(docker, `${LABEL.stack}=${name}`))).toBe(true)
    })

    /** A process of its own that brings a stack up, to be killed. */
    async function startChild(name: string) {
      const topology = JSON.stringify(testTopology({ kind: 'bundle', bundle: 'api' }))
      const options = JSON.stringify({ dockerHost: host, home: HOME, images, nodesDir })
      const outfile = join(nodesDir, 'child.cjs')
      await build({
        stdin: {
          contents: `import { createDockerEngine } from './engine.js'
          createDockerEngine(${options}).up({
            topology: ${topology}, meta: ${JSON.stringify(testMeta(name))}, publishHost: '127.0.0.1', readyTimeoutMs: 20000,
            signal: new AbortController().signal, onEvent: (event) => console.log(event.kind),
          })`,
          resolveDir: fileURLToPath(new URL('.', import.meta.url)),
          loader: 'ts',
        },
        bundle: true,
        platform: 'node',
        format: 'cjs',
        packages: 'external',
        // What is loaded late is found from here, too.
        define: { 'import.meta.url': JSON.stringify(import.meta.url) },
        outfile,
      })
      const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url))
      return spawn(process.execPath, [outfile], {
        env: { ...process.env, NODE_PATH: modules },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
    }

    describe('availability', () => {
      const topology = testTopology({ kind: 'bundle', bundle: 'api' })

      it('is given with daemon and images', async () => {
        const availability = await engineWith().available(topology, never())
        expect(availability).toMatchObject({ ok: true, version: expect.stringMatching(/^\d+\.\d+/) })
      })

      it('is not given without the image and its registry, and up says the same', async () => {
        // Port 9 of this machine is no registry.
        const image = '127.0.0.1:9/scalelab-no-such-image:1'
        const engine = engineWith({ images: { ...images, node: image } })
        const availability = await engine.available(topology, never())
        expect(availability).toMatchObject({
          ok: false,
          reason: expect.stringContaining(image),
          fix: expect.stringContaining('SCALELAB_IMAGE_NODE'),
        })
        const name = newName()
        const error = await labError(engine.up(requestOf(name, topology)))
        expect(error.exitCode).toBe(EXIT.environment)
        expect(error.message).toContain(image)
        expect(isEmpty(await findAll(docker, `${LABEL.stack}=${name}`))).toBe(true)
      })
    })
  },
)

describe('without a daemon that answers', () => {
  const topology = testTopology({ kind: 'bundle', bundle: 'api' })
  const options = { home: HOME, images: DEFAULT_IMAGES, nodesDir: '/nowhere', secret: testSecret }

  it('Docker is not available, has no stacks, and brings nothing up', async () => {
    const engine = createDockerEngine({ ...options, dockerHost: 'unix:///nowhere/docker.sock' })
    const availability = await engine.available(topology, never())
    expect(availability).toMatchObject({ ok: false, reason: expect.stringContaining('/nowhere/docker.sock') })
    expect(await engine.stacks()).toEqual([])
    const request = { topology, meta: testMeta('x'), publishHost: '127.0.0.1', readyTimeoutMs: 1, signal: never() }
    await expect(engine.up({ ...request, onEvent: () => {} })).rejects.toMatchObject({ exitCode: EXIT.environment })
  })

  it('one that accepts and says nothing is not waited for', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void silent.close())
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const engine = createDockerEngine({ ...options, dockerHost: `tcp://127.0.0.1:${port}` })
    expect(await engine.available(topology, never())).toMatchObject({ ok: false })
    expect(await engine.stacks()).toEqual([])
  })

  it('an address that is none is said when Docker is asked for, not before', async () => {
    const engine = createDockerEngine({ ...options, dockerHost: 'ftp://somewhere' })
    expect(await engine.available(topology, never())).toMatchObject({ ok: false })
    expect(await engine.stacks()).toEqual([])
  })

  it('a shell command is for another engine', async () => {
    const command = single(testNode('api-1', { kind: 'command', command: 'true' }))
    const engine = createDockerEngine(options)
    expect(engine.limitations(command)).toEqual([expect.stringContaining('api-1')])
    expect(engine.limitations(topology)).toEqual([])
    expect(await engine.available(command, never())).toMatchObject({
      ok: false,
      fix: expect.stringContaining('process'),
    })
  })

  it('published loopback ports of another machine are refused before anything is made', async () => {
    const engine = createDockerEngine({ ...options, dockerHost: 'tcp://192.0.2.1:2375' })
    const request = { topology, meta: testMeta('x'), publishHost: '127.0.0.1', readyTimeoutMs: 1, signal: never() }
    await expect(engine.up({ ...request, onEvent: () => {} })).rejects.toThrow('on another machine')
  })
})
