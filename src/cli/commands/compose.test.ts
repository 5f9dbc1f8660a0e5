import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { builtins } from '../../store/scenario-files.js'
import { CommandLine } from '../testing/command-line.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const { scenarios } = await builtins(join(ROOT, 'scenarios'))
const composeVersion = spawnSync('docker', ['compose', 'version', '--short'], { encoding: 'utf8' })
const hasCompose = composeVersion.status === 0

describe('compose', { timeout: 120_000 }, () => {
  let cli: CommandLine
  beforeAll(async () => {
    cli = await CommandLine.create()
  })
  afterAll(() => cli.dispose())

  it.each(scenarios.map((scenario) => scenario.name))('compose/%s.yaml is what the topology gives', async (name) => {
    const written = await readFile(join(ROOT, 'compose', `${name}.yaml`), 'utf8')
    // Beside the other, because paths in it are relative to its folder.
    const scratch = join(ROOT, 'compose', `.${name}.${process.pid}.yaml`)
    try {
      await cli.ok('compose', name, '-o', scratch)
      // To renew it: node bin/scalelab.js compose <name> -o compose/<name>.yaml
      expect(written).toBe(await readFile(scratch, 'utf8'))
    } finally {
      await rm(scratch, { force: true })
    }
  })

  it('follows the flags that shape a stack', async () => {
    const document = parse(
      await cli.ok(
        'compose',
        'lb-4',
        '--strategy',
        'least-conn',
        '--cpus',
        '0.5',
        '--memory',
        '256m',
        '--port',
        '9090',
      ),
    )
    expect(Object.keys(document.services)).toEqual(['balancer', 'api-1', 'api-2', 'api-3', 'api-4'])
    expect(document.services['api-1']).toMatchObject({ cpus: 0.5, mem_limit: '256m' })
    expect(document.services.balancer.ports).toEqual(['127.0.0.1:9090:8080'])
    expect(document.configs['balancer-nginx-conf'].content).toContain('least_conn;')
  })

  it.skipIf(!hasCompose)(
    'is accepted by docker compose (skipped where `docker compose` is not installed)',
    async () => {
      for (const args of [
        ['lb-3'],
        ['single'],
        ['lb-2', '--balancer', 'builtin'],
        ['lb-2', '--app-image', 'mine:1', '--app-port', '80'],
        ['repl-2', '--pg-version', '17'],
        ['shard-2', '--scheme', 'geo'],
      ]) {
        const text = await cli.ok('compose', ...args)
        const checked = spawnSync('docker', ['compose', '-f', '-', 'config', '-q'], {
          input: text,
          encoding: 'utf8',
          cwd: cli.folder,
          env: { ...process.env, SCALELAB_PASSWORD: 'a1' },
        })
        expect(checked.stderr).toBe('')
        expect(checked.status).toBe(0)
      }
    },
  )

  const images = Object.entries({
    node: process.env.SCALELAB_IMAGE_NODE,
    nginx: process.env.SCALELAB_IMAGE_NGINX,
    postgres: process.env.SCALELAB_IMAGE_POSTGRES,
  })
  const canRun =
    hasCompose && images.every(([, image]) => image !== undefined) && spawnSync('docker', ['version']).status === 0
  /** Runs a scenario under Compose while `use` is at work with the address of its entry. */
  const running = async (scenario: string, use: (url: string) => Promise<void>): Promise<void> => {
    const port = await freePort()
    const project = `scalelab-compose-${scenario}-${process.pid}`
    const file = join(cli.folder, `${scenario}.yaml`)
    const flags = images.flatMap(([name, image]) => ['--image', `${name}=${image}`])
    await cli.ok('compose', scenario, ...flags, '--port', port, '-o', file)
    const compose = (...args: string[]) =>
      spawnSync('docker', ['compose', '-p', project, '-f', file, ...args], {
        encoding: 'utf8',
        env: { ...process.env, SCALELAB_PASSWORD: 'letters4and2digits' },
      })
    try {
      const up = compose('up', '--wait', '--wait-timeout', '100')
      expect(up.status, up.status === 0 ? '' : `${up.stderr}${compose('logs', '--tail', '30').stdout}`).toBe(0)
      await use(`http://127.0.0.1:${port}`)
    } finally {
      compose('down', '--timeout', '1', '--volumes')
    }
  }

  it.skipIf(!canRun)(
    'runs under docker compose as it runs here (skipped without Compose, daemon and images)',
    async () => {
      await running('lb-3', async (url) => {
        const seen = new Set<string | null>()
        for (let i = 0; i < 9; i++) seen.add((await fetch(`${url}/api/products`)).headers.get('x-instance-id'))
        expect([...seen].toSorted()).toEqual(['api-1', 'api-2', 'api-3'])
      })
    },
  )

  it.skipIf(!canRun)(
    'runs databases that stream under docker compose, too (skipped without Compose, daemon and images)',
    async () => {
      await running('repl-2', async (url) => {
        const readers = new Set<string | null>()
        for (let i = 0; i < 8; i++)
          readers.add((await fetch(`${url}/api/products/ECO-000001`)).headers.get('x-db-node'))
        expect([...readers].toSorted()).toEqual(['standby-1', 'standby-2'])
        const written = await fetch(`${url}/api/sessions/user-000001`, {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: '{"version": 1}',
        })
        expect([written.status, written.headers.get('x-db-node')]).toEqual([200, 'primary'])
      })
    },
  )

  it.skipIf(!canRun)(
    'runs shards with their users under docker compose, too (skipped without Compose, daemon and images)',
    async () => {
      await running('shard-2', async (url) => {
        const shards = new Set<string | null>()
        for (let user = 1; user <= 16; user++) {
          const answer = await fetch(`${url}/api/users/user-${String(user).padStart(6, '0')}`)
          expect([answer.status, user]).toEqual([200, user])
          shards.add(answer.headers.get('x-shard'))
        }
        expect([...shards].toSorted()).toEqual(['shard-1', 'shard-2'])
      })
    },
  )
})

/** A port that nobody listens on now. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return String(typeof address === 'object' ? address?.port : 0)
}
