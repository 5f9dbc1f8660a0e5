import { describe, expect, it } from 'vitest'
import { seededRandom } from '../core/random.js'
import type { DetectorEvents } from '../replication/detector.js'
import type { Failover } from '../replication/failover.js'
import { type DrillOptions, drill } from './drill.js'
import type { Stage } from './stage.js'
import { type StubStack, stubStack } from './testing/stub-stack.js'

/** A drill on made-up parts: its stack remembers what was done, its detector says what it is told to. */
interface Scene {
  options: DrillOptions
  stage: Stage
  stack: StubStack
  /** What happened, in its order: operations on the stack, tools, events of the drill. */
  log: string[]
  ending: AbortController
  alarm(how: string): void
  watches(): number
}

function scene(
  role: DrillOptions['role'],
  more: Partial<DrillOptions> = {},
  fault: DrillOptions['fault'] = 'kill',
): Scene {
  const ending = new AbortController()
  const log: string[] = []
  const note =
    (what: string) =>
    async (node: string): Promise<void> => {
      log.push(`${what} ${node}`)
      // The node is down: its detector sees that a moment later.
      if (what !== 'restart' && what !== 'resume') setTimeout(() => alarm('gone'), 1)
    }
  const stack = stubStack(['api-1', 'api-2'], {
    kill: note('kill'),
    pause: note('pause'),
    stop: note('stop'),
    restart: note('restart'),
    resume: note('resume'),
  })
  let listeners: DetectorEvents[] = []
  let watches = 0
  const alarm = (how: string): void => {
    const told = listeners
    listeners = []
    for (const { onDown } of told) onDown(how)
  }
  const begun = performance.now()
  const options: DrillOptions = {
    node: role === 'primary' ? 'primary' : 'x',
    role,
    fault,
    strike: () => stack[fault](role === 'primary' ? 'primary' : 'x'),
    restore: () => (fault === 'pause' ? stack.resume('x') : stack.restart('x')),
    baselineMs: 0,
    awayMs: 5,
    tailMs: 5,
    // The offset of this one is below 1 ms.
    seed: SEED,
    detect(events) {
      watches += 1
      listeners.push(events)
      return {
        async stop() {
          listeners = listeners.filter((other) => other !== events)
          log.push('detector stopped')
        },
      }
    },
    async failOver({ onEvent }): Promise<Failover> {
      log.push('failover')
      onEvent('fenced', 'primary', null)
      onEvent('promoted', 'standby-1', 'timeline 2')
      const siblings = Promise.resolve().then(() => onEvent('sibling streaming', 'standby-2', null))
      return { promoted: 'standby-1', divergedSince: '2026-11-20T10:15:00.000Z', siblings }
    },
    async rejoin(failover) {
      log.push(`rejoin behind ${failover.promoted}`)
      return '{"request_key":"k"}\n'
    },
    async serves() {
      log.push('serves')
    },
    ...more,
  }
  const stage: Stage = {
    clock: () => performance.now() - begun,
    startMs: 0,
    signal: ending.signal,
    onEvent: (level, text) => log.push(`${level}: ${text}`),
    onProgress: () => {},
    undisturbed: (what) => what,
  }
  return { options, stage, stack, log, ending, alarm, watches: () => watches }
}

/** One whose first number is small: the drill waits for that share of half a second before it strikes. */
const SEED = seedOf()

function seedOf(): number {
  for (let seed = 0; ; seed++) if (seededRandom(seed)() < 0.01) return seed
}

const names = (acted: { events: { event: string }[] }): string[] => acted.events.map(({ event }) => event)

