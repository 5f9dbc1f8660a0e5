import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../core/random.js'
import { decodeOwners, encodeOwners } from '../core/shard-map.js'
import { postgresMissing } from '../nodes/api/testing/postgres-binaries.js'
import { audit } from './audit.js'
import { Fleet } from './fleet.js'
import { BATCH_STEPS } from './mover.js'
import { MoverLock } from './mover-lock.js'
import { newest } from './put-right.js'
import { type Order, reshard } from './reshard.js'
import { isReached, type Target } from './target.js'
import { type ChildMovers, childMovers } from './testing/child-mover.js'
import { Clients } from './testing/clients.js'
import { controlOf, OPTIONS, requestFor, until } from './testing/request.js'
import { startShards, type TestShards } from './testing/test-shards.js'

const USERS = 400
const CLEAN = { misplaced: 0, misslotted: 0, duplicated: 0, misowned: 0, agreed: true }

/** Every sixteenth slot belongs to the next shard, or is back at its own: two batches for each pair. */
function shifted(shards: TestShards, by: number): Target {
  const owners = decodeOwners(shards.map.owners).map((owner, slot) => (slot % 16 === 3 ? (owner + by) % 3 : owner))
  return {
    scheme: by === 0 ? shards.map.scheme : `shifted-${by}`,
    shards: shards.map.shards,
    owners: encodeOwners(owners),
  }
}

