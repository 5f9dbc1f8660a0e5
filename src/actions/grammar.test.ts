import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stackParametersSchema } from '../core/parameters.js'
import { labErrorOf } from '../core/testing/thrown.js'
import { checkTimeline, parseAction, parseLine } from './grammar.js'

const node = fc.constantFrom('api-1', 'balancer', 'standby-2', 'shard-10')

/** Words of every kind of action. */
const words = fc.oneof(
  fc.tuple(fc.constantFrom('kill', 'stop', 'freeze', 'restore'), node).map((parts) => parts.join(' ')),
  fc.constant('restore all'),
  fc.tuple(fc.constant('replicas'), fc.integer({ min: 1, max: 64 })).map((parts) => parts.join(' ')),
  fc.tuple(fc.constant('strategy'), fc.constantFrom('round-robin', 'least-conn')).map((parts) => parts.join(' ')),
  fc
    .tuple(
      fc.constantFrom('weights', 'strategy weighted', 'replicas 3'),
      fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 5 }),
    )
    .map(([head, weights]) => `${head} ${weights.join(',')}`),
)

describe('parseAction', () => {
  it.each([
    ['kill api-2', 'kill', 'api-2', 'kill api-2'],
    ['  stop   balancer ', 'stop', 'balancer', 'stop balancer'],
    ['freeze primary', 'freeze', 'primary', 'freeze primary'],
    ['pause primary', 'freeze', 'primary', 'freeze primary'],
    ['restore api-1', 'restore', 'api-1', 'restore api-1'],
    ['restore all', 'restore', null, 'restore all'],
  ])('reads %j', (text, kind, on, canonical) => {
    expect(parseAction(text)).toMatchObject({ kind, node: on, text: canonical })
  })

  it('reads what it writes, as the same action', () => {
    fc.assert(
      fc.property(words, (text) => {
        const action = parseAction(text)
        const again = parseAction(action.text)
        expect([again.text, again.kind, again.node]).toEqual([action.text, action.kind, action.node])
        expect(action.text).toBe(text)
      }),
    )
  })

  it('never throws anything but a mistake that is explained', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          words.map((text) => `${text} more`),
        ),
        (text) => {
          try {
            parseAction(text)
          } catch (error) {
            expect(error).toMatchObject({ name: 'LabError', exitCode: 2, hint: expect.stringMatching(/\w/) })
          }
        },
      ),
    )
  })

  it.each([
    ['', 'an action is missing', 'kill <node>'],
    ['kil api-2', 'unknown action "kil"', 'Did you mean "kill"?'],
    ['kill', 'cannot read "kill"', 'Write kill <node>'],
    ['replicas', 'cannot read "replicas"', 'Write replicas <n> [weights]'],
    ['replicas many', '"many" is not a whole number from 1 to 64', 'Write replicas'],
    ['replicas 65', '"65" is not a whole number from 1 to 64', 'Write replicas'],
    ['weights 1,,2', '"" is not a whole number from 1 to 1000', 'Write weights'],
    ['strategy', 'cannot read "strategy"', 'Write strategy <name> [weights]'],
    ['kill api-1 api-2', 'cannot read "kill api-1 api-2"', 'Write kill <node>'],
  ])('refuses %j', (text, message, hint) => {
    const error = labErrorOf(() => parseAction(text))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
  })
})

describe('parseLine', () => {
  it.each([
    ['5s kill api-2', 5_000, 'kill api-2'],
    [' 1.5m\trestore  all ', 90_000, 'restore all'],
    ['250ms freeze api-1', 250, 'freeze api-1'],
  ])('reads %j', (line, atMs, text) => {
    expect(parseLine(line, '--at')).toMatchObject({ atMs, action: { text } })
  })

  it.each([
    ['', '--at: cannot read ""', 'Write when and what'],
    ['5s', '--at: cannot read "5s"', 'Write when and what'],
    ['soon kill api-2', '--at: "soon" is not a duration', '10s'],
    ['5 kill api-2', '--at: "5" is not a duration', '10s'],
    ['5s kil api-2', '--at: unknown action "kil"', 'Did you mean "kill"?'],
  ])('refuses %j', (line, message, hint) => {
    const error = labErrorOf(() => parseLine(line, '--at'))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
  })
})

describe('checkTimeline', () => {
  const where = {
    nodes: ['balancer', 'api-1', 'api-2'],
    parameters: stackParametersSchema.parse({ kind: 'balanced', replicas: 2, balancer: 'builtin' }),
  }
  const check = (...lines: string[]): void =>
    checkTimeline(
      lines.map((line) => parseLine(line, '--at')),
      where,
      10_000,
    )

  it('has nothing against what can be done', () => {
    expect(() => check('5s kill api-2', '12s restore api-2', '1s freeze balancer', '2s restore all')).not.toThrow()
  })

  it('knows what earlier actions have made of the stack, in the order of their moments', () => {
    expect(() => check('4s kill api-3', '2s replicas 3', '8s strategy weighted 3,1,1')).not.toThrow()
    expect(() => check('2s strategy weighted 2,1', '3s replicas 3', '4s weights 2,1,1')).not.toThrow()
  })

  it.each([
    ['1s strategy lest-conn', 'unknown strategy "lest-conn"', 'Did you mean "least-conn"?'],
    ['1s weights 2,1', 'the strategy round-robin takes no weights', 'weighted'],
    ['1s strategy weighted 2,1,1', '3 weights for 2 replicas', 'one weight per replica'],
    ['5s kill api-3', 'kill api-3: unknown node "api-3"', 'Did you mean "api-'],
    ['10s kill api-2', 'kill api-2: it would begin after 10.0 s, and 10.0 s are measured', 'use a longer --duration'],
  ])('refuses %j', (line, message, hint) => {
    const error = labErrorOf(() => check(line))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
  })
})
