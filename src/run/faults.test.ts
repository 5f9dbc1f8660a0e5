import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { FAULTS } from '../faults/registry.js'
import type { PlannedFault } from './plan.js'
import { heldGenerator, type Observed, openLoad, planOf, startRun } from './testing/run-of.js'
import { type StubStack, stubStack } from './testing/stub-stack.js'

const IDS = ['balancer', 'api-1', 'api-2']
const load = openLoad(100, 2_000, { warmupMs: 40 })

/** A run on the real clock, whose load begins and ends when it is released. */
function startDisturbed(
  faults: PlannedFault[],
  stack: StubStack,
  signal?: AbortSignal,
): Observed & { release(): void } {
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const run = startRun(planOf(load, { faults }), {
    stack,
    generator: heldGenerator(released),
    monotonic: () => process.hrtime.bigint(),
    ...(signal === undefined ? {} : { signal }),
  })
  return { ...run, release }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !condition(); i++) await pause(5)
  expect(condition()).toBe(true)
}

/** A stack that notes when each thing was done to it, on a clock that begins now. */
function timedStack() {
  const start = performance.now()
  const done: { what: string; ms: number }[] = []
  const note = (what: string) => async (node: string) => {
    done.push({ what: `${what} ${node}`, ms: performance.now() - start })
  }
  const stack = stubStack(IDS, {
    kill: note('kill'),
    pause: note('pause'),
    resume: note('resume'),
    restart: note('restart'),
  })
  return { stack, done }
}

