import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { parseAction, parseLine } from '../actions/grammar.js'
import { ACTIONS } from '../actions/registry.js'
import { heldGenerator, type Observed, openLoad, planOf, startRun } from './testing/run-of.js'
import { type StubStack, stubActedOn, stubStack } from './testing/stub-stack.js'

const IDS = ['balancer', 'api-1', 'api-2']
const load = openLoad(100, 2_000, { warmupMs: 40 })

/** A run on the real clock, whose load begins and ends when it is released. */
function startDisturbed(lines: string[], stack: StubStack, signal?: AbortSignal): Observed & { release(): void } {
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const run = startRun(planOf(load, { timeline: lines.map((line) => parseLine(line, 'a test')) }), {
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

describe('a timeline', () => {
  it('is carried out at its moments of the counted part', async () => {
    const begun = performance.now()
    const done: { what: string; ms: number }[] = []
    const stack = stubStack(IDS)
    for (const what of ['kill', 'pause', 'resume', 'restart'] as const) {
      const really = stack[what]
      stack[what] = async (node) => {
        done.push({ what: `${what} ${node}`, ms: performance.now() - begun })
        await really(node)
      }
    }
    const { promise, release } = startDisturbed(
      ['60ms kill api-1', '180ms restore api-1', '0s freeze api-2', '30ms restore api-2'],
      stack,
    )
    await until(() => done.length === 4)
    release()
    const { events, actions = [], faults, validity } = await promise
    expect(done.map(({ what }) => what)).toEqual(['pause api-2', 'resume api-2', 'kill api-1', 'restart api-1'])
    // Never early (a timer may round by a millisecond); how late depends on the machine.
    for (const [index, ms] of [40, 70, 100, 220].entries()) expect(done[index]?.ms).toBeGreaterThanOrEqual(ms - 5)
    expect(events.map(({ level, text }) => `${level}: ${text}`)).toEqual([
      'warn: freeze api-2',
      'info: api-2 is back',
      'warn: kill api-1',
      'info: api-1 is back',
    ])
    expect(actions).toMatchObject([
      { action: 'freeze api-2', kind: 'freeze', node: 'api-2', by: 'timeline', asked_ms: 40, outcome: 'done' },
      { action: 'restore api-2', asked_ms: 70, outcome: 'done', undoes: 1 },
      { action: 'kill api-1', asked_ms: 100, outcome: 'done' },
      { action: 'restore api-1', asked_ms: 220, outcome: 'done', undoes: 3 },
    ])
    for (const { asked_ms, began_ms, ended_ms } of actions) {
      expect(began_ms).toBeGreaterThanOrEqual(asked_ms - 5)
      expect(ended_ms).toBeGreaterThanOrEqual(began_ms ?? Number.NaN)
    }
    expect(faults).toBeUndefined()
    // A run that is disturbed on purpose is not asked to be steady.
    expect(validity.map(({ check }) => check)).not.toContain('lost-requests')
  })

  it('does one thing after another to a node, and several nodes at a time', async () => {
    let stopped = (): void => {}
    const stack = stubStack(IDS, {
      stop: () =>
        new Promise((resolve) => {
          stopped = () => {
            stack.calls.push('stopped api-1')
            resolve()
          }
        }),
    })
    const { promise, release } = startDisturbed(
      ['0s stop api-1', '1ms restore api-1', '2ms freeze api-2', '3ms restore api-2'],
      stack,
    )
    await until(() => stack.calls.includes('resume api-2'))
    expect(stack.calls).toEqual(['pause api-2', 'resume api-2'])
    stopped()
    await until(() => stack.calls.includes('stopped api-1'))
    release()
    const { actions = [] } = await promise
    const [stop, restored] = actions
    expect(restored?.began_ms).toBeGreaterThanOrEqual(stop?.ended_ms ?? Number.NaN)
  })

  it('is taken back when the load ends before, the last first and each once, and the record knows of it', async () => {
    const stack = stubStack(IDS)
    const { promise, records, release } = startDisturbed(
      ['0s freeze api-1', '1ms kill api-2', '2ms kill api-2', '3ms freeze balancer', '4ms restore balancer'],
      stack,
    )
    await until(() => stack.calls.length === 5)
    release()
    expect((await promise).status).toBe('complete')
    const ends = records[0]?.actions?.filter(({ by }) => by === 'end') ?? []
    expect(ends.map(({ action, undoes }) => [action, undoes]).toSorted()).toEqual([
      ['restore api-1', 1],
      ['restore api-2', 3],
    ])
    expect(stack.calls.slice(5).toSorted()).toEqual(['restart api-2', 'resume api-1'])
  })

  it('is taken back on Ctrl-C, without waiting for the load to drain, and what is to come is left out', async () => {
    const stop = new AbortController()
    const stack = stubStack(IDS)
    const { promise, release } = startDisturbed(['0s freeze api-1', '30s kill api-2'], stack, stop.signal)
    await until(() => stack.calls.length === 1)
    stop.abort()
    await until(() => stack.calls.length === 2)
    release()
    const { status, events, actions } = await promise
    expect(status).toBe('interrupted')
    expect(stack.calls).toEqual(['pause api-1', 'resume api-1'])
    expect(events.map(({ text }) => text)).toContain('api-1 is back')
    expect(actions?.[1]).toMatchObject({ action: 'kill api-2', outcome: 'left out', began_ms: null, ended_ms: null })
  })

  it('goes on after an action that failed half-way, which is taken back', async () => {
    const stack = stubStack(IDS, {
      async stop(node) {
        await stack.kill(node)
        throw new Error('no such process')
      },
    })
    const { promise, release } = startDisturbed(['0s stop api-1', '1ms kill api-2'], stack)
    await until(() => stack.calls.length === 2)
    release()
    const { status, events, actions } = await promise
    expect(status).toBe('complete')
    expect(stack.calls.slice(2).toSorted()).toEqual(['restart api-1', 'restart api-2'])
    expect(actions?.[0]).toMatchObject({ outcome: 'failed', error: 'no such process' })
    expect(events.map(({ level, text }) => `${level}: ${text}`)).toEqual(
      expect.arrayContaining(['warn: stop api-1', 'error: stop api-1 failed: no such process', 'info: api-1 is back']),
    )
  })

  it('tells of what cannot be taken back, and the record is written', async () => {
    const stack = stubStack(IDS, {
      async restart() {
        throw 'not ready in 30 s'
      },
    })
    const { promise, records, release } = startDisturbed(['0s stop api-1'], stack)
    await until(() => stack.calls.length === 1)
    release()
    const record = await promise
    expect(records).toEqual([record])
    expect(record.events.at(-1)).toMatchObject({
      level: 'error',
      text: 'restore api-1 failed: not ready in 30 s',
    })
  })

  it('whose time never comes is neither carried out nor taken back', async () => {
    const stack = stubStack(IDS)
    const { promise, release } = startDisturbed(['60s kill api-1'], stack)
    release()
    const { events, actions } = await promise
    expect(events).toEqual([])
    expect(actions).toMatchObject([{ outcome: 'left out' }])
    expect(stack.calls).toEqual([])
  })
})

describe('an action on a node', () => {
  it.each([
    ['kill api-1', ['kill api-1', 'restart api-1']],
    ['stop api-1', ['stop api-1', 'restart api-1']],
    ['freeze api-1', ['pause api-1', 'resume api-1']],
  ])('%s does its one thing, its inverse takes it back, and again without harm', async (text, calls) => {
    const action = parseAction(text)
    const stack = stubStack(IDS)
    const on = stubActedOn(stack)
    const inverse = await action.inverse(on)
    await action.apply(on)
    await inverse?.apply(on)
    await inverse?.apply(on)
    expect(stack.calls).toEqual(calls)
    expect((await stack.nodes()).map(({ state }) => state)).toEqual(['running', 'running', 'running'])
  })

  it('restore all brings back every node, whatever was done to it', async () => {
    const stack = stubStack(IDS)
    const on = stubActedOn(stack)
    const done = ['kill api-1', 'freeze api-2'].map(parseAction)
    for (const action of done) await action.apply(on)
    const all = parseAction('restore all')
    await all.apply(on)
    expect(stack.calls.slice(2).toSorted()).toEqual(['restart api-1', 'resume api-2'])
    for (const action of done) {
      const inverse = await action.inverse(on)
      expect(inverse !== null && all.settles(inverse)).toBe(true)
    }
  })
})

it('every kind of action has a name of its own and says what it does', () => {
  const names = ACTIONS.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  expect(new Set(names).size).toBe(names.length)
  for (const { name, usage, summary } of ACTIONS) {
    expect(usage.split(' ')[0]).toBe(name)
    expect(summary).toMatch(/^[a-z].{20,120}$/)
  }
})
