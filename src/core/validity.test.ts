import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordWith } from './testing/record.js'
import { bearing, CHECKS, type CheckName, checked, doubtsOf, formatChecked, runKindOf, unmeasured } from './validity.js'

const names = Object.keys(CHECKS) as CheckName[]

describe('checked', () => {
  it.each<[number | null, number, boolean, boolean]>([
    [5, 5, false, true],
    [5.1, 5, false, false],
    [0.99, 0.99, true, true],
    [0.98, 0.99, true, false],
    [null, 5, false, true],
    [null, 5, true, true],
  ])('%j against %d (at least: %j) is ok: %j', (value, limit, atLeast, ok) => {
    expect(checked('backlog', value, limit, { atLeast, reason: 'none' })).toEqual({
      check: 'backlog',
      ok,
      value,
      limit,
      ...said('backlog'),
      ...(ok ? {} : { doubt: 'overloaded' }),
      ...(value === null ? { reason: 'none' } : {}),
    })
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('has no value for %d', (value) => {
    expect(checked('offered-rate', value, 0.99, { atLeast: true })).toMatchObject({ ok: true, value: null })
  })
})

describe('doubtsOf', () => {
  it('names each doubt once, the gravest first', () => {
    fc.assert(
      fc.property(fc.subarray(names), (failed) => {
        const rows = names.map((name) => checked(name, failed.includes(name) ? 2 : 0, 1))
        const doubts = doubtsOf(rows)
        expect(new Set(doubts)).toEqual(new Set(failed.map((name) => CHECKS[name].doubt)))
        expect(new Set(doubts).size).toBe(doubts.length)
        const order = ['generator-limited', 'host-limited', 'not steady', 'overloaded']
        expect(doubts.map((doubt) => order.indexOf(doubt))).toEqual(
          doubts.map((doubt) => order.indexOf(doubt)).toSorted((a, b) => a - b),
        )
      }),
    )
  })

  it('passes over checks that it does not know, as a newer record may have them', () => {
    expect(doubtsOf([{ ...checked('backlog', 2, 1), check: 'phase-of-the-moon' }])).toEqual([])
  })
})

describe('bearing', () => {
  const validity = names.map((name) => checked(name, 2, 1))
  const fault = { fault: 'kill', node: 'api-1', at_ms: 1, for_ms: 1 }
  /** What bears on whatever was done: whether there was a generator, a command and a machine to measure it. */
  const MACHINE = ['generator-busy', 'generator-paused', 'command-paused', 'generator-cpu', 'host-cpu', 'host-steal']

  it.each([
    ['load', {}, names],
    ['actions', { faults: [fault] }, names.filter((name) => CHECKS[name].doubt !== 'not steady')],
    ['act', { reshard: {} }, MACHINE],
    ['act', { trial: {} }, MACHINE],
  ])('leaves to a run of the kind %s (%j) the checks that say something of it', (kind, facts, expected) => {
    const record = { ...recordWith({ validity }), ...(facts as object) }
    expect(runKindOf(record)).toBe(kind)
    expect(bearing(record).map(({ check }) => check)).toEqual(expect.arrayContaining(expected as string[]))
    for (const { check } of bearing(record)) expect(CHECKS[check as CheckName].bears).toContain(kind)
    if (kind === 'act') expect(bearing(record)).toHaveLength(expected.length)
  })
})

describe('unmeasured', () => {
  it('names the checks without a value, those of one reason together', () => {
    const rows = [
      checked('rate-drift', null, 1, { reason: 'too short' }),
      checked('host-cpu', null, 1),
      checked('latency-drift', null, 1, { reason: 'too short' }),
      checked('backlog', 0, 1),
    ]
    expect(unmeasured(rows)).toEqual(['rate-drift, latency-drift (too short)', 'host-cpu'])
    expect(unmeasured([])).toEqual([])
  })
})

describe('formatChecked', () => {
  it.each([
    [0.31, 'share of a core', '31.0 % of a core'],
    [0.999, 'share', '99.9 %'],
    [2.1, 'ms', '2.1 ms'],
    [1, 'nodes', '1 node'],
  ])('%d %s is %s', (value, unit, text) => {
    expect(formatChecked(value, unit)).toBe(text)
  })
})

function said(name: CheckName) {
  return { unit: CHECKS[name].unit, meaning: CHECKS[name].meaning }
}
