import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../../core/record.js'
import { whyNoDocker } from '../../engines/docker/testing/daemon.js'
import { CommandLine } from '../testing/command-line.js'

const missing = await whyNoDocker()

const SHORT = ['--duration', '2s', '--warmup', '500ms', '--rps', '200', '--json']

describe.skipIf(missing !== null)(`stacks on Docker (${missing ?? 'a daemon answers'})`, { timeout: 120_000 }, () => {
  let cli: CommandLine
  /** Container names are the daemon's: another run of this file beside this one must not meet them. */
  const name = `e2e-${process.pid}`
  beforeAll(async () => {
    cli = await CommandLine.create()
  })
  afterEach(async () => {
    await cli.run(['down', '--all'])
    expect(await cli.json('ps', '--json')).toEqual([])
  })
  afterAll(() => cli.dispose())

  it('auto takes Docker and says why; the stack comes up, scales, is loaded and goes down', async () => {
    const up = await cli.run(['up', 'lb-2', '--name', name])
    expect(up.stderr).toMatch(/Engine: docker, because Docker \d+/)
    expect(up.code).toBe(0)
    const nodes = await cli.json<{ id: string; engine: string; url: string }[]>('ps', '--json')
    expect(nodes.map((node) => [node.id, node.engine])).toEqual([
      ['balancer', 'docker'],
      ['api-1', 'docker'],
      ['api-2', 'docker'],
    ])
    for (const { url } of nodes) expect(new URL(url).hostname).toBe('127.0.0.1')
    await cli.ok('scale', '3')
    const record = await cli.json<RunRecord>('bench', ...SHORT)
    runRecordSchema.parse(record)
    expect(record.engine).toBe('docker')
    expect(record.load.ledger).toMatchObject({ due: 400, ok: 400 })
    expect(record.instances.map((instance) => instance.id)).toEqual(['api-1', 'api-2', 'api-3'])
    expect(record.nodes[0]?.program).toMatch(/^nginx \d/)
    expect(await cli.ok('logs', 'api-3')).toContain('api-3 listening')
    expect(await cli.ok('down')).toContain(`${name} is down`)
  })

  it('holds the limits of processor and memory', async () => {
    // 10 ms of processor time each, from a quarter of a core: 25 a second, with some allowance for the first period.
    const work = ['--work', 'cpu', '--cpu-time', '10ms', '--max', '--duration', '4s', '--warmup', '1s', '--json']
    const limits = ['--engine', 'docker', '--cpus', '0.25', '--memory', '128m']
    const record = await cli.json<RunRecord>('bench', 'single', ...limits, ...work)
    expect(record.load.achieved_rps).toBeLessThan(35)
    expect(record.load.achieved_rps).toBeGreaterThan(10)
  })

  it('kill -9 at any moment: clean removes everything of ours and nothing of others', async () => {
    await cli.run(['up', 'single', '--engine', 'docker', '--name', `${name}-other`], {
      env: { SCALELAB_STATE: `${cli.folder}/another-home` },
    })
    try {
      for (const delay of [600, 1_000, 1_400, 1_800, 2_400]) {
        await cli.run(['up', 'lb-2', '--engine', 'docker', '--name', name], {
          onStart: (child) => void setTimeout(() => child.kill('SIGKILL'), delay),
        })
        await cli.ok('clean')
        expect(await cli.json('ps', '--json')).toEqual([])
      }
      const others = await cli.run(['ps', '--json'], { env: { SCALELAB_STATE: `${cli.folder}/another-home` } })
      expect(JSON.parse(others.stdout)).toMatchObject([{ stack: `${name}-other`, id: 'api-1', state: 'running' }])
    } finally {
      await cli.run(['clean'], { env: { SCALELAB_STATE: `${cli.folder}/another-home` } })
    }
  })

  it('an image that is not here and cannot be pulled: exit code 3, what to do, nothing left', async () => {
    const outcome = await cli.run([
      'up',
      'lb-2',
      '--engine',
      'docker',
      '--name',
      name,
      '--image',
      'nginx=127.0.0.1:9/nobody/nginx:1',
    ])
    expect(outcome.code).toBe(3)
    expect(outcome.stderr).toContain('127.0.0.1:9/nobody/nginx:1')
    expect(outcome.stderr).toMatch(/--image|SCALELAB_IMAGE_NGINX/)
  })
})

describe('without Docker', () => {
  it('auto takes processes and says why, docker ends with 3 and a way out', async () => {
    const cli = await CommandLine.create()
    const env = { DOCKER_HOST: `unix://${cli.folder}/no-docker.sock` }
    try {
      const auto = await cli.run(['up', 'single'], { env })
      expect(auto.stderr).toMatch(/Engine: process, because no Docker daemon answers/)
      expect(auto.code).toBe(0)
      const docker = await cli.run(['up', 'lb-2', '--engine', 'docker'], { env })
      expect(docker.code).toBe(3)
      expect(docker.stderr).toMatch(/no Docker daemon answers[\s\S]*--engine process/)
    } finally {
      await cli.dispose()
    }
  })
})
