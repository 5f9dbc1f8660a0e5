import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/random.js'
import { clusterMissing } from '../../replication/testing/test-cluster.js'
import { CommandLine } from '../testing/command-line.js'
import { CLEAN, ShardedStack } from '../testing/sharded-stack.js'

const missing = await clusterMissing()
/** Of the moments at which the command is killed. */
const SEED = 20_261_120
const USERS = 400
const SLOWLY = ['--max-rows-per-second', '120', '--batch-rows', '80', '--chunk-rows', '20']

describe.skipIf(missing !== undefined)('a reshard that is killed', { timeout: 120_000 }, () => {
  const random = seededRandom(SEED)
  let cli: CommandLine
  let stack: ShardedStack
  beforeAll(async () => {
    cli = await CommandLine.create()
    stack = new ShardedStack(cli)
    await cli.ok('up', 'shard-2', '--engine', 'process', '--rows', String(USERS), '--scheme', 'jump')
  }, 90_000)
  afterAll(async () => expect(await cli.dispose()).toEqual([]), 30_000)

  /** Kills it so long after it told this; it may have ended by then. @returns whether it was killed */
  async function killed(args: string[], text: RegExp, ms: number): Promise<boolean> {
    const { signal } = await cli.run(['reshard', '--no-load', ...args], {
      onStart(child: ChildProcess) {
        let seen = ''
        child.stderr?.on('data', (chunk: string) => {
          const before = text.test(seen)
          seen += chunk
          if (!before && text.test(seen)) setTimeout(() => child.kill('SIGKILL'), ms)
        })
      },
    })
    return signal === 'SIGKILL'
  }
  const counted = async () => (await stack.counted()).rows
  const expectRight = async (shards: number): Promise<void> => {
    expect(await stack.ids()).toEqual(Array.from({ length: shards }, (_, index) => `shard-${index + 1}`))
    expect(await stack.audit()).toMatchObject(CLEAN)
    expect(await counted()).toEqual({ users: USERS, orders: USERS, transfers: 0, requests: 0 })
  }

  beforeEach(async () => {
    await cli.run(['reshard', '--resume', '--no-load'])
    if ((await stack.ids()).length === 3) await cli.ok('reshard', '--to', '2', '--no-load')
  })

  it.each(['resume', 'rollback', 'resume'])('at random moments while rows move, and then: %s', async (way) => {
    const kills = [
      await killed(['--to', '3', ...SLOWLY], /shard-3 started/, random() * 1_500),
      await killed([`--${way}`], /[1-9]\d* of \d+ rows/, random() * 500),
    ]
    expect(kills[0]).toBe(true)
    // The second one may have come to its end before.
    const { code, stderr, stdout } = await cli.run(['reshard', `--${way}`, '--no-load'])
    if (code !== 0) expect(stderr).toContain('no migration is under way')
    else expect(stdout).toContain(way === 'resume' ? 'shard-2 has 3 shards' : 'shard-2 has 2 shards')
    await expectRight(way === 'resume' ? 3 : 2)
  })

  it.each([
    ['resume', 0],
    ['rollback', 150],
    ['resume', 400],
  ])('while a shard is being started: --%s removes what was begun, %i ms after', async (way, ms) => {
    const struck = await killed(['--to', '3'], /starting shards/, ms)
    expect(struck).toBe(true)
    // Whatever was launched has time to become what it will be.
    await sleep(random() * 1_000)
    const outcome = await cli.run(['reshard', `--${way}`, '--no-load'])
    // Killed before the shard was so much as written down, nothing is there to be cleared away.
    if (outcome.code !== 0) expect(outcome.stderr).toContain('no migration is under way')
    else expect(outcome.stdout).toMatch(/Nothing had moved yet|has [23] shards by jump/)
    await expectRight((await stack.ids()).length)
  })

  it('a new one goes past what is left of it as well', async () => {
    await killed(['--to', '3'], /starting shards/, 200)
    expect(await cli.ok('reshard', '--to', '3', '--dry-run')).toContain('From 2 shards by jump to 3 shards by jump')
    await cli.ok('reshard', '--to', '3', '--no-load')
    await expectRight(3)
  })

  it.each([
    [0, 'resume'],
    [0, 'rollback'],
    [150, 'rollback'],
  ])('while an empty shard is being removed, %i ms after it had nothing any more, and then: %s', async (ms, way) => {
    await cli.ok('reshard', '--to', '3', '--no-load')
    await killed(['--to', '2'], /done: \d+ of \d+ rows/, ms)
    const { code, stderr } = await cli.run(['reshard', `--${way}`, '--no-load'])
    if (code !== 0) expect(stderr).toContain('no migration is under way')
    // Taken back where the shard was still there, completed where it was not.
    if (way === 'resume') await expectRight(2)
    else await expectRight((await stack.ids()).length)
  })

  it('can be taken down as it is, and nothing is left', async () => {
    expect(await killed(['--to', '3', ...SLOWLY], /[1-9]\d* of \d+ rows/, random() * 300)).toBe(true)
    expect(await cli.ok('down')).toContain('shard-2 is down')
    expect(await cli.survivors()).toEqual([])
    expect(await cli.json('ps', '--json')).toEqual([])
  })
})
