import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClaimsRecord, claimsRecordSchema, type ListedClaim } from '../../core/claims.js'
import { CommandLine } from '../testing/command-line.js'

const SHORT = ['--engine', 'process', '--duration', '1s', '--warmup', '500ms'] as const

describe('claims', { timeout: 120_000 }, () => {
  let cli: CommandLine
  beforeAll(async () => {
    cli = await CommandLine.create()
  })
  afterAll(() => cli.dispose())

  /** claims.json beside the report that a command named. */
  const written = async (stdout: string): Promise<{ folder: string; record: ClaimsRecord }> => {
    const folder = /^Report: (.*)report\.md$/m.exec(stdout)?.[1] ?? ''
    const text = await readFile(join(cli.folder, folder, 'claims.json'), 'utf8')
    return { folder, record: claimsRecordSchema.parse(JSON.parse(text)) }
  }

  it('lists a claim of every row whose scenario is there', async () => {
    const { claims } = await cli.json<{ claims: ListedClaim[] }>('claims', '--list', '--json')
    const rows = new Set(claims.flatMap((claim) => claim.rows))
    for (const row of [...Array.from({ length: 16 }, (_, index) => index + 1), 23]) expect([...rows]).toContain(row)
    const ofRow4 = claims.flatMap((claim) => (claim.rows.includes(4) ? [claim.scenario] : []))
    expect([...new Set(ofRow4)]).toEqual(['lb-3', 'lb-ip-hash', 'lb-least-conn', 'lb-weighted', 'lb-slow-requests'])
    const text = await cli.ok('claims', '--list', '--row', '12,13')
    expect(text).toMatch(/shard-3[\s\S]*shards-plan[\s\S]*About .* to run them/)
    expect(text).not.toContain('single')
  })

  it('holds claims against runs, keeps every record, and ends with 0 whatever came out', async () => {
    const { code, stdout, stderr } = await cli.run([
      'claims',
      'single',
      'lb-3',
      'lb-ip-hash',
      '--quick',
      ...SHORT,
      '--out',
      'held',
    ])
    expect(code).toBe(0)
    expect(stderr).toMatch(/2\/3 {2}lb-3: bringing the stack up \(about .* left\)/)
    expect(stdout).toMatch(/Of 8 claims [\s\S]*requests reach all[\s\S]*Report: .*report\.md/)
    const { folder, record } = await written(stdout)
    expect(record).toMatchObject({ status: 'complete', units: Array(3).fill({ outcome: 'done' }) })
    // Which instances answered can be told however busy the machine is.
    const counted = record.claims.filter(({ metric }) => metric.startsWith('distribution.'))
    expect(counted.map(({ scenario, metric, result }) => [scenario, metric, result])).toEqual([
      ['lb-3', 'distribution.instances', 'pass'],
      ['lb-3', 'distribution.max_deviation', 'pass'],
      ['lb-ip-hash', 'distribution.clients_on_one_instance', 'pass'],
      ['lb-ip-hash', 'distribution.instances', 'pass'],
    ])
    for (const { records, measured } of record.claims) {
      expect(measured).not.toBeNull()
      for (const run of records) await readFile(join(cli.folder, folder, run, 'run.json'), 'utf8')
    }
    expect(await cli.survivors()).toEqual([])
  })

  it('names a scenario that cannot run, judges the others, and ends with 4', async () => {
    const { code, stdout } = await cli.run(
      ['claims', 'single', 'shards-plan', '--quick', '--engine', 'docker', '--json', '--out', 'cannot'],
      { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock', DOCKER_CONTEXT: undefined } },
    )
    expect(code).toBe(4)
    const record = claimsRecordSchema.parse(JSON.parse(stdout))
    expect(record.units).toMatchObject([
      { name: 'single', outcome: 'could not run', reason: expect.stringMatching(/Docker/) },
      { name: 'shards-plan', outcome: 'done', reason: null },
    ])
    const of = (name: string): ClaimsRecord['claims'] => record.claims.filter(({ scenario }) => scenario === name)
    for (const claim of of('single'))
      expect(claim).toMatchObject({ result: 'unknown', reason: record.units[0]?.reason })
    expect(
      of('shards-plan')
        .map(({ result }) => result)
        .toSorted(),
    ).toEqual(['fail', ...Array(6).fill('pass')])
  })

  it('keeps what there is when it is interrupted', async () => {
    const { code, stderr, stdout } = await cli.run(
      ['claims', 'single', 'lb-3', '--engine', 'process', '--duration', '60s', '--out', 'cut'],
      {
        onStart: (child) =>
          child.stderr?.on('data', (text: string) => {
            if (text.includes('single: capacity')) setTimeout(() => child.kill('SIGINT'), 1_500)
          }),
      },
    )
    expect(code).toBe(130)
    expect(stderr).not.toContain('lb-3:')
    expect((await written(stdout)).record).toMatchObject({
      status: 'interrupted',
      units: [{ outcome: 'interrupted' }, { outcome: 'not run' }],
      claims: expect.arrayContaining([
        expect.objectContaining({ result: 'unknown', reason: 'the run was interrupted' }),
      ]),
    })
    expect(await cli.survivors()).toEqual([])
  })

  it('runs an experiment for a claim on a ratio', async () => {
    const args = [
      '--row',
      '23',
      '--quick',
      '--engine',
      'process',
      '--duration',
      '500ms',
      '--warmup',
      '0ms',
      '--out',
      'ratio',
    ]
    const record = await cli.json<ClaimsRecord>('claims', ...args, '--json')
    expect(record.units).toMatchObject([{ name: 'vertical-horizontal', outcome: 'done' }])
    expect(record.claims).toMatchObject([
      {
        rows: [23],
        expected: '0.95x to 1.05x of vertical',
        run: 'vertical against horizontal',
        metric: 'load.achieved_rps',
      },
    ])
    const [claim] = record.claims
    expect(claim?.records).toHaveLength(1)
    expect(claim?.reason).not.toMatch(/no run could judge it/)
  })

  it('with --strict a claim that does not hold is a miss', async () => {
    const args = ['claims', 'shards-plan', '--quick', '--out', 'strict']
    expect((await cli.run([...args, '--row', '13', '--strict'])).code).toBe(5)
    expect((await cli.run([...args, '--row', '12', '--strict'])).code).toBe(0)
    expect((await cli.run([...args, '--row', '13'])).code).toBe(0)
  })

  it.each([
    [['singel'], /unknown .*"singel"[\s\S]*Did you mean "single"\?/],
    [['shard-plan'], /unknown scenario "shard-plan"[\s\S]*Did you mean "shards-plan"\?/],
    [['lb-5', '--row', '1'], /--row: no claim of row 1 in lb-5[\s\S]*Rows: 3, 4/],
    [['--row', '24'], /--row: no claim of row 24[\s\S]*Rows: 1, 2, 3/],
    [['--row', 'four'], /--row: "four" is not/],
    [['--duration', '10'], /--duration: "10" is not a duration/],
    [['--engine', 'proces'], /Did you mean "process"\?/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await cli.run(['claims', '--list', ...args])
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
  })
})
