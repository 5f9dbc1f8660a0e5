import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../../core/record.js'
import { type ReshardPlan, type ReshardRecord, reshardPlanSchema, reshardSchema } from '../../core/sharding.js'
import { whyNoDocker } from '../../engines/docker/testing/daemon.js'
import { clusterMissing } from '../../replication/testing/test-cluster.js'
import { openTerminal, type Terminal } from '../../ui/testing/terminal.js'
import { BIN, CommandLine, type Outcome } from '../testing/command-line.js'
import { CLEAN, ShardedStack } from '../testing/sharded-stack.js'

const missing = await clusterMissing()
const noDocker = await whyNoDocker()

const USERS = 600
const QUICK = ['--baseline', '300ms', '--rps', '60', '--out', 'out']
/** So slow that there is time to meddle. */
const SLOWLY = ['--max-rows-per-second', '100', '--batch-rows', '60', '--chunk-rows', '20']

interface Told {
  stack: string
  reshard: ReshardRecord
  ledger: RunRecord['load']['ledger']
  writes: RunRecord['writes']
  verdicts: RunRecord['verdicts']
  record: string
  report: string
}

describe.skipIf(missing !== undefined)('reshard', { timeout: 120_000 }, () => {
  let cli: CommandLine
  let stack: ShardedStack
  let terminal: Terminal | undefined
  beforeAll(async () => {
    cli = await CommandLine.create()
    stack = new ShardedStack(cli)
    await cli.ok('up', 'shard-2', '--engine', 'process', '--rows', String(USERS))
  }, 90_000)
  afterEach(() => terminal?.close())
  afterAll(async () => expect(await cli.dispose()).toEqual([]), 30_000)

  const reshard = (...args: string[]): Promise<string> => cli.ok('reshard', ...args)
  const refused = async (args: string[], message: string | RegExp, code = 2): Promise<void> => {
    const outcome = await cli.run(['reshard', ...args])
    expect(outcome.stderr).toMatch(message)
    expect(outcome.stderr).not.toMatch(/^\s+at /m)
    expect([outcome.code, outcome.stdout]).toEqual([code, ''])
  }
  /** Runs it and calls `then` once its lines of progress say this. */
  const meddled = (args: string[], text: RegExp, then: (child: ChildProcess) => void): Promise<Outcome> =>
    cli.run(['reshard', ...args], {
      onStart(child) {
        let seen: string | null = ''
        child.stderr?.on('data', (chunk: string) => {
          if (seen === null) return
          seen += chunk
          if (!text.test(seen)) return
          seen = null
          then(child)
        })
      },
    })
  const latest = async (scenario: string): Promise<RunRecord> =>
    runRecordSchema.parse(JSON.parse(await readFile(join(cli.folder, 'out', scenario, 'latest', 'run.json'), 'utf8')))

  it.each<[string[], RegExp]>([
    [[], /how many shards should there be\?[\s\S]*reshard --to 3/],
    [['--to', '0'], /--to: "0" is not a whole number from 1 to 16/],
    [['--to', '17'], /--to: "17" is not a whole number from 1 to 16/],
    [['--to', 'three'], /--to: "three" is not a whole number/],
    [['--to', '2'], /shard-2 has 2 shards by ring already: nothing would move/],
    [['--scheme', 'jmp'], /unknown --scheme "jmp"[\s\S]*Did you mean "jump"\?/],
    [['--scheme', 'geo'], /scheme geo wants slots by geo[\s\S]*scalelab up shard-2 --scheme geo/],
    [['--shard-weights', '2,1,1'], /--shard-weights: 3 for 2 shards[\s\S]*--shard-weights 1,1/],
    [['--shard-weights', '2,0'], /--shard-weights: "0" is not a whole number/],
    [['--scheme', 'jump', '--shard-weights', '2,1'], /the scheme jump takes no weights[\s\S]*ring/],
    [['--resume'], /no migration is under way: nothing to resume/],
    [['--rollback'], /no migration is under way: nothing to roll back/],
    [['--resume', '--rollback'], /--resume and --rollback exclude each other/],
    [['--resume', '--to', '3'], /--resume goes by what was begun: leave --to out/],
    [['--rollback', '--dry-run'], /leave --rollback out/],
    [['--to', '3', '--chunk-rows', '0'], /--chunk-rows: "0"/],
    [['--to', '3', '--max-rows-per-second', '0'], /--max-rows-per-second: "0"/],
    [['--to', '3', '--baseline', 'soon'], /"soon" is not a duration/],
    [['--to', '3', '--mix', 'stock:1'], /Allowed: read, write, order, browse, list, transfer/],
    [['--to', '3', '--stack', 'shard-9'], /shard-9/],
  ])('%j is a mistake that says what is wrong', async (args, message) => {
    await refused(args, message)
  })

  it('says what would move, and changes nothing', async () => {
    const before = await stack.counted()
    const { plan } = JSON.parse(await reshard('--to', '3', '--dry-run', '--json')) as { plan: ReshardPlan }
    expect(reshardPlanSchema.parse(plan)).toMatchObject({
      from: { scheme: 'ring', shards: ['shard-1', 'shard-2'] },
      to: { scheme: 'ring', shards: ['shard-1', 'shard-2', 'shard-3'] },
      keys: { total: USERS, minimum: USERS / 3 },
      rows: { total: 2 * USERS },
    })
    expect(plan.moves.map(({ from, to }) => `${from} ${to}`).toSorted()).toEqual(['shard-1 shard-3', 'shard-2 shard-3'])
    expect(plan.moves.reduce((sum, { keys }) => sum + keys, 0)).toBe(plan.keys.moved)
    expect(plan.rows.moved).toBe(2 * plan.keys.moved)
    expect(await reshard('--to', '3', '--dry-run')).toMatch(
      /From 2 shards by ring to 3 shards by ring: \d+ of 600 keys move/,
    )
    expect(await stack.ids()).toEqual(['shard-1', 'shard-2'])
    expect(await stack.counted()).toEqual(before)
    expect(await stack.audit()).toMatchObject({ ...CLEAN, mapVersion: 1 })
  })

  it('grows under load: no error, no write lost, and the report says what moved', async () => {
    const told = JSON.parse(await reshard('--to', '3', '--json', ...QUICK)) as Told
    const { keys } = await stack.counted()
    const moved = reshardSchema.parse(told.reshard)
    expect(moved).toMatchObject({ outcome: 'moved', added: ['shard-3'], removed: [], misplaced: 0, duplicated: 0 })
    expect(moved.plan.keys.moved).toBe(keys['shard-3'])
    expect(moved.moved_rows).toBeGreaterThanOrEqual(moved.plan.rows.moved)
    expect(moved.held_ms.count).toBe(moved.batches.length)
    expect(moved.before.map(({ id }) => id)).toEqual(['shard-1', 'shard-2'])
    expect(Object.fromEntries(moved.after.map((shard) => [shard.id, shard.keys]))).toEqual(keys)
    expect(told.ledger).toMatchObject({ http_error: 0, lost: 0, unfinished: 0 })
    expect(told.writes).toMatchObject({ lost: [], duplicated: [], unknown: 0 })
    expect(told.writes?.acknowledged).toBeGreaterThan(5)
    expect(await stack.audit()).toMatchObject(CLEAN)
    const run = runRecordSchema.parse(JSON.parse(await readFile(join(cli.folder, told.record, 'run.json'), 'utf8')))
    expect(run).toMatchObject({ status: 'complete', reshard: { outcome: 'moved' }, sharding: { misplaced: 0 } })
    expect(await readFile(join(cli.folder, told.report), 'utf8')).toContain('shard-3')
    expect(await cli.ok('ps')).toMatch(/shard-3 +shard, [\d,]+ slots, map \d+ +running/)
  })

  it('the stack is loaded, scaled and brought up again as any other', async () => {
    expect(await cli.ok('scale', '3')).toContain('+api-3')
    const short = ['--duration', '1s', '--warmup', '300ms', '--rps', '60', '--json', '--out', 'bench']
    const run = runRecordSchema.parse(await cli.json('bench', ...short))
    expect(run.sharding).toMatchObject({ misplaced: 0, misslotted: 0, duplicated: 0 })
    expect(run.sharding?.shards.map(({ id }) => id)).toEqual(['shard-1', 'shard-2', 'shard-3'])
    expect(run.load.ledger).toMatchObject({ http_error: 0, lost: 0 })
    const up = ['up', 'shard-2', '--engine', 'process', '--rows', String(USERS)]
    expect(await cli.ok(...up)).toContain('shard-2 is already up')
    expect(await stack.ids()).toEqual(['shard-1', 'shard-2', 'shard-3'])
  })

  it('goes by weights and by other schemes, without a load and as JSON', async () => {
    const args = ['--scheme', 'directory', '--shard-weights', '2,1,1', '--no-load', '--json']
    const { reshard: moved } = JSON.parse(await reshard(...args)) as Told
    expect(moved.outcome).toBe('moved')
    expect(moved.after.map(({ slots }) => slots)).toEqual([8_192, 4_096, 4_096])
    expect(moved.plan.to).toEqual({ scheme: 'directory', shards: ['shard-1', 'shard-2', 'shard-3'] })
    expect(await reshard('--scheme', 'modulo', '--no-load')).toMatch(
      /shard-2 has 3 shards by modulo: [\d,]+ rows moved in [\d.]+ s\. Users: shard-1 \d+, shard-2 \d+, shard-3 \d+\./,
    )
    expect(await stack.audit()).toMatchObject(CLEAN)
  })

  it('ended by Ctrl-C leaves all in order; another one is refused until it is taken up', async () => {
    const args = ['--scheme', 'jump', '--quiet', ...QUICK, ...SLOWLY]
    const outcome = await meddled(args, /(copying|holding|dropping|catching up) shard/, (child) => child.kill('SIGINT'))
    expect(outcome.stdout).toContain('Interrupted on the way to 3 shards by jump')
    expect(outcome.code).toBe(130)
    expect(await latest('shard-3')).toMatchObject({ reshard: { outcome: 'interrupted', misplaced: 0, duplicated: 0 } })
    expect(await stack.audit()).toMatchObject(CLEAN)
    await refused(['--to', '4'], /a migration from 3 shards to 3 shards is under way[\s\S]*--resume[\s\S]*--rollback/)
    await refused(['--to', '4', '--dry-run'], /is under way/)
    expect(await reshard('--resume', '--no-load')).toContain('shard-2 has 3 shards by jump')
    expect(await stack.audit()).toMatchObject(CLEAN)
    await refused(['--resume'], /no migration is under way/)
  })

  it('is taken back by --rollback, and the shards that it had started go', async () => {
    const before = await stack.counted()
    const outcome = await meddled(['--to', '4', '--no-load', ...SLOWLY], /[1-9]\d* of \d+ rows/, (child) =>
      child.kill('SIGINT'),
    )
    expect(outcome.stdout).toMatch(/shard-2: interrupted after [\d.]+ s, \d+ rows moved\. Nothing is lost/)
    expect(outcome.code).toBe(130)
    expect(await stack.ids()).toHaveLength(4)
    expect(await reshard('--rollback', '--no-load')).toContain('shard-2 has 3 shards by jump')
    expect(await stack.counted()).toEqual(before)
    expect(await stack.audit()).toMatchObject(CLEAN)
  })

  it('two at once: the second is refused, and says who the first is', async () => {
    const seconds: Promise<Outcome>[] = []
    const first = await meddled(['--to', '4', '--no-load', ...SLOWLY], /shard-4 started/, (child) => {
      seconds.push(
        cli.run(['reshard', '--to', '5']).then(async (second) => {
          child.kill('SIGINT')
          expect(second.stderr).toMatch(
            new RegExp(`another scalelab command \\(pid ${child.pid}, .*is working on stack shard-2`),
          )
          return second
        }),
      )
    })
    expect((await seconds[0])?.code).toBe(3)
    expect(first.code).toBe(130)
    await reshard('--resume', '--no-load')
    expect(await stack.ids()).toHaveLength(4)
  })

  it('a shard that is killed meanwhile is named, waited for, started again, and nothing is lost', async () => {
    const { rows } = await stack.counted()
    const outcome = await meddled(['--to', '3', '--no-load', ...SLOWLY], /[1-9]\d* of \d+ rows/, () => {
      void stack.nodes.signal('shard-2', 'SIGKILL')
    })
    expect(outcome.stderr).toMatch(/shard-2 does not answer: .*waiting until it is back/)
    expect(outcome.stderr).toContain('shard-2 had ended and was started again')
    expect(outcome.stderr).toMatch(/shard-2 is back after [\d.]+ s/)
    expect(outcome.stdout).toContain('shard-2 has 3 shards by jump')
    expect(outcome.code).toBe(0)
    expect((await stack.counted()).rows).toEqual(rows)
    expect(await stack.audit()).toMatchObject(CLEAN)
  })

  it('starts shards that had ended before, and only says so in a dry run', async () => {
    await stack.nodes.signal('shard-3', 'SIGKILL')
    await expect.poll(async () => (await stack.nodes.states())['shard-3']).toBe('stopped')
    await refused(['--to', '2', '--dry-run'], /shard-3 does not answer: its node is stopped[\s\S]*scalelab ps/, 3)
    const outcome = await cli.run(['reshard', '--to', '2', '--no-load'])
    expect(outcome.stderr).toContain('shard-3 had ended and was started again.')
    expect(outcome.stderr).toContain('shard-3 is empty and was removed')
    expect(outcome.code).toBe(0)
    expect(await stack.ids()).toEqual(['shard-1', 'shard-2'])
    expect((await stack.counted()).rows).toMatchObject({ users: USERS })
  })

  it('shows the migration live at 80x24', async () => {
    const env = { SCALELAB_STATE: join(cli.folder, 'state'), PATH: cli.env.PATH ?? '' }
    const args = ['reshard', '--to', '3', ...QUICK, '--max-rows-per-second', '150']
    terminal = openTerminal([BIN, ...args], { columns: 80, rows: 24 }, { cwd: cli.folder, env })
    await terminal.until(/\d+ of [\d,]+ rows/)
    await terminal.until(/shard-3/)
    expect(terminal.onAlternateScreen()).toBe(true)
    for (const line of terminal.lines()) expect(line.length).toBeLessThanOrEqual(80)
    expect(await terminal.exited()).toBe(0)
    expect(terminal.onAlternateScreen()).toBe(false)
    expect(terminal.mainLines().join('\n')).toMatch(
      /Moved from 2 shards by jump to 3 shards by jump[\s\S]*Report: out\//,
    )
    expect(await stack.audit()).toMatchObject(CLEAN)
  })
})

