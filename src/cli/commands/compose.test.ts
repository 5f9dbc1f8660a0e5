import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { builtinScenarios } from '../../store/scenario-files.js'
import { CommandLine } from '../testing/command-line.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const scenarios = await builtinScenarios(join(ROOT, 'scenarios'))
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
      ]) {
        const text = await cli.ok('compose', ...args)
        const checked = spawnSync('docker', ['compose', '-f', '-', 'config', '-q'], {
          input: text,
          encoding: 'utf8',
          cwd: cli.folder,
        })
        expect(checked.stderr).toBe('')
        expect(checked.status).toBe(0)
      }
    },
  )

  const images = { node: process.env.SCALELAB_IMAGE_NODE, nginx: process.env.SCALELAB_IMAGE_NGINX }
  const canRun =
    hasCompose &&
    images.node !== undefined &&
    images.nginx !== undefined &&
    spawnSync('docker', ['version']).status === 0
  it.skipIf(!canRun)(
    'runs under docker compose as it runs here (skipped without Compose, daemon and images)',
    async () => {
      const port = await freePort()
      const project = `scalelab-compose-${process.pid}`
      const file = join(cli.folder, 'compose.yaml')
      await cli.ok(
        'compose',
        'lb-3',
        '--image',
        `node=${images.node}`,
        '--image',
        `nginx=${images.nginx}`,
        '--port',
        port,
        '-o',
        file,
      )
      const compose = (...args: string[]) =>
        spawnSync('docker', ['compose', '-p', project, '-f', file, ...args], { encoding: 'utf8' })
      try {
        const up = compose('up', '--wait', '--wait-timeout', '60')
        expect(up.status, up.stderr).toBe(0)
        const seen = new Set<string | null>()
        for (let i = 0; i < 9; i++)
          seen.add((await fetch(`http://127.0.0.1:${port}/api/products`)).headers.get('x-instance-id'))
        expect([...seen].toSorted()).toEqual(['api-1', 'api-2', 'api-3'])
      } finally {
        compose('down', '--timeout', '1', '--volumes')
      }
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