describe('a drill of the primary', () => {
  it('goes through failover and return, and tells of both', async () => {
    const { options, stage, log } = scene('primary')
    const acted = await drill(options, stage)
    expect(acted).toMatchObject({
      node: 'primary',
      role: 'primary',
      fault: 'kill',
      promoted: 'standby-1',
      diverged: '{"request_key":"k"}\n',
      failure: null,
    })
    expect(names(acted)).toEqual(['fault', 'detected', 'fenced', 'promoted', 'sibling streaming', 'old node back'])
    const times = acted.events.map(({ t_ms }) => t_ms)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(log.filter((line) => !line.includes(': '))).toEqual([
      'kill primary',
      'failover',
      'rejoin behind standby-1',
      'detector stopped',
    ])
    expect(log).toContain('warn: fault: primary: kill')
    expect(log).toContain('info: detected: primary: gone')
  })

  it.each<[string, Partial<DrillOptions>, string[]]>([
    ['the failover', { failOver: () => Promise.reject(new Error('no standby')) }, ['fault', 'detected']],
    [
      'the return',
      { rejoin: () => Promise.reject(new Error('no standby')) },
      ['fault', 'detected', 'fenced', 'promoted', 'sibling streaming'],
    ],
    [
      'the other standbys',
      {
        failOver: async () => ({
          promoted: 'standby-1',
          divergedSince: '',
          siblings: Promise.reject(new Error('no standby')),
        }),
      },
      ['fault', 'detected', 'old node back'],
    ],
  ])('tells how far it came when %s failed', async (_, broken, came) => {
    const { options, stage, log } = scene('primary', broken)
    const acted = await drill(options, stage)
    expect(acted.failure?.message).toBe('no standby')
    expect(names(acted)).toEqual(came)
    expect(log).toContain('error: the drill stopped: no standby')
    expect(log.at(-1)).toBe('detector stopped')
    // A primary that was struck is nobody's to start again: a standby may have its place.
    expect(log.join()).not.toMatch(/restart|resume/)
  })

  it('does not take what was no failure for the one it waits for', async () => {
    const { options, stage, log, alarm, watches } = scene('primary', { baselineMs: 150 })
    const drilling = drill(options, stage)
    await new Promise((resolve) => setTimeout(resolve, 20))
    alarm('3 probes unanswered')
    const acted = await drilling
    expect(log).toContain('warn: false alarm before the fault: 3 probes unanswered')
    expect(acted.events[1]).toMatchObject({ event: 'detected', detail: 'gone' })
    expect(watches()).toBe(2)
    expect(acted.failure).toBeNull()
  })

  it('does nothing when it is interrupted before the fault', async () => {
    const { options, stage, log, ending } = scene('primary', { baselineMs: 60_000 })
    const reason = new Error('interrupted')
    setTimeout(() => ending.abort(reason), 10)
    const acted = await drill(options, stage)
    expect(acted).toMatchObject({ events: [], promoted: null, failure: reason })
    expect(log).toEqual(['error: the drill stopped: interrupted', 'detector stopped'])
  })

  it('waits before the fault when it is done by hand', async () => {
    let go = (): void => {}
    const consent = new Promise<void>((resolve) => {
      go = resolve
    })
    const { options, stage, log } = scene('primary', { beforeFault: () => consent })
    const drilling = drill(options, stage)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(log).toEqual([])
    go()
    expect((await drilling).failure).toBeNull()
  })
})

describe.each([
  ['kill', 'restart'],
  ['stop', 'restart'],
  ['pause', 'resume'],
] as const)('a drill of another node: %s', (name, undo) => {
  it('leaves it away for a while and brings it back', async () => {
    const { options, stage, log } = scene('standby', {}, name)
    const acted = await drill(options, stage)
    expect(acted).toMatchObject({ promoted: null, diverged: null, failure: null, role: 'standby' })
    expect(names(acted)).toEqual(['fault', 'detected', 'old node back'])
    const done = log.filter((line) => !line.includes(': '))
    expect(done).toEqual([`${name} x`, `${undo} x`, 'serves', 'detector stopped'])
  })

  it.each<[string, number, Partial<DrillOptions>]>([
    ['before it is noticed', 20, { detect: () => ({ stop: async () => {} }) }],
    ['while it is away', 20, { awayMs: 60_000 }],
  ])('brings it back when it is interrupted %s', async (_, afterMs, more) => {
    const { options, stage, log, ending } = scene('api', more, name)
    setTimeout(() => ending.abort(new Error('interrupted')), afterMs)
    const acted = await drill(options, stage)
    expect(log).toContain(`${undo} x`)
    expect(log.filter((line) => line === `${undo} x`)).toHaveLength(1)
    if (acted.failure !== null) expect(acted.failure.message).toBe('interrupted')
  })

  it('brings it back when the fault could only half be done, and says so', async () => {
    const log: string[] = []
    const half: Partial<DrillOptions> = {
      strike: async () => Promise.reject(new Error('only half')),
      restore: async () => void log.push('undone'),
    }
    const { options, stage } = scene('api', half, name)
    const acted = await drill(options, stage)
    expect(acted.failure?.message).toBe('only half')
    expect(log).toEqual(['undone'])
  })
})

describe('a drill that cannot bring its node back', () => {
  it('says so', async () => {
    const broken = { restore: () => Promise.reject(new Error('it does not start')) }
    const { options, stage } = scene('standby', broken)
    const acted = await drill(options, stage)
    expect(acted.failure?.message).toBe('it does not start')
    expect(names(acted)).toEqual(['fault', 'detected'])
  })

  it('or that does not serve', async () => {
    const { options, stage } = scene('standby', { serves: () => Promise.reject(new Error('it does not stream')) })
    const acted = await drill(options, stage)
    expect(acted.failure?.message).toBe('it does not stream')
    expect(names(acted)).toEqual(['fault', 'detected'])
  })
})
