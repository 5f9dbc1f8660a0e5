import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyLedger } from '../core/load.js'
import { type TickRow, validitySchema } from '../core/record.js'
import { doubtsOf } from '../core/validity.js'
import { type ValidityInput, validityOf } from './validity.js'

const TICK_MS = 500

/** Ticks of these achieved rates. */
function ticks(rates: readonly number[], more: Partial<TickRow> | ((n: number) => Partial<TickRow>) = {}): TickRow[] {
  return rates.map((achieved_rps, n) => ({
    t_ms: 2_000 + (n + 1) * TICK_MS,
    offered_rps: null,
    achieved_rps,
    errors_per_s: 0,
    p50_ms: 40,
    p99_ms: 90,
    max_ms: 120,
    ...(typeof more === 'function' ? more(n) : more),
  }))
}

const constant = (rate: number, length = 20): number[] => Array<number>(length).fill(rate)
const halves = (first: number, second: number): number[] => [...constant(first, 10), ...constant(second, 10), second]

/** A sound closed loop with what a test changes. */
function input(change: Partial<ValidityInput> = {}): ValidityInput {
  return {
    offeredRps: null,
    achievedRps: 1_450,
    generator: { cpu: 0.3, busy: 0.4, eventLoopDelayMs: 2, pausedMs: 20, latenessMs: 0.5, backlog: 0 },
    commandPausedMs: 20,
    ledger: { ...emptyLedger(), due: 14_500, sent: 14_500, ok: 14_500 },
    ticks: ticks(constant(1_450)),
    stretches: [{ fromMs: 2_000, toMs: 12_500 }],
    hostCpu: 0.6,
    hostSteal: 0,
    changedNodes: 0,
    kind: 'load',
    ...change,
  }
}

const open = (change: Partial<ValidityInput> = {}): ValidityInput =>
  input({ offeredRps: 1_450, ticks: ticks(constant(1_450), { offered_rps: 1_450 }), ...change })

const failed = (given: ValidityInput): string[] => validityOf(given).flatMap(({ ok, check }) => (ok ? [] : [check]))

