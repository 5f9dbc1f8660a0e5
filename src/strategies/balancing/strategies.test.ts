import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Server } from './port.js'
import { BALANCING_STRATEGIES, balancingStrategy } from './registry.js'

const LETTERS = 'abcdefgh'

function servers(weights: readonly number[]): Server[] {
  return weights.map((weight, index) => ({ id: LETTERS[index] ?? '?', weight }))
}

/** Which servers a strategy chooses when all are available and nothing is in flight. */
function picks(name: string, weights: readonly number[], count: number, client = '192.0.2.1'): string {
  const picker = pickerOf(name, weights)
  const choice = { available: weights.map(() => true), inFlight: weights.map(() => 0), client }
  return Array.from({ length: count }, () => LETTERS[picker.pick(choice)]).join(' ')
}

function pickerOf(name: string, weights: readonly number[]) {
  const strategy = balancingStrategy(name)
  if (strategy === undefined) throw new Error(`no strategy ${name}`)
  return strategy.picker(servers(weights))
}

const weightsArbitrary = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 })
const clientArbitrary = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('unknown'))

describe('the strategies', () => {
  it.each([
    ['round-robin', [1, 1, 1], 'a b c a b c a'],
    ['round-robin', [5, 1, 1], 'a b c a b c a'], // weights mean nothing to it
    ['weighted', [5, 1, 1], 'a a b a c a a'], // the vector nginx publishes for smooth weighted round robin
    ['weighted', [3, 1, 1], 'a b a c a a b'],
    ['weighted', [1, 1, 1], 'a b c a b c a'],
    ['least-conn', [1, 1, 1], 'a b c a b c a'], // nothing in flight: all are equal
    ['least-conn', [5, 1, 1], 'a a b a c a a'],
  ])('%s with weights %j gives %s', (name, weights, expected) => {
    expect(picks(name, weights, 7)).toBe(expected)
  })

  it.each([
    [[1, 1, 1], [2, 0, 1], 'b'],
    [[1, 1, 1], [0, 1, 0], 'a'],
    [[3, 1, 1], [2, 1, 1], 'a'], // 2/3 < 1
    [[3, 1, 1], [3, 1, 0], 'c'],
    [[1, 2, 4], [1, 2, 4], 'c'], // all equal: the first turn goes to the heaviest
  ])('least-conn with weights %j and %j in flight chooses %s', (weights, inFlight, expected) => {
    const index = pickerOf('least-conn', weights).pick({ available: [true, true, true], inFlight, client: '' })
    expect(LETTERS[index]).toBe(expected)
  })

  it('least-conn keeps requests in flight level when one server is slow', () => {
    const picker = pickerOf('least-conn', [1, 1, 1])
    const inFlight = [0, 0, 0]
    const chosen = [0, 0, 0]
    for (let i = 0; i < 300; i++) {
      const index = picker.pick({ available: [true, true, true], inFlight, client: '' })
      chosen[index] = (chosen[index] ?? 0) + 1
      if (index === 0) inFlight[0] = (inFlight[0] ?? 0) + 1 // server a never finishes
    }
    expect(chosen[0]).toBe(1)
    expect(Math.abs((chosen[1] ?? 0) - (chosen[2] ?? 0))).toBeLessThanOrEqual(1)
  })

  it.each(BALANCING_STRATEGIES.map((strategy) => strategy.name))('%s only ever picks what is available', (name) => {
    fc.assert(
      fc.property(
        weightsArbitrary,
        fc.array(fc.tuple(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), fc.nat(20), clientArbitrary), {
          minLength: 1,
          maxLength: 30,
        }),
        (weights, rounds) => {
          const picker = pickerOf(name, weights)
          for (const [mask, load, client] of rounds) {
            const available = weights.map((_, index) => mask[index] === true)
            if (!available.includes(true)) available[load % weights.length] = true
            const inFlight = weights.map((weight, index) => (load * (index + weight)) % 7)
            expect(available[picker.pick({ available, inFlight, client })]).toBe(true)
          }
        },
      ),
    )
  })

  it.each(BALANCING_STRATEGIES.map((strategy) => strategy.name))('%s says so when nothing is available', (name) => {
    const picker = pickerOf(name, [1, 2])
    expect(() => picker.pick({ available: [false, false], inFlight: [0, 0], client: '10.0.0.1' })).toThrow('available')
  })

  it('weighted chooses each server exactly weight times over sum(weights) picks, wherever one starts to count', () => {
    fc.assert(
      fc.property(weightsArbitrary, fc.nat(100), (weights, skipped) => {
        const picker = pickerOf('weighted', weights)
        const choice = { available: weights.map(() => true), inFlight: weights.map(() => 0), client: '' }
        for (let i = 0; i < skipped; i++) picker.pick(choice)
        const counts = weights.map(() => 0)
        const round = weights.reduce((sum, weight) => sum + weight, 0)
        for (let i = 0; i < round; i++) {
          const index = picker.pick(choice)
          counts[index] = (counts[index] ?? 0) + 1
        }
        expect(counts).toEqual(weights)
      }),
    )
  })

  it('ip-hash keeps a client on its server, and its /24 neighbours with it', () => {
    fc.assert(
      fc.property(weightsArbitrary, fc.ipV4(), fc.nat(255), (weights, client, last) => {
        const neighbour = client.replace(/\d+$/, String(last))
        const [first, ...others] = [...picks('ip-hash', weights, 3, client), ...picks('ip-hash', weights, 3, neighbour)]
          .join('')
          .replaceAll(' ', '')
        expect(others.every((letter) => letter === first)).toBe(true)
      }),
    )
  })

  it('ip-hash moves only the clients of a server that is gone', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(3), (client, gone) => {
        const picker = pickerOf('ip-hash', [1, 1, 1, 1])
        const inFlight = [0, 0, 0, 0]
        const before = picker.pick({ available: [true, true, true, true], inFlight, client })
        const available = [true, true, true, true].map((_, index) => index !== gone)
        if (before !== gone) expect(picker.pick({ available, inFlight, client })).toBe(before)
      }),
    )
  })

  it('names are unique and found', () => {
    expect(BALANCING_STRATEGIES.map((strategy) => strategy.name)).toEqual([
      'round-robin',
      'weighted',
      'least-conn',
      'ip-hash',
    ])
    expect(balancingStrategy('fair')).toBeUndefined()
  })
})