describe.skipIf(postgresMissing() !== undefined)('a mover that ends at any moment', () => {
  let shards: TestShards
  let fleet: Fleet
  let movers: ChildMovers
  let clients: Clients
  beforeAll(async () => {
    shards = await startShards({ shards: 3, rows: USERS })
    fleet = await Fleet.of(controlOf(shards))
    movers = await childMovers()
    clients = new Clients(shards, USERS, 7)
    clients.start(4, 1, 25)
  }, 60_000)
  afterAll(async () => {
    await clients?.end()
    fleet?.close()
    await movers?.close()
    await shards?.stop()
  })

  let by = 0
  const begin = (): { order: Order; from: Target; to: Target } => {
    const from = shifted(shards, by)
    const to = shifted(shards, by + 1)
    by += 1
    return { from, to, order: { kind: 'begin', target: to, options: OPTIONS } }
  }
  const child = (order: Order, at: Parameters<ChildMovers['start']>[0]['at'] = null) =>
    movers.start({ endpoints: shards.shards.map(({ id }) => shards.endpoint(id)), order, at, leaseMs: 2_000 })
  const reached = async (target: Target): Promise<boolean> =>
    isReached(newest(await fleet.each((shard) => shard.state())), target)

  /** What a shard answers to somebody who writes past the protocol, again and again: the trigger alone stands before it. */
  const writeUntilDone = async (id: string, slots: readonly number[]): Promise<string[]> => {
    const answers: string[] = []
    await until(async () => {
      const answer = shards
        .query<{ user_id: string }>(id, 'UPDATE users SET name = name WHERE slot = ANY($1) RETURNING user_id', [slots])
        .then((rows) => (rows.length > 0 ? 'written' : 'no rows'))
      answers.push(await answer.catch((error: { code: string }) => error.code))
      return answers.at(-1) === 'written'
    }, 'the lease to end')
    return answers
  }

  it.each(
    BATCH_STEPS.map((step, index) => ({ step, end: index % 2 === 0 ? ('resume' as const) : ('rollback' as const) })),
  )(
    'killed when $step, then $end',
    async ({ step, end }) => {
      const { order, from, to } = begin()
      const killed = child(order, { step, signal: 'SIGKILL' })
      await killed.ended
      expect(killed.lines.at(-1)).toBe(step)
      expect(killed.child.signalCode).toBe('SIGKILL')
      const again = requestFor(shards, order)
      await expect(reshard(again.request)).rejects.toThrow(/migration test to 3 shards is under way/)
      const told = requestFor(shards, { kind: end })
      const result = await reshard(told.request)
      expect(result).toMatchObject({ outcome: end === 'resume' ? 'moved' : 'rolled back', failure: null })
      expect(await reached(end === 'resume' ? to : from)).toBe(true)
      if (end === 'rollback') by -= 1
    },
    20_000,
  )

  it('killed at random moments, again and again, and resumed at last', async () => {
    const random = seededRandom(11)
    const { order, to } = begin()
    let killed = 0
    for (let attempt = 0; attempt < 6; attempt++) {
      const running = child(attempt === 0 ? order : { kind: 'resume' })
      await Promise.race([until(() => running.lines.includes('begun'), 'to begin'), running.ended])
      await Promise.race([sleep(random() * 400), running.ended])
      killed += running.child.kill('SIGKILL') ? 1 : 0
      await running.ended
      if (running.lines.some((line) => line.startsWith('outcome'))) break
    }
    expect(killed).toBeGreaterThan(0)
    expect(await reshard(requestFor(shards, { kind: 'resume' }).request)).toMatchObject({ outcome: 'moved' })
    expect(await reached(to)).toBe(true)
  }, 30_000)

  it.each(['copied', 'held', 'given away', 'dropped'] as const)(
    'interrupted when %s leaves all in order, and a rollback takes it back',
    async (step) => {
      const { order, from } = begin()
      const told = requestFor(shards, order, { onStep: (now) => void (now === step && told.abort.abort()) })
      const result = await reshard(told.request)
      expect(result).toMatchObject({ outcome: 'interrupted', failure: null })
      expect(result.batches).toHaveLength(step === 'given away' || step === 'dropped' ? 1 : 0)
      expect((await fleet.each((shard) => shard.state())).map(({ slots }) => slots)).toMatchObject(
        Array.from({ length: 3 }, () => ({ arriving: [], leaving: [], held: [] })),
      )
      expect(await reshard(requestFor(shards, { kind: 'rollback' }).request)).toMatchObject({ outcome: 'rolled back' })
      expect(await reached(from)).toBe(true)
      by -= 1
    },
    20_000,
  )

  it('waits a moment for the lock of one that has just ended', async () => {
    const [ending, next] = [new MoverLock('the one'), new MoverLock('the other')]
    const [first] = shards.shards.map(({ id }) => shards.endpoint(id))
    if (first === undefined) throw new Error('no shard')
    await ending.take(first)
    const taking = next.take(first)
    await sleep(200)
    ending.release()
    await taking
    next.check()
    next.release()
  })

  it('refuses a second mover, and says who the first is', async () => {
    const { order } = begin()
    const first = child(order, { step: 'copied', signal: 'SIGSTOP' })
    await until(() => first.lines.includes('copied'), 'the first to copy')
    await expect(reshard(requestFor(shards, { kind: 'resume' }).request)).rejects.toMatchObject({
      name: 'LabError',
      message: expect.stringMatching(
        new RegExp(`^another reshard is moving rows of this stack \\(process ${first.child.pid}, since 20.*Z\\)$`),
      ),
    })
    first.child.kill('SIGCONT')
    await first.ended
    expect(first.lines.at(-1)).toBe('outcome moved')
  }, 20_000)

  it('blocks writers for its lease at most when it is frozen in the hold, and does not switch after that', async () => {
    const leaseMs = 600
    const { order, to } = begin()
    const endpoints = shards.shards.map(({ id }) => shards.endpoint(id))
    for (const step of ['held', 'verified'] as const) {
      const frozen = movers.start({
        endpoints,
        order: step === 'held' ? order : { kind: 'resume' },
        at: { step, signal: 'SIGSTOP' },
        leaseMs,
      })
      await until(() => frozen.lines.includes(step), 'the hold')
      const [source] = (
        await fleet.each((shard) => shard.state().then(({ slots }) => ({ shard, held: slots.held })))
      ).filter(({ held }) => held.length > 0)
      const answers = await writeUntilDone(source?.shard.id ?? '', source?.held ?? [])
      expect(new Set(answers)).toEqual(new Set(['SL423', 'written']))
      expect(await reached(to)).toBe(false)
      frozen.child.kill('SIGCONT')
      await until(() => frozen.lines.some((line) => line.includes('could not be switched in time')), 'the refusal')
      if (step === 'held') {
        frozen.child.kill('SIGKILL')
        await frozen.ended
      } else {
        await frozen.ended
        expect(frozen.lines.at(-1)).toBe('outcome moved')
      }
    }
    expect(await reached(to)).toBe(true)
  }, 30_000)

  it('after all that each acknowledged write is there exactly once, and every row where it belongs', async () => {
    await clients.end()
    expect(clients.gathered).toBeGreaterThan(10)
    await clients.check()
    expect(await audit(fleet)).toMatchObject(CLEAN)
    const left = await fleet.each((shard) => shard.one<{ n: number }>('SELECT count(*)::integer AS n FROM changes'))
    expect(left).toEqual([{ n: 0 }, { n: 0 }, { n: 0 }])
  }, 30_000)
})