describe('validityOf', () => {
  it('asks of a closed loop nothing that only an offered rate can show', () => {
    expect(validityOf(input()).map(({ check }) => check)).toEqual([
      'generator-busy',
      'generator-cpu',
      'generator-event-loop',
      'generator-paused',
      'command-paused',
      'host-cpu',
      'host-steal',
      'stack-changed',
      'lost-requests',
      'rate-drift',
    ])
    expect(validityOf(open()).map(({ check }) => check)).toEqual([
      'generator-lateness',
      'generator-busy',
      'generator-cpu',
      'generator-event-loop',
      'generator-paused',
      'command-paused',
      'host-cpu',
      'host-steal',
      'offered-rate',
      'backlog',
      'stack-changed',
      'lost-requests',
      'rate-drift',
      'latency-drift',
    ])
  })

  it('asks of a run with actions nothing about steadiness', () => {
    const disturbed = open({
      kind: 'actions',
      ledger: { ...emptyLedger(), due: 10, lost: 5 },
      ticks: ticks(halves(9, 1)),
    })
    expect(failed(disturbed)).toEqual([])
    expect(validityOf(disturbed).map(({ check }) => check)).not.toContain('rate-drift')
  })

  it('finds nothing in a sound run', () => {
    expect(failed(input())).toEqual([])
    expect(failed(open())).toEqual([])
  })

  const health = input().generator
  it.each<[string, string, ValidityInput]>([
    ['generator-lateness', 'generator-limited', open({ generator: { ...health, latenessMs: 5.1 } })],
    ['generator-cpu', 'generator-limited', input({ generator: { ...health, cpu: 0.91 } })],
    ['generator-event-loop', 'generator-limited', input({ generator: { ...health, eventLoopDelayMs: 21 } })],
    ['generator-busy', 'generator-limited', input({ generator: { ...health, busy: 0.96 } })],
    ['generator-paused', 'generator-limited', input({ generator: { ...health, pausedMs: 251 } })],
    ['command-paused', 'host-limited', input({ commandPausedMs: 1_001 })],
    ['host-cpu', 'host-limited', input({ hostCpu: 0.98 })],
    ['host-steal', 'host-limited', input({ hostSteal: 0.06 })],
    ['offered-rate', 'overloaded', open({ achievedRps: 1_400 })],
    ['backlog', 'overloaded', open({ generator: { ...health, backlog: 74 } })],
    ['lost-requests', 'not steady', input({ ledger: { ...emptyLedger(), due: 1_000, lost: 2 } })],
    ['rate-drift', 'not steady', input({ ticks: ticks(halves(1_450, 1_200)) })],
    ['rate-drift', 'not steady', input({ ticks: ticks(halves(1_200, 1_450)) })],
    ['rate-drift', 'not steady', input({ ticks: ticks(halves(0, 100)) })],
    ['rate-drift', 'not steady', input({ ticks: ticks(halves(100, 0)) })],
    [
      'latency-drift',
      'not steady',
      open({ ticks: ticks(constant(9), (n) => ({ offered_rps: 9, p50_ms: n < 10 ? 20 : 31 })) }),
    ],
  ])('%s makes a run %s', (check, doubt, given) => {
    expect(failed(given)).toEqual([check])
    expect(doubtsOf(validityOf(given))).toEqual([doubt])
  })

  it('blames a full generator, not the system, for what was not sent or read in time', () => {
    const behind = { achievedRps: 900, generator: { ...health, busy: 0.99, backlog: 5_000 } }
    const rows = validityOf(open(behind))
    expect(failed(open(behind))).toEqual(['generator-busy', 'offered-rate', 'backlog'])
    expect(doubtsOf(rows)).toEqual(['generator-limited'])
    expect(rows.find(({ check }) => check === 'backlog')?.meaning).toContain('the generator could not keep up')
    const idle = { ...behind, generator: { ...health, backlog: 5_000 } }
    expect(doubtsOf(validityOf(open(idle)))).toEqual(['overloaded'])
  })

  it('allows a pause of a hundredth of the time', () => {
    const long = { stretches: [{ fromMs: 0, toMs: 60_000 }] }
    expect(failed(input({ ...long, commandPausedMs: 600, generator: { ...health, pausedMs: 600 } }))).toEqual([])
    expect(failed(input({ ...long, generator: { ...health, pausedMs: 601 } }))).toEqual(['generator-paused'])
  })

  it.each<[string, ValidityInput]>([
    ['at the limit', open({ achievedRps: 1_450 * 0.99, generator: { ...health, latenessMs: 5, backlog: 73 } })],
    ['a cut last tick', input({ ticks: ticks([...constant(1_450, 6), 3]) })],
    ['too short to be halved', input({ ticks: ticks([9, 9, 9, 1, 1, 1]) })],
    ['few answers, as chance has it', input({ ticks: ticks(halves(4, 2.5)) })],
    ['a median that differs by little', input({ ticks: ticks(constant(9), (n) => ({ p50_ms: n < 10 ? 2 : 6.9 })) })],
    ['nothing answered well at first', input({ ticks: ticks(constant(9), (n) => ({ p50_ms: n < 10 ? null : 40 })) })],
    [
      // Twice the rate by plan: that takes twice the latency is an answer, no doubt about the run.
      'stages, of which the second is slower',
      open({
        stretches: [
          { fromMs: 2_000, toMs: 7_000 },
          { fromMs: 7_000, toMs: 12_500 },
        ],
        ticks: ticks(halves(500, 1_450), (n) => ({ offered_rps: n < 10 ? 500 : 1_450, p50_ms: n < 10 ? 4 : 40 })),
      }),
    ],
    ['nothing was due', open({ offeredRps: 0, achievedRps: 0, ledger: emptyLedger(), ticks: [] })],
    ['nothing could be read', input({ hostCpu: null, hostSteal: null })],
  ])('finds nothing in a run with %s', (_, given) => {
    expect(failed(given)).toEqual([])
  })

  it('finds a drift against the stages that were planned', () => {
    const rows = ticks(halves(500, 1_000), (n) => ({ offered_rps: n < 10 ? 500 : 1_450 }))
    expect(failed(open({ ticks: rows }))).toEqual(['rate-drift'])
  })

  it('says what it could not measure, and why, instead of passing it over', () => {
    const short = open({ ticks: ticks(constant(1_450, 6), { offered_rps: 1_450 }), hostCpu: null, hostSteal: null })
    const unread = validityOf(short).filter(({ value }) => value === null)
    expect(unread.map(({ check, ok, reason }) => [check, ok, reason])).toEqual([
      ['host-cpu', true, expect.stringMatching(/too short, or the system does not tell/)],
      ['host-steal', true, expect.any(String)],
      ['rate-drift', true, expect.stringMatching(/too short to be halved: that takes 4s/)],
      ['latency-drift', true, expect.any(String)],
    ])
    expect(validityOf(input({ changedNodes: null })).map(({ check }) => check)).not.toContain('stack-changed')
  })

  describe('in stages', () => {
    const stretches = [
      { fromMs: 2_000, toMs: 7_000 },
      { fromMs: 7_000, toMs: 12_000 },
      { fromMs: 12_000, toMs: 17_000 },
    ]
    /** Ten ticks of each stage, with the achieved rate and the p50 of that stage. */
    const staged = (stages: readonly [offered: number, achieved: number, p50: number][]): TickRow[] =>
      stages.flatMap(([offered_rps, achieved, p50_ms], stage) =>
        ticks(constant(achieved, 10), { offered_rps, p50_ms }).map((row) => ({
          ...row,
          t_ms: row.t_ms + stage * 5_000,
        })),
      )
    const rows = (stages: Parameters<typeof staged>[0]): ValidityInput => {
      const mean = (index: 0 | 1): number => stages.reduce((sum, stage) => sum + stage[index], 0) / stages.length
      return open({ ticks: staged(stages), stretches, offeredRps: mean(0), achievedRps: mean(1) })
    }

    it('finds the stage that the system could not follow, though a calmer one made up for it', () => {
      const given = rows([
        [300, 300, 3],
        [600, 500, 900],
        [300, 400, 700],
      ])
      expect(given.achievedRps).toBe(given.offeredRps)
      expect(failed(given)).toContain('offered-rate')
      expect(validityOf(given).find(({ check }) => check === 'offered-rate')?.value).toBeCloseTo(500 / 600)
      const followed = rows([
        [300, 300, 3],
        [600, 600, 4],
        [300, 300, 3],
      ])
      expect(failed(followed)).toEqual([])
    })

    it('asks for steady latency within the longest stage', () => {
      const drifting = rows([
        [300, 300, 3],
        [600, 600, 4],
        [300, 300, 3],
      ])
      const longer = [...stretches.slice(0, 2), { fromMs: 12_000, toMs: 22_000 }]
      const more = ticks(constant(300, 20), (n) => ({ offered_rps: 300, p50_ms: n < 10 ? 10 : 40 }))
      const last = more.map((row) => ({ ...row, t_ms: row.t_ms + 10_000 }))
      const given = { ...drifting, stretches: longer, ticks: [...drifting.ticks.slice(0, 20), ...last] }
      expect(failed(given)).toEqual(['latency-drift'])
    })
  })

  it('takes what is in flight at one end and not at the other for no lack', () => {
    // 20/s at 200 ms each: four are in flight on average. Two more at the end than at the beginning is chance.
    const slow = { p50_ms: 200, offered_rps: 20 }
    const given = (answered: number): ValidityInput =>
      open({
        offeredRps: 20,
        achievedRps: answered / 6,
        ledger: { ...emptyLedger(), due: 120, ok: answered },
        ticks: ticks(constant(20, 12), slow),
      })
    expect(failed(given(118))).toEqual([])
    expect(failed(given(100))).toEqual(['offered-rate'])
  })

  it('takes the wandering of a long queue for no drift, and a trend for one', () => {
    // Ticks of a queue near its limit: 10 to 90 ms, the second half higher by more than half, as chance has it.
    const wander = [20, 80, 15, 60, 10, 30, 90, 25, 85, 40, 35, 90, 12, 70, 55, 88, 20, 64, 80, 30]
    const rowsOf = (p50: readonly number[]) =>
      ticks(constant(450, p50.length), (n) => ({ p50_ms: p50[n] ?? null, offered_rps: 450 }))
    const trend = Array.from({ length: 21 }, (_, n) => 10 + 6 * n)
    const drift = (p50: readonly number[]): boolean => failed(open({ ticks: rowsOf(p50) })).includes('latency-drift')
    expect(drift([...wander, 30])).toBe(false)
    expect(drift(trend)).toBe(true)
  })

  it('gives rows that a record can hold, whatever was measured', () => {
    const amount = fc.double({ min: 0, max: 1e5, noNaN: true })
    const nullable = fc.option(amount)
    const row = fc.record({
      t_ms: amount,
      offered_rps: nullable,
      achieved_rps: amount,
      errors_per_s: amount,
      p50_ms: nullable,
      p99_ms: nullable,
      max_ms: nullable,
    })
    const given: fc.Arbitrary<ValidityInput> = fc.record({
      offeredRps: nullable,
      achievedRps: amount,
      generator: fc.record({
        cpu: amount,
        busy: amount,
        eventLoopDelayMs: amount,
        pausedMs: amount,
        latenessMs: amount,
        backlog: amount,
      }),
      commandPausedMs: amount,
      ledger: fc.record({
        due: fc.nat(),
        sent: fc.nat(),
        ok: fc.nat(),
        http_error: fc.nat(),
        lost: fc.nat(),
        unfinished: fc.nat(),
      }),
      ticks: fc.array(row, { maxLength: 20 }),
      stretches: fc.array(fc.record({ fromMs: amount, toMs: amount }), { minLength: 1, maxLength: 3 }),
      hostCpu: nullable,
      hostSteal: nullable,
      changedNodes: nullable,
      kind: fc.constantFrom('load' as const, 'actions' as const, 'act' as const),
    })
    fc.assert(
      fc.property(given, (measured) => {
        const rows = validityOf(measured)
        expect(validitySchema.array().parse(rows)).toEqual(rows)
        expect(new Set(rows.map(({ check }) => check)).size).toBe(rows.length)
        for (const { ok, value } of rows) expect(ok || value !== null).toBe(true)
      }),
    )
  })
})
