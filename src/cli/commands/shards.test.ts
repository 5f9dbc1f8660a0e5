import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ShardPlan, shardPlanSchema } from '../../core/shard-plan.js'
import { CommandLine } from '../testing/command-line.js'

describe('shards plan', () => {
  let cli: CommandLine
  beforeAll(async () => {
    cli = await CommandLine.create()
  })
  afterAll(() => cli.dispose())

  const planned = async (...args: string[]): Promise<ShardPlan> =>
    shardPlanSchema.parse(await cli.json<unknown>('shards', 'plan', ...args, '--json'))

  it('prints the plan as JSON and nothing else, the same every time', async () => {
    const args = ['--keys', '2e5', '--from', '3', '--to', '4', '--scheme', 'modulo,ring,jump,rendezvous', '--no-speed']
    const plan = await planned(...args)
    expect(plan.keys).toEqual({ count: 200_000, source: 'uniform', seed: 1, exponent: null })
    expect(plan.stages.map((stage) => stage.length)).toEqual([3, 4])
    expect(plan.schemes.map(({ scheme }) => scheme)).toEqual(['modulo', 'ring', 'jump', 'rendezvous'])
    const [modulo, ring, jump, rendezvous] = plan.schemes
    // Three standard deviations of a share of 200,000 keys: 0.3 points.
    expect(Math.abs((modulo?.moved_fraction ?? 0) - 0.75)).toBeLessThan(0.003)
    for (const scheme of [jump, rendezvous]) {
      expect(Math.abs((scheme?.moved_fraction ?? 0) - 0.25)).toBeLessThan(0.003)
      expect(scheme?.unnecessary_fraction).toBe(0)
    }
    // A ring of 160 vnodes adds a standard deviation of 1.7 points.
    expect(Math.abs((ring?.moved_fraction ?? 0) - 0.25)).toBeLessThan(0.054)
    expect(plan.schemes.every(({ minimum_fraction }) => minimum_fraction === 0.25)).toBe(true)
    expect(await planned(...args)).toEqual(plan)
    // Random ids depend on the seed.
    expect((await planned(...args, '--seed', '2')).schemes[0]?.before).not.toEqual(modulo?.before)
  })

  it('writes report, charts and plan, and names the command that repeats it', async () => {
    const out = await cli.ok('shards', 'plan', '--keys', '50k', '--from', '4', '--lose', 'shard-2', '--out', 'out dir')
    expect(out).toMatch(/^When shard-2 of 4 is lost, modulo moves /)
    const path = /Report: (.*report\.md)/.exec(out)?.[1] ?? ''
    const folder = join(cli.folder, path, '..')
    expect((await readdir(folder)).filter((file) => file.endsWith('.svg')).length).toBeGreaterThanOrEqual(3)
    const plan = shardPlanSchema.parse(JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8')))
    expect(plan.command).toBe("scalelab shards plan --keys 50k --from 4 --lose shard-2 --out 'out dir'")
    expect(plan.schemes).toHaveLength(10)
    expect(plan.schemes.every(({ lookups_per_s }) => (lookups_per_s ?? 0) > 1_000)).toBe(true)
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain(plan.command)
  })

  it('judges the claims on 3 to 4 shards', async () => {
    const { verdicts } = await planned('--scheme', 'modulo,ring,range,geo', '--keys', '1e6', '--no-speed')
    expect(verdicts.map(({ metric, result }) => [metric, result])).toEqual([
      ['modulo.max_deviation', 'pass'],
      ['modulo.moved_fraction', 'pass'],
      // 160 vnodes scatter by 6.8 %.
      ['ring.max_deviation', 'fail'],
      ['ring.moved_fraction', 'pass'],
      ['range.placed_once', 'pass'],
      ['modulo.placed_once', 'pass'],
      ['geo.placed_once', 'pass'],
    ])
  })

  it('reads keys from a file, and refuses one with the line', async () => {
    const keys = Array.from({ length: 30_000 }, (_, index) => `customer:${index}`)
    await writeFile(join(cli.folder, 'keys.txt'), `${keys.join('\n')}\n`)
    const plan = await planned('--key-file', 'keys.txt', '--no-speed')
    expect(plan.keys).toMatchObject({ count: 30_000, source: 'keys.txt' })
    expect(plan.schemes.every(({ before }) => before.reduce((sum, shard) => sum + shard.keys, 0) === 30_000)).toBe(true)
    await writeFile(join(cli.folder, 'keys.txt'), `${keys.join('\n')}\ncustomer:7\n`)
    const repeated = await cli.run(['shards', 'plan', '--key-file', 'keys.txt'])
    expect(repeated).toMatchObject({ code: 2, stdout: '' })
    expect(repeated.stderr).toMatch(/^error: repeated key in keys\.txt, lines 8 and 30001: "customer:7"\n/)
    // What never began leaves no folder behind.
    const before = await readdir(join(cli.folder, 'reports', 'shard-plans'))
    await writeFile(join(cli.folder, 'keys.txt'), 'a\n\nb\n')
    const empty = await cli.run(['shards', 'plan', '--key-file', 'keys.txt', '--json'])
    expect(empty.code).toBe(2)
    expect(JSON.parse(empty.stdout)).toMatchObject({
      error: { message: 'empty key in keys.txt, line 2', exit_code: 2 },
    })
    expect(await readdir(join(cli.folder, 'reports', 'shard-plans'))).toEqual(before)
  })

  it('needs no more memory for more keys', { timeout: 120_000 }, async () => {
    // Two million keys alone would take nearly twice as much.
    const NODE_OPTIONS = '--max-old-space-size=48'
    const args = ['shards', 'plan', '--scheme', 'modulo,ring,jump,range', '--no-speed', '--json']
    for (const keys of ['1e5', '2e6']) {
      const outcome = await cli.run([...args, '--keys', keys], { env: { NODE_OPTIONS } })
      expect(outcome.stderr).not.toContain('heap out of memory')
      expect(outcome.code).toBe(0)
    }
  })

  it('ends at Ctrl-C, and leaves nothing behind', async () => {
    const folder = join(cli.folder, 'broken-off', 'shard-plans')
    const outcome = await cli.run(['shards', 'plan', '--keys', '1e9', '--out', 'broken-off'], {
      onStart: async (child) => {
        while ((await readdir(folder).catch(() => [])).length === 0) await setTimeout(50)
        await setTimeout(500)
        child.kill('SIGINT')
      },
    })
    expect(outcome).toMatchObject({ code: 130, stdout: '' })
    expect(outcome.stderr).toContain('Interrupted')
    expect(await readdir(join(cli.folder, 'broken-off')).catch(() => [])).toEqual([])
  })

  it.each([
    [['plan', '--scheme', 'rnig'], /unknown --scheme "rnig"[\s\S]*Did you mean "ring"\?/],
    [['plan', '--from', '3', '--to', '3'], /nothing changes from 3 equal shards to 3 equal shards/],
    [['plan', '--scheme', 'geo', '--from', '8', '--to', '9'], /8 regions/],
    [['plan', '--key-file', 'nowhere.txt'], /there is no file nowhere\.txt/],
    [['plan', '--form', '3'], /Did you mean --from\?/],
    [['paln'], /Did you mean plan\?/],
    [[], /Usage: scalelab shards/],
  ])('%j is a usage error', async (args, message) => {
    const outcome = await cli.run(['shards', ...args])
    expect(outcome.stderr).toMatch(message)
    expect(outcome).toMatchObject({ code: 2, stdout: '' })
  })

  it('explains itself, and publishes its schema', async () => {
    expect(await cli.ok('shards', 'plan', '--help')).toMatch(/Examples:[\s\S]*\$ scalelab shards plan --keys 1e6/)
    const schema = await cli.json<{ properties: Record<string, unknown> }>('schema', 'shard-plan')
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(['keys', 'stages', 'schemes', 'verdicts']))
  })
})