describe('faults', () => {
  it('strike at their time in the counted part and are undone after theirs', async () => {
    const { stack, done } = timedStack()
    const { promise, release } = startDisturbed(
      [
        { fault: 'kill', node: 'api-1', atMs: 60, forMs: 120 },
        { fault: 'pause', node: 'api-2', atMs: 0, forMs: 30 },
      ],
      stack,
    )
    await until(() => done.length === 4)
    release()
    const { events, faults, validity } = await promise
    expect(done.map(({ what }) => what)).toEqual(['pause api-2', 'resume api-2', 'kill api-1', 'restart api-1'])
    // Never early (a timer may round by a millisecond); how late depends on the machine.
    const at = Object.fromEntries(done.map(({ what, ms }) => [what, ms]))
    expect(at['pause api-2']).toBeGreaterThanOrEqual(35)
    expect((at['resume api-2'] ?? 0) - (at['pause api-2'] ?? 0)).toBeGreaterThanOrEqual(25)
    expect(at['kill api-1']).toBeGreaterThanOrEqual(95)
    expect((at['restart api-1'] ?? 0) - (at['kill api-1'] ?? 0)).toBeGreaterThanOrEqual(115)
    expect(events.map(({ level, text }) => `${level}: ${text}`)).toEqual([
      'warn: pause api-2',
      'info: api-2 is back',
      'warn: kill api-1',
      'info: api-1 is back',
    ])
    expect(events[2]?.t_ms).toBeGreaterThanOrEqual(95)
    expect(faults).toEqual([
      { fault: 'kill', node: 'api-1', at_ms: 60, for_ms: 120 },
      { fault: 'pause', node: 'api-2', at_ms: 0, for_ms: 30 },
    ])
    // A run that is disturbed on purpose is not asked to be steady.
    expect(validity.map(({ check }) => check)).not.toContain('lost-requests')
  })

  it('are undone when the load ends before their time is over, and the record knows of it', async () => {
    const stack = stubStack(IDS, {
      async resume(node) {
        await pause(300)
        stack.calls.push(`resume ${node}`)
      },
    })
    const { promise, records, release } = startDisturbed(
      [{ fault: 'pause', node: 'api-1', atMs: 0, forMs: 60_000 }],
      stack,
    )
    await until(() => stack.calls.length === 1)
    release()
    expect((await promise).status).toBe('complete')
    expect(stack.calls).toEqual(['pause api-1', 'resume api-1'])
    expect(records[0]?.events.map(({ text }) => text)).toEqual(['pause api-1', 'api-1 is back'])
  })

  it('are undone on Ctrl-C, without waiting for the load to drain, and those to come are left out', async () => {
    const stop = new AbortController()
    let resumed = false
    const stack = stubStack(IDS, {
      async resume() {
        await pause(50)
        resumed = true
      },
    })
    const { promise, release } = startDisturbed(
      [
        { fault: 'pause', node: 'api-1', atMs: 0, forMs: 60_000 },
        { fault: 'kill', node: 'api-2', atMs: 30_000, forMs: 1_000 },
      ],
      stack,
      stop.signal,
    )
    await until(() => stack.calls.length === 1)
    stop.abort()
    await until(() => resumed)
    release()
    const { status, events } = await promise
    expect(status).toBe('interrupted')
    expect(stack.calls).toEqual(['pause api-1'])
    expect(events.map(({ text }) => text)).toContain('api-1 is back')
  })

  it('are undone after an inject that failed half-way, and the run goes on', async () => {
    const stack = stubStack(IDS, {
      async kill() {
        throw new Error('no such process')
      },
    })
    const { promise, release } = startDisturbed([{ fault: 'kill', node: 'api-1', atMs: 0, forMs: 60_000 }], stack)
    await until(() => stack.calls.length === 1)
    release()
    const { status, events } = await promise
    expect(status).toBe('complete')
    expect(stack.calls).toEqual(['restart api-1'])
    expect(events.map(({ level, text }) => `${level}: ${text}`)).toEqual([
      'warn: kill api-1',
      'error: kill api-1 failed: no such process',
      'info: api-1 is back',
    ])
  })

  it('that cannot be undone are told, and the record is written', async () => {
    const stack = stubStack(IDS, {
      async restart() {
        throw 'not ready in 30 s'
      },
    })
    const { promise, records, release } = startDisturbed([{ fault: 'stop', node: 'api-1', atMs: 0, forMs: 1 }], stack)
    await until(() => stack.calls.length === 1)
    await pause(20)
    release()
    const record = await promise
    expect(records).toEqual([record])
    expect(record.events.at(-1)).toMatchObject({ level: 'error', text: 'api-1 did not come back: not ready in 30 s' })
  })

  it('whose time never comes are neither made nor undone', async () => {
    const stack = stubStack(IDS)
    const { promise, release } = startDisturbed([{ fault: 'kill', node: 'api-1', atMs: 60_000, forMs: 1 }], stack)
    release()
    expect((await promise).events).toEqual([])
    expect(stack.calls).toEqual([])
  })

  it('that there are none of end the run before it begins', async () => {
    const stack = stubStack(IDS)
    const { promise, snapshots } = startDisturbed([{ fault: 'bribe', node: 'api-1', atMs: 0, forMs: 1 }], stack)
    await expect(promise).rejects.toThrow('no fault bribe')
    expect(snapshots).toEqual([])
  })

  it.each([
    ['kill', 'kill api-1', 'restart api-1'],
    ['stop', 'stop api-1', 'restart api-1'],
    ['pause', 'pause api-1', 'resume api-1'],
  ])('%s does its one thing, undoes it, and undoes it again without harm', async (name, injected, undone) => {
    const fault = FAULTS.get(name)
    const stack = stubStack(IDS)
    await fault?.inject(stack, 'api-1')
    await fault?.undo(stack, 'api-1')
    await fault?.undo(stack, 'api-1')
    expect(stack.calls).toEqual([injected, undone, undone])
    expect(fault).toMatchObject({ name, summary: expect.stringMatching(/^.{20,100}$/) })
  })

  it('are registered under their names', () => {
    expect([...FAULTS].every(([name, fault]) => fault.name === name)).toBe(true)
    expect([...FAULTS.keys()]).toEqual(['kill', 'stop', 'pause'])
  })
})
