import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LabError } from '../core/errors.js'
import { type GuardOptions, type GuardResult, guard } from './guard.js'
import { clusterMissing, startCluster, type TestCluster } from './testing/test-cluster.js'

const missing = await clusterMissing()

/** Long enough that a busy machine gives no false alarm; a closed connection is known at once all the same. */
const PATIENT = { intervalMs: 1_000, misses: 3 }

describe.skipIf(missing !== undefined)('a guard', { timeout: 60_000 }, () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await startCluster('guard')
  })
  afterAll(() => cluster?.close())

  function guarding(more: Partial<GuardOptions> = {}) {
    const ending = new AbortController()
    const events: string[] = []
    const result = guard({
      control: cluster.control,
      settings: PATIENT,
      compared: [],
      acts: true,
      freezes: 0,
      lengthMs: null,
      pause: (node) => cluster.stack.pause(node),
      resume: (node) => cluster.stack.resume(node),
      onEvent: (_level, text) => events.push(text),
      signal: ending.signal,
      ...more,
    })
    result.catch(() => undefined)
    return {
      events,
      ending,
      result,
      said: (text: RegExp): Promise<void> =>
        expect.poll(() => events.join('\n'), { timeout: 20_000, interval: 10 }).toMatch(text),
      async end(): Promise<GuardResult> {
        ending.abort(new Error('enough'))
        return result
      },
    }
  }

  it('fails over when the primary dies, and again when the next one does, without a false alarm', async () => {
    const { said, end, events } = guarding({ compared: [{ intervalMs: 2_000, misses: 3 }] })
    const { primary: first } = await cluster.roles()
    await said(new RegExp(`^watching ${first}$`, 'm'))
    await sleep(200)
    await cluster.stack.kill(first)
    await said(new RegExp(`; ${first} is its standby`))
    const second = await cluster.oneStreamingPrimary()
    expect(second).not.toBe(first)
    await sleep(200)
    await cluster.stack.kill(second)
    await said(new RegExp(`; ${second} is its standby`))
    const third = await cluster.oneStreamingPrimary()
    await sleep(200)
    const result = await end()
    expect(result.failovers).toMatchObject([
      { old: first, promoted: second, false_alarm: false, detected: 'connection closed, nobody listens' },
      { old: second, promoted: third, false_alarm: false },
    ])
    expect(result.false_alarms).toBe(0)
    expect(result.settings).toMatchObject([
      { interval_ms: 1_000, misses: 3, false_alarms: 0 },
      { interval_ms: 2_000, misses: 3, false_alarms: 0 },
    ])
    for (const { probes, watched_ms } of result.settings) {
      expect(probes).toBeGreaterThan(2)
      expect(watched_ms).toBeGreaterThan(500)
      // A watch ends a moment after the guard's own clock was read.
      expect(watched_ms).toBeLessThanOrEqual(result.watched_ms + 100)
    }
    expect(events.filter((text) => text.startsWith('promoted'))).toHaveLength(2)
  })

  it('fails over a frozen primary, too', async () => {
    const { said, end } = guarding({ settings: { intervalMs: 300, misses: 3 } })
    const { primary } = await cluster.roles()
    await said(/watching/)
    await sleep(500)
    await cluster.stack.pause(primary)
    await said(new RegExp(`; ${primary} is its standby`))
    expect((await end()).failovers[0]).toMatchObject({ old: primary, detected: '3 probes unanswered' })
    expect(await cluster.oneStreamingPrimary()).not.toBe(primary)
  })

  it('that only observes does nothing about it, and goes on', async () => {
    const { said, end, events } = guarding({ settings: { intervalMs: 200, misses: 3 }, acts: false })
    const { primary } = await cluster.roles()
    await said(/watching/)
    await sleep(300)
    await cluster.stack.pause(primary)
    await said(new RegExp(`^${primary} failed: 3 probes unanswered$`, 'm'))
    await sleep(300)
    expect((await cluster.stack.nodes()).find(({ id }) => id === primary)?.state).toBe('paused')
    await cluster.stack.resume(primary)
    await sleep(1_000)
    const result = await end()
    expect(result.failovers).toEqual([])
    expect(events.join()).not.toMatch(/fenced|promoted/)
    expect(await cluster.oneStreamingPrimary()).toBe(primary)
  })

  it('counts an alarm about a server that runs as a false one', async () => {
    const eager = { intervalMs: 400, misses: 1 }
    const { said, end } = guarding({ settings: PATIENT, compared: [eager], acts: false })
    const { primary } = await cluster.roles()
    await said(/watching/)
    await sleep(200)
    // The connections hang, and the server answers on new ones.
    const detectors = (await cluster.sql(primary, DETECTORS)).flat().map(Number)
    expect(detectors).toHaveLength(2)
    for (const pid of detectors) process.kill(pid, 'SIGSTOP')
    await said(/false alarm at a probe interval of 400 ms, which only counts: 1 probe unanswered/)
    for (const pid of detectors) process.kill(pid, 'SIGCONT')
    await sleep(500)
    const { false_alarms, settings, failovers } = await end()
    expect({ false_alarms, failovers }).toEqual({ false_alarms: 0, failovers: [] })
    expect(settings[0]).toMatchObject({ false_alarms: 0 })
    expect(settings[1]?.false_alarms).toBeGreaterThanOrEqual(1)
    // It went on after its alarm.
    expect(settings[1]?.probes).toBeGreaterThan(2)
    expect(await cluster.oneStreamingPrimary()).toBe(primary)
  })

  it('measures how soon each setting notices a freeze, and leaves the primary running', async () => {
    const settings = { intervalMs: 100, misses: 3 }
    const { said, end } = guarding({ settings, compared: [{ ...settings, intervalMs: 50 }], freezes: 2, acts: false })
    await said(/watching/)
    const result = await end()
    for (const { interval_ms, detection_ms } of result.settings) {
      expect(detection_ms).toHaveLength(2)
      // The first miss ends at the earliest when the interval is over that the freeze fell into.
      for (const ms of detection_ms) expect(ms).toBeGreaterThanOrEqual(2 * interval_ms)
    }
    await cluster.oneStreamingPrimary()
  })

  it('ends when its time is up', async () => {
    const result = await guarding({ lengthMs: 300 }).result
    expect(result.watched_ms).toBeGreaterThanOrEqual(300)
    expect(result.failovers).toEqual([])
  })

  it('begins with a primary, and one that only observes waits for another', async () => {
    const { primary } = await cluster.roles()
    const failures = new RegExp(`${primary} failed: connection closed`, 'g')
    const { said, end, events } = guarding({ acts: false })
    await said(/watching/)
    await sleep(200)
    await cluster.stack.kill(primary)
    await said(failures)
    await expect(guarding().result).rejects.toMatchObject({
      exitCode: 2,
      message: 'there is no primary to watch at the moment',
    })
    await cluster.stack.restart(primary)
    await cluster.oneStreamingPrimary()
    // Found again within half a second.
    await sleep(1_000)
    await cluster.stack.kill(primary)
    await expect.poll(() => events.join('\n').match(failures)?.length, { timeout: 10_000 }).toBe(2)
    // It ends where it waits.
    expect((await end()).failovers).toEqual([])
    await cluster.stack.restart(primary)
    await cluster.oneStreamingPrimary()
  })

  it('goes on when a second server has died: it says so, and a standby that is repaired takes over', async () => {
    const { primary, standbys } = await cluster.roles()
    for (const id of standbys) await cluster.stack.kill(id)
    const { said, end } = guarding()
    await said(/watching/)
    await cluster.stack.kill(primary)
    await said(new RegExp(`no standby can take the place of ${primary}.*; waiting until one can`))
    const [repaired = ''] = standbys
    await cluster.stack.restart(repaired)
    await said(new RegExp(`^${repaired} is the primary \\d+ ms after the alarm`, 'm'))
    expect((await end()).failovers).toMatchObject([{ old: primary, promoted: repaired }])
  })

  it('ends when its stack is taken down', async () => {
    const other = await startCluster('guarded')
    const { said, result } = guarding({ control: other.control })
    await said(/watching/)
    await sleep(200)
    await other.close()
    const error = await result.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(LabError)
    // Half-way down, it is that no server answers.
    expect((error as LabError).message).toMatch(/taken down|no standby can take the place of primary: none answers/)
  })
})

const DETECTORS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'scalelab detector'"