describe.skipIf(missing !== undefined)('reshard on a stack without shards', { timeout: 60_000 }, () => {
  let cli: CommandLine
  beforeAll(async () => {
    cli = await CommandLine.create()
    await cli.ok('up', 'single', '--engine', 'process')
  })
  afterAll(() => cli.dispose())

  it('is a mistake', async () => {
    const { code, stderr, stdout } = await cli.run(['reshard', '--to', '3'])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('single has no shards')
  })
})

describe.skipIf(noDocker !== null)(
  `reshard on Docker (${noDocker ?? 'a daemon answers'})`,
  { timeout: 180_000 },
  () => {
    let cli: CommandLine
    const name = `reshard-${process.pid}`
    beforeAll(async () => {
      cli = await CommandLine.create()
      await cli.ok('up', 'shard-2', '--engine', 'docker', '--name', name, '--rows', '300')
    }, 120_000)
    afterAll(() => cli.dispose(), 60_000)

    it('grows, shrinks, and nothing is lost', async () => {
      const stack = new ShardedStack(cli)
      // Tried again, it begins where it began.
      if ((await stack.ids()).length > 2) await cli.ok('reshard', '--to', '2', ...QUICK)
      const { rows } = await stack.counted()
      for (const [to, ids] of [
        ['3', ['shard-1', 'shard-2', 'shard-3']],
        ['2', ['shard-1', 'shard-2']],
      ] as const) {
        const { reshard: moved, ledger } = await cli.json<Told>('reshard', '--to', to, '--json', ...QUICK)
        expect(moved.outcome).toBe('moved')
        expect(ledger).toMatchObject({ http_error: 0, lost: 0 })
        expect(await stack.ids()).toEqual(ids)
        expect(await stack.audit()).toMatchObject(CLEAN)
        expect((await stack.counted()).rows.users).toBe(rows.users)
      }
    })
  },
)
