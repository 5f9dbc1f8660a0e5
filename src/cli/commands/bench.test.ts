import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createRawServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../../core/record.js'
import { CommandLine, REQUIRED } from '../testing/command-line.js'

const SHORT = ['--engine', 'process', '--duration', '2s', '--warmup', '500ms']

describe('bench on processes', { timeout: 60_000 }, () => {
  let cli: CommandLine
  beforeAll(async () => {
    cli = await CommandLine.create()
  })
  afterEach(async () => {
    expect(await cli.survivors()).toEqual([])
  })
  afterAll(() => cli.dispose())

  const nginx =
    spawnSync('nginx', ['-v'], { env: { PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` } }).error === undefined
  it.runIf(nginx || REQUIRED)('measures nginx with three replicas (skipped where nginx is not installed)', async () => {
    const record = await cli.json<RunRecord>('bench', 'lb-3', '--balancer', 'nginx', '--rps', '300', '--json', ...SHORT)
    checkBalanced(record)
    expect(record.nodes.map((node) => node.id)).toEqual(['balancer', 'api-1', 'api-2', 'api-3'])
    expect(record.nodes[0]?.program).toMatch(/^nginx \d/)
  })

  it('measures the built-in balancer with three replicas', async () => {
    const record = await cli.json<RunRecord>(
      'bench',
      'lb-3',
      '--balancer',
      'builtin',
      '--rps',
      '300',
      '--json',
      ...SHORT,
    )
    checkBalanced(record)
    expect(record.nodes[0]?.program).toBe('built-in balancer')
  })

  it('writes record, samples, report and charts, and rebuilds the report to the byte', async () => {
    const outcome = await cli.run(['bench', 'single', '--rps', '200', '--out', 'out', ...SHORT])
    expect(outcome).toMatchObject({ code: 0 })
    const folder = join(cli.folder, 'out', 'single', await readlink(join(cli.folder, 'out', 'single', 'latest')))
    const files = await readdir(folder)
    expect(files).toEqual(expect.arrayContaining(['run.json', 'samples.ndjson', 'report.md']))
    expect(files.filter((file) => file.endsWith('.svg')).length).toBeGreaterThanOrEqual(3)
    const record = runRecordSchema.parse(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')))
    expect(record.status).toBe('complete')
    const samples = (await readFile(join(folder, 'samples.ndjson'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(new Set(samples.map((sample) => sample.kind))).toContain('load.achieved_rps')
    expect(samples.some((sample) => sample.kind === 'node.cpu_percent' && sample.node === 'api-1')).toBe(true)

    const report = await readFile(join(folder, 'report.md'), 'utf8')
    for (const [, chart = ''] of report.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) expect(files).toContain(chart)
    await writeFile(join(folder, 'report.md'), 'spoilt')
    await cli.ok('report', 'out/single')
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toBe(report)
  })

  it('compares several scenarios in one block, and says that nothing can be judged by it', async () => {
    const out = await cli.ok('bench', 'single', 'lb-2', '--out', 'compared', '--connections', '20', '--quiet', ...SHORT)
    expect(out).toMatch(/^figure +single +lb-2 +ratio$/m)
    expect(out).toMatch(/^achieved rate, requests\/s +[\d,]+ +[\d,]+ +\d\.\d+x$/m)
    expect(out.replace(/\s+/g, ' ')).toContain('scalelab compare single lb-2 --blocks 6')
    const folder = join(cli.folder, 'compared', 'experiments', 'single-lb-2', 'latest')
    const report = await readFile(join(folder, 'report.md'), 'utf8')
    expect(report).toContain('One block: no interval and no verdict')
    const links = [...report.matchAll(/\[report\]\(([^)]+)\)/g)].map(([, link = '']) => link)
    expect(links).toHaveLength(2)
    for (const link of links) expect(await readFile(join(folder, link), 'utf8')).toMatch(/^# (single|lb-2): /)
  })

  it('ends with 5 when an objective is missed, with 0 when it holds', async () => {
    const missed = await cli.run([
      'bench',
      'single',
      '--rps',
      '100',
      '--slo',
      'p50<1ms,errors<1%',
      '--json',
      ...SHORT,
      '--work',
      'model',
      '--service-time',
      '5ms',
      '--distribution',
      'fixed',
    ])
    expect(missed.code).toBe(5)
    const record = runRecordSchema.parse(JSON.parse(missed.stdout))
    expect(record.verdicts.filter((verdict) => verdict.source === '--slo').map((verdict) => verdict.result)).toEqual([
      'fail',
      'pass',
    ])
    const held = await cli.run(['bench', 'single', '--rps', '50', '--slo', 'p50<1s', '--json', ...SHORT])
    expect(held.code).toBe(0)
  })

  it('loads the stack that runs, in stages with Poisson arrivals, and leaves it running', async () => {
    await cli.ok('up', 'lb-2', '--engine', 'process', '--balancer', 'builtin')
    try {
      const record = await cli.json<RunRecord>(
        'bench',
        '--stages',
        '1s:100,1s:300',
        '--arrival',
        'poisson',
        '--warmup',
        '0s',
        '--seed',
        '7',
        '--json',
      )
      expect(record.seed).toBe(7)
      expect(record.load).toMatchObject({ mode: 'open', arrival: 'poisson', offered_rps: 200 })
      expect(record.load.ledger.due).toBeGreaterThan(300)
      expect((await cli.json<unknown[]>('ps', '--json')).length).toBe(3)
    } finally {
      await cli.ok('down')
    }
  })

  it('keeps simulated clients on their instance with ip-hash', async () => {
    const record = await cli.json<RunRecord>(
      'bench',
      'lb-3',
      '--strategy',
      'ip-hash',
      '--clients',
      '1',
      '--rps',
      '200',
      '--json',
      ...SHORT,
    )
    expect(record.instances.filter((instance) => instance.requests > 0)).toHaveLength(1)
    const many = await cli.json<RunRecord>(
      'bench',
      'lb-3',
      '--strategy',
      'ip-hash',
      '--clients',
      '60',
      '--rps',
      '300',
      '--json',
      ...SHORT,
    )
    expect(many.instances.filter((instance) => instance.requests > 0)).toHaveLength(3)
  })

  it('gives weight 3 three times the requests of weight 1', async () => {
    const record = await cli.json<RunRecord>('bench', 'lb-3', '--weights', '3,1,1', '--rps', '250', '--json', ...SHORT)
    const [first, second, third] = record.instances.map((instance) => instance.share)
    expect(first).toBeCloseTo(0.6, 2)
    expect(second).toBeCloseTo(0.2, 2)
    expect(third).toBeCloseTo(0.2, 2)
    expect(record.distribution.max_deviation).toBeLessThan(0.03)
  })

  it('measures an own application behind the balancer', async () => {
    await writeFile(
      join(cli.folder, 'app.js'),
      'require("node:http").createServer((q, r) => r.end("mine")).listen(Number(process.argv[2]), "127.0.0.1")',
    )
    const record = await cli.json<RunRecord>(
      'bench',
      'lb-2',
      '--app',
      `${process.execPath} app.js {port}`,
      '--rps',
      '200',
      '--json',
      ...SHORT,
    )
    expect(record.load.ledger.ok).toBe(400)
    expect(record.work).toMatch(/own application/)
    // The application names no instance; the balancer's own word for its upstream does.
    expect(record.instances.map((instance) => [instance.id, instance.requests > 150])).toEqual([
      ['api-1', true],
      ['api-2', true],
    ])
  })

  it('counts what a fault costs, and undoes it', async () => {
    const outcome = await cli.run([
      'bench',
      'lb-2',
      '--balancer',
      'builtin',
      '--rps',
      '200',
      '--fault',
      'kill:api-2@500ms+500ms',
      '--json',
      ...SHORT,
    ])
    const record = runRecordSchema.parse(JSON.parse(outcome.stdout))
    expect(record.events.map((event) => event.text)).toEqual(['kill api-2', 'api-2 is back'])
    const { due, ok, http_error, lost, unfinished } = record.load.ledger
    expect(ok + http_error + lost + unfinished).toBe(due)
    expect(ok).toBeGreaterThan(due * 0.9)
  })

  it.each(['nginx', 'builtin'])(
    'changes replicas and strategy under load, and takes both back: %s',
    async (balancer) => {
      const timeline = ['--at', '200ms replicas 3', '--at', '3s strategy least-conn']
      const length = ['--engine', 'process', '--duration', '4s', '--warmup', '500ms']
      const flags = ['--balancer', balancer, '--rps', '200', ...timeline, '--json', ...length]
      const record = runRecordSchema.parse(await cli.json('bench', 'lb-2', ...flags))
      expect(record.actions).toMatchObject([
        { action: 'replicas 3', by: 'timeline', outcome: 'done' },
        { action: 'strategy least-conn', by: 'timeline', outcome: 'done' },
        { action: 'strategy round-robin', by: 'end', outcome: 'done', undoes: 2 },
        { action: 'replicas 2', by: 'end', outcome: 'done', undoes: 1 },
      ])
      const { due, ok, http_error, lost, unfinished } = record.load.ledger
      expect(ok + http_error + lost + unfinished).toBe(due)
      expect(http_error).toBe(0)
      expect(record.instances.find(({ id }) => id === 'api-3')?.requests).toBeGreaterThan(20)
      expect(record.events.filter(({ level }) => level !== 'info')).toEqual([])
    },
  )

  it('loads any system by its address', async () => {
    await cli.ok('up', 'single', '--engine', 'process', '--name', 'other')
    try {
      const [node] = await cli.json<{ url: string }[]>('ps', '--json')
      const record = await cli.json<RunRecord>(
        'bench',
        '--url',
        `${node?.url}/live`,
        '--max',
        '--connections',
        '4',
        '--duration',
        '1s',
        '--warmup',
        '0s',
        '--json',
      )
      expect(record.engine).toBeNull()
      expect(record.load.ledger.ok).toBeGreaterThan(100)
    } finally {
      await cli.ok('down', 'other')
    }
  })

  it('fails with 4 when nothing answers, and leaves no empty report', async () => {
    const outcome = await cli.run([
      'bench',
      '--url',
      'http://127.0.0.1:9/',
      '--max',
      '--duration',
      '1s',
      '--out',
      'nothing',
    ])
    expect(outcome.code).toBe(4)
    expect(outcome.stderr).toContain('nothing answers at http://127.0.0.1:9')
    expect(
      (await readdir(join(cli.folder, 'nothing'), { recursive: true })).filter((name) => name.includes('Z')),
    ).toEqual([])
  })

  it('sends what was given as it is, and keeps no secret', async () => {
    const texts = new Set<string>()
    const server = createRawServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        texts.add(bytes.toString('latin1'))
        socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\nwho are you?')
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await writeFile(join(cli.folder, 'any bytes'), Buffer.from([0, 255, 10]))
    const load = ['--rps', '20', '--duration', '1s', '--warmup', '0s', '--connections', '2', '--out', 'as-given']
    const request = ['--header', 'X-Tag: one', '--header', 'X-Tag: two', '--method', 'PUT', '--body', '@any bytes']
    const url = `http://ana:gehe%40im@127.0.0.1:${port}/a/../menú?q=a b`
    const outcome = await cli.run(['bench', '--url', url, ...request, ...load])
    server.close()
    expect([...texts]).toEqual([
      `PUT /a/../men%C3%BA?q=a%20b HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: keep-alive\r\nAuthorization: Basic ${Buffer.from('ana:gehe@im').toString('base64')}\r\nX-Tag: one\r\nX-Tag: two\r\nContent-Length: 3\r\n\r\n\0\xff\n`,
    ])
    expect(outcome.code).toBe(4)
    expect(outcome.stdout).toContain('401 (20 answers): "who are you?"')
    expect(outcome.stderr).toMatch(/warning +no request has been answered well so far: 401/)
    expect(outcome.stderr).toContain('It wants credentials')
    const kept = await Promise.all(
      (await readdir(join(cli.folder, 'as-given'), { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
    )
    expect(kept.length).toBeGreaterThan(1)
    const whole = [outcome.stdout, outcome.stderr, ...kept].join('\n')
    expect(whole).not.toMatch(/gehe/)
    expect(whole).not.toContain(Buffer.from('ana:gehe@im').toString('base64'))
    expect(whole).toContain("--header 'X-Tag: one' --header 'X-Tag: two' --body '@any bytes'")
  })

  it('fails with 4 when nothing is answered well, with one document on stdout all the same', async () => {
    const server = createServer((_, answer) => answer.writeHead(500).end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const load = ['--rps', '50', '--duration', '1s', '--warmup', '0s', '--json']
    const outcome = await cli.run(['bench', '--url', `http://127.0.0.1:${port}/`, ...load])
    server.close()
    expect(runRecordSchema.parse(JSON.parse(outcome.stdout)).load.ledger).toMatchObject({
      due: 50,
      ok: 0,
      http_error: 50,
    })
    expect(outcome.stderr).toContain('was answered well')
    expect(outcome.code).toBe(4)
  })

  it('fails with 3 before anything starts when the report cannot be written', async () => {
    await mkdir(join(cli.folder, 'file'), { recursive: true })
    await writeFile(join(cli.folder, 'file', 'in-the-way'), '')
    const outcome = await cli.run(['bench', 'single', '--out', 'file/in-the-way', ...SHORT])
    expect(outcome.stderr).toMatch(/not a folder|cannot be written/)
    expect(outcome.code).toBe(3)
  })

  it('Ctrl-C drains, writes what there is, takes the stack down and exits with 130', async () => {
    const outcome = await cli.run(
      ['bench', 'lb-2', '--rps', '200', '--duration', '60s', '--warmup', '0s', '--engine', 'process', '--out', 'cut'],
      {
        onStart: (child) => {
          child.stderr?.on('data', (text: Buffer) => {
            if (/ 2\.\d s +measuring/.test(String(text))) child.kill('SIGINT')
          })
        },
      },
    )
    expect(outcome.code).toBe(130)
    const folder = join(cli.folder, 'cut', 'lb-2', 'latest')
    const record = runRecordSchema.parse(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')))
    expect(record.status).toBe('interrupted')
    expect(record.load.ledger.ok).toBeGreaterThan(200)
    // What was due and never sent, because it was cut off, is unfinished; what was sent was answered.
    const { due, ok, sent, unfinished } = record.load.ledger
    expect(sent).toBe(ok)
    expect(unfinished).toBe(due - ok)
    expect(unfinished).toBeLessThan(due / 2)
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain('interrupted')
  })
})

function checkBalanced(record: RunRecord): void {
  runRecordSchema.parse(record)
  expect(record.engine).toBe('process')
  const { ledger } = record.load
  expect(ledger).toEqual({ due: 600, sent: 600, ok: 600, http_error: 0, lost: 0, unfinished: 0 })
  expect(record.instances.map((instance) => instance.id)).toEqual(['api-1', 'api-2', 'api-3'])
  for (const instance of record.instances) expect(instance.share).toBeCloseTo(1 / 3, 2)
  const { response_ms, service_ms } = record.latency
  expect(response_ms.count).toBe(600)
  expect(response_ms.p50).toBeGreaterThanOrEqual(service_ms.p50 ?? Number.POSITIVE_INFINITY)
}
