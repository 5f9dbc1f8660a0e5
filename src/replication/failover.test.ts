import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LabError } from '../core/errors.js'
import type { WriteEntry } from '../load/port.js'
import { ledgerOf } from '../run/ledger.js'
import { Cluster } from './cluster.js'
import { DIVERGED_FILE, failOver, rejoin } from './failover.js'
import { heal } from './heal.js'
import { readied } from './standbys.js'
import { clusterMissing, note, startCluster, type TestCluster, Writer } from './testing/test-cluster.js'

const missing = await clusterMissing()

describe.skipIf(missing !== undefined)('a failover', { timeout: 60_000 }, () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await startCluster('failover')
  })
  afterAll(() => cluster?.close())

  const never = new AbortController().signal
  /** Everything a failover is, to the end. */
  async function throughout(old: string): Promise<{ promoted: string; events: string[] }> {
    const options = cluster.options()
    const { promoted, siblings, divergedSince } = await failOver(old, options)
    await siblings
    await rejoin(old, 'auto', divergedSince, cluster.control, never)
    return { promoted, events: options.events }
  }
  const keysOn = async (node: string): Promise<unknown[]> =>
    (await cluster.sql(node, 'SELECT request_key FROM requests')).flat()

  it.each(['kill', 'stop'] as const)('after a %s ends with one primary, and all others streaming', async (how) => {
    const { primary, standbys } = await cluster.roles()
    await cluster.sql(primary, note(`before ${how}`))
    await cluster.stack[how](primary)
    const { promoted, events } = await throughout(primary)
    const sibling = standbys.find((id) => id !== promoted)
    expect(events).toEqual([
      `fenced ${primary}`,
      `chosen ${promoted}`,
      `promoted ${promoted}`,
      `sibling streaming ${sibling}`,
    ])
    expect(standbys).toContain(promoted)
    expect(await cluster.oneStreamingPrimary()).toBe(promoted)
    await cluster.sql(promoted, note(`after ${how}`))
    for (const id of [promoted, primary, sibling ?? '']) {
      await expect
        .poll(() => keysOn(id), { timeout: 10_000 })
        .toEqual(expect.arrayContaining([`before ${how}`, `after ${how}`]))
    }
  })

  it('of a frozen primary never lets two accept writes, and the old one does not come back as one', async () => {
    const { primary } = await cluster.roles()
    const members = await cluster.control.members()
    const writers = members.map(({ id, endpoint }) => {
      if (endpoint === null) throw new Error(`${id} does not run`)
      return new Writer(id, { host: endpoint.host, port: endpoint.port })
    })
    const of = (id: string): Writer => {
      const writer = writers.find(({ node }) => node === id)
      if (writer === undefined) throw new Error(id)
      return writer
    }
    try {
      await expect.poll(() => of(primary).acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(5)
      await cluster.stack.pause(primary)
      const { promoted, siblings, divergedSince } = await failOver(primary, cluster.options())
      await siblings
      // Whatever is left of it wakes up.
      await cluster.stack.resume(primary)
      const refusal = await cluster.stack.restart(primary).catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(LabError)
      expect((refusal as LabError).details.join('\n')).toContain(
        'fenced: a standby takes its place. It must not serve until it follows the new primary',
      )
      expect((await cluster.stack.nodes()).find(({ id }) => id === primary)?.state).toBe('stopped')
      await expect.poll(() => of(promoted).acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(20)
      await rejoin(primary, 'auto', divergedSince, cluster.control, never)
      expect(await cluster.oneStreamingPrimary()).toBe(promoted)
      await sleep(200)
      for (const writer of writers) await writer.end()
      const [last, first] = [of(primary).acknowledged.at(-1), of(promoted).acknowledged[0]]
      if (last === undefined || first === undefined) throw new Error('nothing was written')
      expect(last.at).toBeLessThan(first.at)
      for (const { node, acknowledged, tried } of writers) {
        expect(tried, node).toBeGreaterThan(5)
        if (node !== primary && node !== promoted) expect(acknowledged).toEqual([])
      }
      // And all of the new one's are on all.
      const key = of(promoted).acknowledged.at(-1)?.key
      await expect.poll(async () => (await keysOn(primary)).includes(key), { timeout: 10_000 }).toBe(true)
    } finally {
      for (const writer of writers) await writer.end()
    }
  })

  it('loses what no standby had received: the ledger names it, and the rows are kept', async () => {
    const { primary, standbys } = await cluster.roles()
    await cluster.sql(primary, note('loss-0'))
    await expect.poll(async () => (await keysOn(standbys[0] ?? '')).includes('loss-0')).toBe(true)
    await expect.poll(async () => (await keysOn(standbys[1] ?? '')).includes('loss-0')).toBe(true)
    for (const id of standbys) await cluster.stack.pause(id)
    await cluster.cutOff(primary, standbys)
    for (const key of ['loss-1', 'loss-2']) await cluster.sql(primary, note(key))
    await cluster.stack.kill(primary)
    for (const id of standbys) await cluster.stack.resume(id)
    const { promoted, siblings, divergedSince } = await failOver(primary, cluster.options())
    await siblings
    await cluster.sql(promoted, note('loss-3'))
    await rejoin(primary, 'auto', divergedSince, cluster.control, never)
    expect(await cluster.oneStreamingPrimary()).toBe(promoted)

    const servers = new Cluster(await cluster.control.members())
    const found = await servers
      .server(promoted)
      ?.writesOf('loss-')
      .finally(() => servers.close())
    const told = ['loss-0', 'loss-1', 'loss-2', 'loss-3'].map(
      (key): WriteEntry => ({
        key,
        kind: 'write',
        due_ms: 0,
        sent_ms: 0,
        done_ms: 0,
        outcome: 'acknowledged',
        status: 200,
        node: primary,
      }),
    )
    expect(ledgerOf(told, found ?? null)).toMatchObject({ acknowledged: 4, lost: ['loss-1', 'loss-2'] })
    const rows = (await cluster.control.read(primary, DIVERGED_FILE))?.trim().split('\n') ?? []
    const keys = rows.map((row) => JSON.parse(row).request_key)
    expect(keys).toEqual(expect.arrayContaining(['loss-1', 'loss-2']))
    expect(await keysOn(primary)).not.toContain('loss-1')
  })

  it('takes the standby that has more', async () => {
    const { primary, standbys } = await cluster.roles()
    const [behind = '', ahead = ''] = standbys
    await cluster.stack.pause(behind)
    await cluster.cutOff(primary, [behind])
    await cluster.sql(primary, note('more'))
    await expect.poll(async () => (await keysOn(ahead)).includes('more')).toBe(true)
    await cluster.stack.kill(primary)
    await cluster.stack.resume(behind)
    const { promoted } = await throughout(primary)
    expect(promoted).toBe(ahead)
    await cluster.oneStreamingPrimary()
    await expect.poll(async () => (await keysOn(behind)).includes('more')).toBe(true)
  })

  it('promotes nobody before the old primary is dead, however long that takes, and tells of it at once', async () => {
    const { primary, standbys } = await cluster.roles()
    const options = cluster.options()
    let die = (): void => {}
    const death = new Promise<void>((resolve) => {
      die = resolve
    })
    const control = {
      ...options.control,
      kill: async (node: string) => {
        options.events.push(`kill ${node}`)
        await death
        await options.control.kill(node)
      },
      tell: () => void options.events.push('told'),
    }
    const ready = await readied(primary, control)
    const failing = failOver(primary, { ...options, control, ready })
    await expect.poll(() => options.events).toEqual([`kill ${primary}`])
    // Made ready beside the fence, and no more than that.
    for (const id of standbys) {
      const [row] = await cluster.sql(id, 'SELECT pg_is_in_recovery(), (SELECT count(*) FROM pg_replication_slots)')
      expect(row).toEqual([true, '2'])
    }
    die()
    const { promoted, siblings, divergedSince } = await failing
    expect(options.events).toEqual([
      `kill ${primary}`,
      `fenced ${primary}`,
      `chosen ${promoted}`,
      'told',
      `promoted ${promoted}`,
    ])
    await siblings
    await rejoin(primary, 'auto', divergedSince, cluster.control, never)
    expect(await cluster.oneStreamingPrimary()).toBe(promoted)
  })

  it('that was made ready for looks again at who is there when it comes', async () => {
    const { primary, standbys } = await cluster.roles()
    const [frozen = '', other = ''] = standbys
    const ready = await readied(primary, cluster.control)
    await cluster.stack.pause(frozen)
    await cluster.stack.kill(primary)
    const { promoted, siblings } = await failOver(primary, { ...cluster.options(), ready })
    expect(promoted).toBe(other)
    await cluster.stack.resume(frozen)
    await siblings
    await heal(cluster.options(), [])
    expect(await cluster.oneStreamingPrimary()).toBe(other)
  })

  it('is carried through though its connections are ended again and again', async () => {
    const { primary, standbys } = await cluster.roles()
    await cluster.stack.kill(primary)
    let over = false
    let ended = 0
    const cutting = Promise.all(
      standbys.map(async (id) => {
        while (!over) {
          const rows = await cluster
            .sql(id, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scalelab'")
            .catch(() => [])
          ended += rows.length
          // A session that is ended before it could ask anything would never come to an answer.
          await sleep(40)
        }
      }),
    )
    try {
      const { promoted } = await throughout(primary)
      expect(standbys).toContain(promoted)
    } finally {
      over = true
      await cutting
    }
    expect(ended).toBeGreaterThan(0)
    await cluster.oneStreamingPrimary()
  })

  it('changes nothing when no standby answers', async () => {
    const { primary, standbys } = await cluster.roles()
    for (const id of standbys) await cluster.stack.pause(id)
    const options = cluster.options()
    const refusal = await failOver(primary, options).catch((error: unknown) => error)
    expect((refusal as Error).message).toBe(`no standby can take the place of ${primary}: none answers`)
    expect(options.events).toEqual([])
    for (const id of standbys) await cluster.stack.resume(id)
    expect(await cluster.oneStreamingPrimary()).toBe(primary)
  })
})
