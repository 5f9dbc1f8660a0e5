import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LabError } from '../core/errors.js'
import { endings, Interrupted } from './endings.js'

/** No process has such numbers. */
const PARENT = 2 ** 30

/** A process, as far as endings look at it; nothing else of the machine is touched. */
function madeUp(env: Record<string, string> = {}) {
  const made = Object.assign(new EventEmitter(), {
    env,
    pid: PARENT + 1,
    ppid: PARENT,
    stdout: new EventEmitter(),
    stderr: new EventEmitter(),
  })
  return { made, of: made as unknown as NodeJS.Process }
}

function begun(...signals: NodeJS.Signals[]) {
  return { signals, parent: PARENT }
}

function failed(code: string): Error {
  return Object.assign(new Error(`${code}: it failed, write`), { code })
}

describe('endings', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it.each([
    ['SIGINT', 'Interrupted'],
    ['SIGTERM', 'Interrupted by SIGTERM'],
    ['SIGHUP', 'Interrupted by SIGHUP'],
  ])('%s ends', (name, message) => {
    const { made, of } = madeUp()
    const { signal, hurry } = endings(of, begun())
    expect(signal.aborted).toBe(false)
    made.emit(name)
    expect(signal.reason).toBeInstanceOf(Interrupted)
    expect(signal.reason.message).toBe(message)
    expect(hurry.aborted).toBe(false)
  })

  it('counts what came before it listened', () => {
    expect(endings(madeUp().of, begun('SIGTERM')).signal.reason.message).toBe('Interrupted by SIGTERM')
  })

  it.each([
    // Signals and pauses in milliseconds; what has fired afterwards.
    [['SIGTERM', 0, 'SIGTERM'], 'signal'],
    [['SIGINT', 100, 'SIGINT', 100, 'SIGINT'], 'signal'],
    [['SIGHUP', 20, 'SIGTERM'], 'signal'],
    [['SIGINT', 300, 'SIGINT'], 'hurry'],
    [['SIGTERM', 400, 'SIGINT'], 'hurry'],
    [['SIGTERM', 400, 'SIGTERM', 400, 'SIGTERM', 400, 'SIGTERM'], 'hurry'],
    [['SIGINT', 300, 'SIGINT', 300, 'SIGINT'], 'atOnce'],
    [['SIGTERM', 300, 'SIGTERM', 300, 'SIGINT'], 'atOnce'],
  ])('%j: %s', (told, last) => {
    const { made, of } = madeUp()
    const { signal, hurry, atOnce } = endings(of, begun())
    for (const one of told) {
      if (typeof one === 'number') vi.advanceTimersByTime(one)
      else made.emit(one)
    }
    const fired = { signal, hurry, atOnce }
    const order = ['signal', 'hurry', 'atOnce'] as const
    const upTo = order.indexOf(last as (typeof order)[number])
    for (const [index, name] of order.entries()) expect([name, fired[name].aborted]).toEqual([name, index <= upTo])
  })

  it.each(['stdout', 'stderr'] as const)(
    'a %s that nobody reads ends, a full one is the fault of the machine',
    (name) => {
      for (const code of ['EPIPE', 'EIO']) {
        const { made, of } = madeUp()
        const { signal } = endings(of, begun())
        made[name].emit('error', failed(code))
        made[name].emit('error', failed(code))
        expect(signal.reason).toBeInstanceOf(Interrupted)
      }
      const { made, of } = madeUp()
      const { signal } = endings(of, begun())
      made[name].emit('error', failed('ENOSPC'))
      expect(signal.reason).toBeInstanceOf(LabError)
      expect(signal.reason).toMatchObject({
        exitCode: 3,
        message: `${name} cannot be written: ENOSPC: it failed, write`,
      })
    },
  )

  it('what nobody caught ends, too, and stays the bug it is', () => {
    const { made, of } = madeUp()
    const { signal } = endings(of, begun())
    const bug = new TypeError('x is not a function')
    made.emit('uncaughtException', bug)
    expect(signal.reason).toBe(bug)
  })

  it('a parent that is gone ends', () => {
    const { made, of } = madeUp()
    const { signal } = endings(of, begun())
    vi.advanceTimersByTime(2_000)
    expect(signal.aborted).toBe(false)
    made.ppid = 1
    vi.advanceTimersByTime(1_000)
    expect(signal.reason).toBeInstanceOf(Interrupted)
  })

  it('a terminal that is closed is one ending, in whatever order its parts are noticed', () => {
    const { made, of } = madeUp()
    const { signal, hurry } = endings(of, begun())
    made.stdout.emit('error', failed('EIO'))
    made.ppid = 1
    made.emit('SIGHUP')
    made.emit('SIGTERM')
    expect([signal.aborted, hurry.aborted]).toEqual([true, false])
  })

  it('under nohup neither a closed terminal nor a parent that is gone does', () => {
    const { made, of } = madeUp({ _: '/usr/bin/nohup' })
    const { signal } = endings(of, begun('SIGHUP'))
    made.emit('SIGHUP')
    made.ppid = 1
    vi.advanceTimersByTime(2_000)
    expect(signal.aborted).toBe(false)
    made.emit('SIGTERM')
    expect(signal.aborted).toBe(true)
  })
})
