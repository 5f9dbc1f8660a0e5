import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LabError } from '../core/errors.js'
import { Cluster } from './cluster.js'
import { type FailoverOptions, failOver, fence, rejoin } from './failover.js'
import { heal } from './heal.js'
import type { Member } from './port.js'
import { slotName } from './standbys.js'
import { type HealingStep, stepWords } from './steps.js'
import { REFUSALS, type Refusal, refusingServer } from './testing/refusing-server.js'
import { clusterMissing, note, startCluster, type TestCluster } from './testing/test-cluster.js'

const missing = await clusterMissing()

describe.skipIf(missing !== undefined)('healing', { timeout: 60_000 }, () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await startCluster('heal')
  })
  afterAll(() => cluster?.close())

  /** Heals; afterwards all is as it should be, and healing again does nothing. */
  async function healed(): Promise<{ done: string[]; events: string[]; primary: string }> {
    const options = cluster.options()
    const done = await steps(options)
    const primary = await cluster.oneStreamingPrimary()
    expect(await steps(cluster.options())).toEqual([])
    return { done, events: options.events, primary }
  }
  const steps = async (options: FailoverOptions): Promise<string[]> => {
    const done: HealingStep[] = []
    await heal(options, done)
    return done.map(stepWords)
  }
  /** Heals while this server is reached where somebody else listens. */
  async function healedBeside(
    node: string,
    port: number,
  ): Promise<{ done: string[]; error: LabError | undefined; events: string[]; untouched: boolean }> {
    const handles = async (): Promise<string[]> => (await cluster.stack.nodes()).map(({ handle }) => handle)
    const before = await handles()
    const options = cluster.options()
    const members = async (): Promise<Member[]> =>
      (await cluster.control.members()).map((member) =>
        member.id === node && member.endpoint !== null ? { ...member, endpoint: { ...member.endpoint, port } } : member,
      )
    const done: HealingStep[] = []
    const error = await heal({ ...options, control: { ...cluster.control, members } }, done).then(
      () => undefined,
      (reason: LabError) => reason,
    )
    const untouched = JSON.stringify(await handles()) === JSON.stringify(before)
    return { done: done.map(stepWords), error, events: options.events, untouched }
  }
  const has = async (node: string, key: string): Promise<boolean> =>
    (await cluster.sql(node, `SELECT FROM requests WHERE request_key = '${key}'`)).length === 1

  it('leaves alone what is right', async () => {
    const handles = async (): Promise<string[]> => (await cluster.stack.nodes()).map(({ handle }) => handle)
    const before = await handles()
    const { done, events, primary } = await healed()
    expect({ done, events, primary }).toEqual({ done: [], events: [], primary: 'primary' })
    expect(await handles()).toEqual(before)
  })

  it.each(REFUSALS)('touches nothing while the primary lives and refuses: $code', async (refusal) => {
    const { primary } = await cluster.roles()
    const server = await refusingServer(refusal)
    try {
      const { done, error, events, untouched } = await healedBeside(primary, server.port)
      expect(error).toMatchObject({ exitCode: 4 })
      expect(error?.message).toContain(`${primary} runs, and refuses: ${refusal.message} (${refusal.code})`)
      expect({ done, events, untouched }).toEqual({ done: [], events: [], untouched: true })
    } finally {
      await server.close()
    }
  })

  it('leaves a standby alone that streams and refuses', async () => {
    const { standbys } = await cluster.roles()
    const server = await refusingServer(REFUSALS[0] as Refusal)
    try {
      const { done, error, untouched } = await healedBeside(standbys[0] as string, server.port)
      expect({ done, error, untouched }).toEqual({ done: [], error: undefined, untouched: true })
    } finally {
      await server.close()
    }
  })

  it('does not kill a primary that is frozen where nobody could take its place', async () => {
    const { primary, standbys } = await cluster.roles()
    for (const id of standbys) await fence(id, 'a test', cluster.control)
    await cluster.stack.pause(primary)
    const failure = await failOver(primary, cluster.options()).catch((reason: unknown) => reason)
    expect(failure).toMatchObject({ exitCode: 4 })
    expect((await cluster.stack.nodes()).find(({ id }) => id === primary)?.state).toBe('paused')
    for (const id of standbys) await cluster.stack.write(id, { fenced: null })
    await cluster.stack.resume(primary)
    await healed()
  })

  it.each<[string, (primary: string) => Promise<void>]>([
    ['died, and nothing was done', (primary) => cluster.stack.kill(primary)],
    ['is frozen', (primary) => cluster.stack.pause(primary)],
    ['was fenced, and nothing else was done', (primary) => fence(primary, 'a test', cluster.control)],
  ])('when the primary %s', async (_, half) => {
    const { primary: old, standbys } = await cluster.roles()
    await half(old)
    const { done, events, primary } = await healed()
    expect(standbys).toContain(primary)
    expect(done).toEqual([
      `${primary} became the primary in place of ${old}`,
      `${old} is a standby of ${primary} again`,
    ])
    expect(events).toEqual(expect.arrayContaining([`fenced ${old}`, `promoted ${primary}`, `old node back ${old}`]))
  })

  it('when one was promoted, and nobody follows it yet', async () => {
    const { primary: old, standbys } = await cluster.roles()
    const [chosen = '', sibling = ''] = standbys
    await fence(old, 'a test', cluster.control)
    await cluster.sql(chosen, 'SELECT pg_promote(wait => true)')
    const { done, primary } = await healed()
    expect(primary).toBe(chosen)
    expect(done.toSorted()).toEqual(
      [`${old} is a standby of ${chosen} again`, `${sibling} follows ${chosen}`].toSorted(),
    )
  })

  it('when the old primary was not brought back', async () => {
    const { primary: old } = await cluster.roles()
    await cluster.stack.kill(old)
    const { promoted, siblings } = await failOver(old, cluster.options())
    await siblings
    // Its command ended between the order to follow and the start.
    await cluster.stack.write(old, { follow: "FOLLOW_HOST='127.0.0.1'\nFOLLOW_PORT='1'\nHOW='auto'\n" })
    const { done, primary } = await healed()
    expect({ done, primary }).toEqual({ done: [`${old} is a standby of ${promoted} again`], primary: promoted })
  })

  it.each(['pause', 'stop', 'kill'] as const)('when a standby is down: %s', async (how) => {
    const { primary, standbys } = await cluster.roles()
    const [standby = ''] = standbys
    await cluster.stack[how](standby)
    await cluster.sql(primary, note(`while ${how}`))
    const { done } = await healed()
    expect(done).toEqual([`${standby} is a standby of ${primary} again`])
    await expect.poll(() => has(standby, `while ${how}`), { timeout: 10_000 }).toBe(true)
  })

  it('when a former primary was started as one again', async () => {
    const { primary: old } = await cluster.roles()
    await cluster.stack.kill(old)
    const { promoted, siblings } = await failOver(old, cluster.options())
    await siblings
    // Somebody takes its fence away.
    await cluster.stack.write(old, { fenced: null })
    await cluster.stack.restart(old)
    expect((await cluster.states()).filter(({ recovery }) => !recovery)).toHaveLength(2)
    await cluster.sql(old, note('of the wrong one'))
    const { done, events, primary } = await healed()
    expect(primary).toBe(promoted)
    expect(done).toEqual([`${old} is a standby of ${promoted} again`])
    expect(events[0]).toBe(`fenced ${old}`)
    expect(await has(old, 'of the wrong one')).toBe(false)
    expect(await cluster.control.read(old, 'diverged.ndjson')).toContain('of the wrong one')
  })

  it('when all are frozen or dead: the primary is saved with all that it has', async () => {
    const { primary, standbys } = await cluster.roles()
    for (const id of standbys) await cluster.stack.pause(id)
    await cluster.cutOff(primary, standbys)
    await cluster.sql(primary, note('of the primary alone'))
    await cluster.stack.kill(primary)
    const healing = await healed()
    expect(healing.primary).toBe(primary)
    expect(healing.done[0]).toBe(`${primary} was started again`)
    for (const id of standbys) {
      await expect.poll(() => has(id, 'of the primary alone'), { timeout: 10_000 }).toBe(true)
    }
  })

  it('when the primary is fenced and no standby answers: these are thawed first', async () => {
    const { primary: old, standbys } = await cluster.roles()
    const [frozen = '', stopped = ''] = standbys
    await cluster.stack.pause(frozen)
    await cluster.stack.stop(stopped)
    await fence(old, 'a test', cluster.control)
    const { done, primary } = await healed()
    expect(done.slice(0, 2).toSorted()).toEqual([`${frozen} was thawed`, `${stopped} was started again`].toSorted())
    expect(standbys).toContain(primary)
  })

  it('takes away what would keep a primary from starting again', async () => {
    const { primary } = await cluster.roles()
    // A failover ended before the kill, another one before a restart.
    await cluster.stack.write(primary, { fenced: 'a test\n', follow: "FOLLOW_HOST='127.0.0.1'\nFOLLOW_PORT='1'\n" })
    expect(await steps(cluster.options())).toEqual([])
    await cluster.stack.restart(primary)
    expect(await cluster.oneStreamingPrimary()).toBe(primary)
  })

  it('says who lost its place, sees to the others, and a fresh copy brings it back', async () => {
    const { primary, standbys } = await cluster.roles()
    const [lost = '', other = ''] = standbys
    for (const setting of ['max_slot_wal_keep_size = 1', 'wal_keep_size = 0', 'min_wal_size = 32']) {
      await cluster.sql(primary, `ALTER SYSTEM SET ${setting}`)
    }
    await cluster.sql(primary, 'SELECT pg_reload_conf()')
    await cluster.stack.stop(lost)
    for (let round = 0; round < 4; round++) {
      await cluster.sql(primary, "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 9000000))")
      await cluster.sql(primary, 'SELECT pg_switch_wal()')
    }
    // What the other one has not received yet must not be gone, too.
    const behind = `SELECT pg_current_wal_lsn() - restart_lsn < 100000 FROM pg_replication_slots WHERE slot_name = '${slotName(other)}'`
    await expect.poll(() => cluster.sql(primary, behind), { timeout: 10_000 }).toEqual([[true]])
    await cluster.sql(primary, 'CHECKPOINT')
    await expect
      .poll(
        () => cluster.sql(primary, `SELECT wal_status FROM pg_replication_slots WHERE slot_name = '${slotName(lost)}'`),
        { timeout: 10_000 },
      )
      .toEqual([['lost']])
    // A copy switches to a new file of WAL, which is more than these limits allow anybody to be behind.
    for (const name of ['max_slot_wal_keep_size', 'wal_keep_size', 'min_wal_size']) {
      await cluster.sql(primary, `ALTER SYSTEM RESET ${name}`)
    }
    await cluster.sql(primary, 'SELECT pg_reload_conf()')
    const said = {
      message: `${lost} cannot catch up: ${primary} no longer has the WAL that it needs`,
      hint: `Give it a fresh copy: scalelab failover ${lost} --reclone`,
      exitCode: 4,
    }
    const healing = (): Promise<unknown> => steps(cluster.options()).catch((error: unknown) => error)
    // Stopped, and the slot tells.
    expect(await healing()).toMatchObject(said)
    // Running, and the other one is down as well.
    await cluster.stack.restart(lost)
    await cluster.stack.pause(other)
    const refusal = await healing()
    expect(refusal).toBeInstanceOf(LabError)
    expect(refusal).toMatchObject(said)
    await expect
      .poll(() => cluster.sql(primary, `SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'`))
      .toEqual([[other]])
    // Its slot is gone altogether: the WAL tells.
    await cluster.sql(primary, `SELECT pg_drop_replication_slot('${slotName(lost)}')`)
    expect(await healing()).toMatchObject(said)
    await cluster.control.kill(lost)
    await rejoin(lost, 'copy', null, cluster.control, new AbortController().signal)
    expect(await cluster.oneStreamingPrimary()).toBe(primary)
    expect(await steps(cluster.options())).toEqual([])
  })

  it('touches nothing when there is nothing to be saved', async () => {
    for (const id of ['primary', 'standby-1', 'standby-2']) await fence(id, 'a test', cluster.control)
    const refusal = await steps(cluster.options()).catch((error: unknown) => error)
    expect((refusal as LabError).message).toBe('no database server answers, so none can become the primary')
    expect(refusal).toMatchObject({ exitCode: 4 })
    const nobody = new Cluster(await cluster.control.members())
    expect(await nobody.primary()).toBeNull()
    expect(() => nobody.member('standby-9')).toThrow('no database server standby-9')
    nobody.close()
  })
})
