import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresMissing } from '../nodes/api/testing/postgres-binaries.js'
import { slotOwners } from '../strategies/sharding/slot-owners.js'
import { audit } from './audit.js'
import { Fleet } from './fleet.js'
import type { BatchStep } from './mover.js'
import { reshard } from './reshard.js'
import { Clients } from './testing/clients.js'
import { controlOf, OPTIONS, requestFor, targetFor } from './testing/request.js'
import { startShards, type TestShards } from './testing/test-shards.js'

const USERS = 300
const CLEAN = { misplaced: 0, misslotted: 0, duplicated: 0, misowned: 0, agreed: true }

/** After which step a shard of the batch is killed; it is started again a moment later. */
const DEATHS: { step: BatchStep; side: 'from' | 'to' }[] = (
  ['arriving', 'leaving', 'copied', 'caught up', 'held', 'verified', 'given away', 'switched'] as const
).flatMap((step) => [
  { step, side: 'from' as const },
  { step, side: 'to' as const },
])

describe.skipIf(postgresMissing() !== undefined)('a shard that does not answer', () => {
  let shards: TestShards
  let fleet: Fleet
  let clients: Clients
  beforeAll(async () => {
    const placed = ['shard-1', 'shard-2', 'shard-3'].map((id) => ({ id, weight: 1 }))
    shards = await startShards({ shards: 3, spare: 1, rows: USERS, scheme: 'ring', owners: slotOwners('ring', placed) })
    fleet = await Fleet.of(controlOf(shards))
    clients = new Clients(shards, USERS, 3)
    clients.start(4, 1, 25)
  }, 60_000)
  afterAll(async () => {
    await clients?.end()
    fleet?.close()
    await shards?.stop()
  })

  it('is waited for, in every phase, and the migration goes on', async () => {
    const deaths = [...DEATHS]
    const restarts: Promise<void>[] = []
    const told = requestFor(
      shards,
      { kind: 'begin', target: targetFor(shards, 4, 'ring'), options: OPTIONS },
      {
        onStep: async (step, batch) => {
          const [next] = deaths
          if (next?.step !== step) return
          deaths.shift()
          const id = batch[next.side]
          await shards.signal(id, 'SIGKILL')
          restarts.push(sleep(100).then(() => shards.restart(id)))
        },
      },
    )
    const result = await reshard(told.request)
    await Promise.all(restarts)
    expect(result).toMatchObject({ outcome: 'moved', failure: null })
    expect(deaths).toEqual([])
    expect(result.waited_ms).toBeGreaterThan(0)
    const missed = told.events.filter((event) =>
      /^warn: shard-\d does not answer: .*; waiting until it is back$/.test(event),
    )
    expect(missed.length).toBeGreaterThanOrEqual(10)
    expect(told.events.filter((event) => /^info: shard-\d is back after/.test(event))).toHaveLength(missed.length)
    expect(told.progress.some(({ phase, waiting_for }) => phase === 'waiting' && waiting_for !== null)).toBe(true)
  }, 60_000)

  it('may be frozen, and does what it was told too late without harm', async () => {
    const frozen: ('from' | 'to')[] = ['to', 'from']
    const thaws: Promise<void>[] = []
    const told = requestFor(
      shards,
      { kind: 'begin', target: targetFor(shards, 3, 'ring'), options: OPTIONS },
      {
        leaseMs: 800,
        onStep: async (step, batch) => {
          const [side] = frozen
          if (step !== 'verified' || side === undefined) return
          frozen.shift()
          await shards.signal(batch[side], 'SIGSTOP')
          thaws.push(sleep(1_500).then(() => shards.signal(batch[side], 'SIGCONT')))
        },
      },
    )
    const result = await reshard(told.request)
    await Promise.all(thaws)
    expect(result).toMatchObject({ outcome: 'moved', failure: null, unused: ['shard-4'] })
    // A frozen target answers in time once it is thawed; a frozen source finds its lease past.
    expect(told.events.some((event) => event.includes('gave no answer within'))).toBe(true)
    expect(frozen).toEqual([])
  }, 60_000)

  it('ends with an abort while it is waited for, and what is under way is put right later', async () => {
    let killed = ''
    const told = requestFor(
      shards,
      { kind: 'begin', target: targetFor(shards, 4, 'ring'), options: OPTIONS },
      {
        onStep: async (step, batch) => {
          if (step !== 'given away') return
          killed = batch.to
          await shards.signal(killed, 'SIGKILL')
          setTimeout(() => told.abort.abort(), 300)
        },
      },
    )
    const result = await reshard(told.request)
    expect(result).toMatchObject({ outcome: 'interrupted', batches: [], after: [] })
    expect(told.events.at(-1)).toMatch(
      /^warn: what is under way is left as it is \(shard-\d does not answer: .*--resume/,
    )
    await shards.restart(killed)
    const resumed = requestFor(shards, { kind: 'resume' })
    expect(await reshard(resumed.request)).toMatchObject({ outcome: 'moved' })
    expect(resumed.events[0]).toMatch(new RegExp(`^info: ${killed} serves the \\d+ slots that it had been given$`))
  }, 60_000)

  it('loses and doubles nothing', async () => {
    await clients.end()
    await clients.check()
    expect(await audit(fleet)).toMatchObject(CLEAN)
  }, 30_000)
})
