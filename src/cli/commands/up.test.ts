import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../../core/record.js'
import { CommandLine } from '../testing/command-line.js'

interface NodeRow {
  stack: string
  scenario: string
  engine: string
  id: string
  role: string
  state: string
  url: string | null
}

const PROCESS = ['--engine', 'process']

describe('stacks on processes', { timeout: 60_000 }, () => {
  let cli: CommandLine
  beforeAll(async () => {
    cli = await CommandLine.create()
  })
  afterEach(async () => {
    await cli.run(['down', '--all'])
    expect(await cli.survivors()).toEqual([])
  })
  afterAll(() => cli.dispose())

  const ps = (): Promise<NodeRow[]> => cli.json<NodeRow[]>('ps', '--json')

  it('come up, are found again, answer, scale, log and go down', async () => {
    await cli.ok('up', 'lb-2', ...PROCESS)
    const nodes = await ps()
    expect(nodes.map(({ id, role, state }) => ({ id, role, state }))).toEqual([
      { id: 'balancer', role: 'balancer', state: 'running' },
      { id: 'api-1', role: 'api', state: 'running' },
      { id: 'api-2', role: 'api', state: 'running' },
    ])
    const entry = nodes[0]?.url ?? ''
    const answer = await fetch(`${entry}/api/productos`)
    expect(answer.headers.get('x-instance-id')).toMatch(/^api-\d$/)
    expect(await answer.json()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          product_id: expect.anything(),
          name: expect.any(String),
          price: expect.any(Number),
          stock: expect.any(Number),
        }),
      ]),
    )
    expect(await (await fetch(`${entry}/nginx_status`)).text()).toMatch(/Active connections: \d+/)

    await cli.ok('scale', '4')
    expect((await ps()).map((node) => node.id)).toEqual(['balancer', 'api-1', 'api-2', 'api-3', 'api-4'])
    expect(await instancesSeen(entry, 24)).toEqual(['api-1', 'api-2', 'api-3', 'api-4'])
    await cli.ok('scale', '1')
    expect(await instancesSeen(entry, 12)).toEqual(['api-1'])

    expect(await cli.ok('logs', 'api-1', '--tail', '5')).toContain('api-1 listening')
    expect(await cli.ok('up', 'single', '--name', 'beside', ...PROCESS)).toContain('is up')
    expect((await cli.run(['logs', 'api-1'])).stderr).toContain('several stacks are running')
    const again = await cli.run(['logs', 'api-9', '--stack', 'beside'])
    expect(again).toMatchObject({ code: 2 })
    expect(again.stderr).toContain('api-1')
    expect(await cli.ok('down', 'beside')).toContain('beside is down')
    expect(await cli.ok('down')).toContain('lb-2 is down')
    expect(await cli.ok('down')).toContain('Nothing is running')
  })

  it('a node that died is started again by up and by scale, and a bench says that it did not run', async () => {
    await cli.ok('up', 'lb-2', ...PROCESS)
    const pidOf = async (id: string): Promise<number> => {
      const text = await cli.ok('ps')
      return Number(new RegExp(`${id} .*pid (\\d+)`).exec(text)?.[1])
    }
    process.kill(await pidOf('api-2'), 'SIGKILL')
    const record = await cli.json<RunRecord>('bench', '--rps', '100', '--duration', '1s', '--warmup', '0s', '--json')
    expect(record.events.map((event) => event.text)).toContain('api-2 did not run: stopped when the load began')
    expect(record.validity.find((row) => row.check === 'stack-changed')).toMatchObject({ ok: false, value: 1 })
    expect((await cli.run(['up', 'lb-2', ...PROCESS])).stderr).toContain('api-2 had ended and was started again')
    process.kill(await pidOf('api-1'), 'SIGKILL')
    expect(await cli.ok('scale', '2')).toContain('api-1 started again')
    expect((await ps()).map((node) => node.state)).toEqual(['running', 'running', 'running'])
  })

  it.each(['its main process is gone', 'all of it is gone'])(
    'nothing is scaled behind a balancer that heeds no change: %s',
    async (how) => {
      await cli.ok('up', 'lb-2', ...PROCESS)
      const before = await ps()
      const master = Number(/balancer .*pid (\d+)/.exec(await cli.ok('ps'))?.[1])
      process.kill(how === 'all of it is gone' ? -master : master, 'SIGKILL')
      await expect
        .poll(async () => (await cli.ok('ps')).split('\n').find((line) => line.startsWith('balancer')))
        .toMatch(/headless|stopped/)
      const refused = await cli.run(['scale', '4'])
      expect(refused).toMatchObject({ code: 4, stdout: '' })
      expect(refused.stderr).toContain('Nothing was changed')
      expect((await ps()).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
      await cli.ok('up', 'lb-2', ...PROCESS)
      await cli.ok('scale', '4')
      const [{ url = '' } = {}] = await ps()
      expect(await instancesSeen(url ?? '', 24)).toEqual(['api-1', 'api-2', 'api-3', 'api-4'])
    },
  )

  it('a balancer that a killed command has left frozen is thawed before replicas are added', async () => {
    await cli.ok('up', 'lb-2', ...PROCESS)
    process.kill(-Number(/balancer .*pid (\d+)/.exec(await cli.ok('ps'))?.[1]), 'SIGSTOP')
    await expect
      .poll(async () => (await cli.ok('ps')).split('\n').find((line) => line.startsWith('balancer')))
      .toMatch(/paused/)
    const scaled = await cli.run(['scale', '3'])
    expect(scaled).toMatchObject({ code: 0 })
    expect(scaled.stderr).toContain('balancer was left frozen by a command that has ended, and was thawed.')
    expect(scaled.stdout).toContain('lb-2 has 3 replicas (+api-3)')
  })

  it('a balancer that does not take up its new list is found out, and the replicas are as they were', async () => {
    await cli.ok('up', 'lb-2', ...PROCESS)
    const before = await ps()
    const master = Number(/balancer .*pid (\d+)/.exec(await cli.ok('ps'))?.[1])
    // nginx's worker serves on. The built-in balancer is one process, and frozen as a whole.
    process.kill(master, 'SIGSTOP')
    try {
      const refused = await cli.run(['scale', '4'])
      expect(refused).toMatchObject({ code: 4, stdout: '' })
      expect(refused.stderr).toMatch(/api-3, api-4 got no request.*as they were|does not run: paused/)
      expect((await ps()).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    } finally {
      process.kill(master, 'SIGCONT')
    }
    await cli.ok('scale', '3')
    expect(await instancesSeen(before[0]?.url ?? '', 24)).toEqual(['api-1', 'api-2', 'api-3'])
  })

  it('a stack that is being measured is not taken down, scaled or loaded by others', async () => {
    await cli.ok('up', 'single', ...PROCESS)
    let refused: Promise<{ code: number | null; stderr: string }[]> | undefined
    const outcome = await cli.run(['bench', '--rps', '50', '--duration', '8s', '--warmup', '0s'], {
      onStart: (child) => {
        child.stderr?.on('data', (text: Buffer) => {
          if (!String(text).includes('measuring')) return
          refused ??= Promise.all([cli.run(['down']), cli.run(['bench', '--rps', '10', '--duration', '1s'])])
        })
      },
    })
    expect(outcome.code).toBe(0)
    for (const { code, stderr } of (await refused) ?? []) {
      expect(code).toBe(3)
      expect(stderr).toContain('is working on stack single')
    }
    expect(await refused).toHaveLength(2)
  })

  it('a stack of an own scenario file is loaded by what the file says, from anywhere', async () => {
    const file = join(cli.folder, 'own.yaml')
    await writeFile(
      file,
      'schema: scalelab/scenario@1\nname: own\nquestion: Is it mine?\ntopology: { kind: single }\nload: { mode: open, rps: 70, duration: 1s, warmup: 0s }\n',
    )
    await cli.ok('up', './own.yaml', ...PROCESS)
    const record = await cli.json<RunRecord>('bench', '--json')
    expect(record).toMatchObject({ scenario: 'own', question: 'Is it mine?', scenario_file: file })
    expect(record.load.ledger.due).toBe(70)
  })

  it('follow their logs until Ctrl-C', async () => {
    await cli.ok('up', 'single', ...PROCESS)
    const outcome = await cli.run(['logs', 'api-1', '--follow'], {
      onStart: (child) => {
        child.stdout?.once('data', () => child.kill('SIGINT'))
      },
    })
    expect(outcome.stdout).toContain('listening')
    expect(outcome.code).toBe(130)
  })

  it('listen on this machine only, unless asked', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address && !address.internal && address.family === 'IPv4')
    await cli.ok('up', 'lb-2', ...PROCESS)
    for (const { url } of await ps()) {
      expect(new URL(url ?? '').hostname).toBe('127.0.0.1')
      if (outside === undefined) continue
      await expect(fetch(`http://${outside.address}:${new URL(url ?? '').port}/`)).rejects.toThrow()
    }
  })

  it('up twice is answered once, with other settings refused', async () => {
    await cli.ok('up', 'lb-2', ...PROCESS)
    expect(await cli.ok('up', 'lb-2', ...PROCESS)).toContain('already up')
    const other = await cli.run(['up', 'lb-2', '--strategy', 'least-conn', ...PROCESS])
    expect(other).toMatchObject({ code: 2 })
    expect(other.stderr).toMatch(/already running with other settings[\s\S]*--name/)
    expect(await ps()).toHaveLength(3)
  })

  it('two at once make one stack', async () => {
    const outcomes = await Promise.all([1, 2, 3].map(() => cli.run(['up', 'lb-2', ...PROCESS])))
    expect(outcomes.some((outcome) => outcome.code === 0)).toBe(true)
    for (const { code, stderr } of outcomes) {
      if (code === 0) continue
      expect(code).toBe(3)
      expect(stderr).toMatch(/another scalelab command \(pid \d+/)
    }
    expect(await ps()).toHaveLength(3)
    expect(await cli.survivors()).not.toEqual([])
  })

  it('a port that is taken is named, with exit code 3 and nothing left', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const outcome = await cli.run(['up', 'lb-2', '--port', String(port), ...PROCESS])
    server.close()
    expect(outcome.code).toBe(3)
    expect(outcome.stderr).toContain(String(port))
    expect(outcome.stderr).toContain('--port')
    expect(await ps()).toEqual([])
  })

  it('a replica that never becomes ready shows its last lines, exit code 3, nothing left', async () => {
    const app = `${process.execPath} -e "console.log('cannot reach the database'); setTimeout(() => {}, 60000)" {port}`
    const outcome = await cli.run(['up', 'lb-2', '--app', app, '--ready-timeout', '1s', ...PROCESS])
    expect(outcome.code).toBe(3)
    expect(outcome.stderr).toContain('cannot reach the database')
    expect(await ps()).toEqual([])
    expect(await cli.survivors()).toEqual([])
  })

  it('an application that ends at once fails at once', async () => {
    const app = `${process.execPath} -e "console.error('no such module'); process.exit(1)" {port}`
    const outcome = await cli.run(['up', 'single', '--app', app, ...PROCESS])
    expect(outcome.code).toBe(3)
    expect(outcome.stderr).toContain('no such module')
  })

  it('a scenario file with mistakes names file, line and path', async () => {
    await writeFile(
      join(cli.folder, 'mine.yaml'),
      'schema: scalelab/scenario@1\nname: mine\nquestion: Why?\ntopology:\n  kind: single\n  replica: 2\nload: { mode: closed }\n',
    )
    const outcome = await cli.run(['up', './mine.yaml', ...PROCESS])
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toMatch(/mine\.yaml:6:\d+: topology\.replica: unknown key; did you mean "replicas"\?/)
  })

  it('Ctrl-C while coming up leaves nothing and exits with 130', async () => {
    const outcome = await cli.run(['up', 'lb-5', ...PROCESS], {
      onStart: (child) => {
        child.stderr?.once('data', () => child.kill('SIGINT'))
      },
    })
    expect(outcome.code).toBe(130)
    expect(await ps()).toEqual([])
    expect(await cli.survivors()).toEqual([])
  })

  it('kill -9 at any moment: clean finds and removes everything, and nothing else', async () => {
    const bystander = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600000)'], {
      stdio: 'ignore',
      env: { ...process.env, SCALELAB_STACK: 'not-a-stack-of-ours' },
    })
    try {
      // From before the first process starts until after the last one is ready.
      for (const delay of [150, 250, 300, 350, 400, 450, 500, 600, 800]) {
        await cli.run(['up', 'lb-3', ...PROCESS], {
          onStart: (child) => void setTimeout(() => child.kill('SIGKILL'), delay),
        })
        await cli.ok('clean')
        expect(await cli.survivors()).toEqual([])
        expect(await ps()).toEqual([])
        expect(await readdir(join(cli.folder, 'state', 'stacks')).catch(() => [])).toEqual([])
      }
      expect(bystander.exitCode).toBeNull()
      expect(await readFile(`/proc/${bystander.pid}/stat`, 'utf8')).toMatch(/ [SRD] /)
    } finally {
      bystander.kill('SIGKILL')
    }
  })

  it('kill -9 of a bench: its stack is a leftover, its generator ends by itself', async () => {
    await cli.run(['bench', 'lb-2', '--rps', '100', '--duration', '60s', ...PROCESS], {
      onStart: (child) => {
        child.stderr?.on('data', (text: Buffer) => {
          if (String(text).includes('warm-up')) child.kill('SIGKILL')
        })
      },
    })
    expect((await ps()).length).toBe(3)
    expect(await cli.ok('clean', '--dry-run')).toMatch(/would remove .*without owner/)
    expect(await cli.ok('clean', '--leftovers')).toMatch(/removed .*without owner/)
    expect(await ps()).toEqual([])
  })

  it('clean leaves what a living command uses', async () => {
    let cleaned = ''
    const outcome = await cli.run(['bench', 'lb-2', '--rps', '100', '--duration', '3s', '--warmup', '0s', ...PROCESS], {
      onStart: (child) => {
        let asked = false
        child.stderr?.on('data', async (text: Buffer) => {
          if (asked || !String(text).includes('measuring')) return
          asked = true
          cleaned = await cli.ok('clean')
        })
      },
    })
    expect(outcome.code).toBe(0)
    expect(cleaned).toContain('in use by a running scalelab command')
  })
})

/** Who answers, each request on a connection of its own: a balancer that reloads closes those that are kept. */
async function instancesSeen(entry: string, requests: number): Promise<string[]> {
  const seen = new Set<string>()
  for (let i = 0; i < requests; i++) {
    const [answer] = (await once(get(`${entry}/api/products?limit=1`, { agent: false }), 'response')) as [
      IncomingMessage,
    ]
    answer.resume()
    seen.add(String(answer.headers['x-instance-id'] ?? 'none'))
  }
  return [...seen].toSorted()
}
