import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import {
  addShardPlanOptions,
  keyChoice,
  type ShardPlanOptions,
  schemeOptionsOf,
  schemesOf,
  seedOf,
  stagesOf,
} from './shard-plan-options.js'

/** Options as commander reads them. */
function given(...args: string[]): ShardPlanOptions {
  const command = addShardPlanOptions(new Command('plan').exitOverride())
  command.parse(args, { from: 'user' })
  return command.opts()
}

function readAll(options: ShardPlanOptions): void {
  const stages = stagesOf(options)
  schemesOf(options)
  schemeOptionsOf(options, stages)
  seedOf(options)
  keyChoice(options)
}

const stages = (...args: string[]): string[] =>
  stagesOf(given(...args)).map((stage) =>
    stage.map(({ id, weight }) => `${id.slice('shard-'.length)}:${weight}`).join(' '),
  )

describe('the sets of shards', () => {
  it.each([
    [[], ['1:1 2:1 3:1', '1:1 2:1 3:1 4:1']],
    [
      ['--from', '2'],
      ['1:1 2:1', '1:1 2:1 3:1'],
    ],
    [
      ['--from', '2', '--to', '1'],
      ['1:1 2:1', '1:1'],
    ],
    [
      ['--from', '1', '--to', '2, 3,2'],
      ['1:1', '1:1 2:1', '1:1 2:1 3:1', '1:1 2:1'],
    ],
    [
      ['--from', '2', '--to-weights', '1,2.5'],
      ['1:1 2:1', '1:1 2:2.5'],
    ],
    [
      ['--from-weights', '3,1', '--to', '3,1'],
      ['1:3 2:1', '1:3 2:1 3:1', '1:3'],
    ],
    [
      ['--from', '2', '--to-weights', '1,2', '--to-weights', '1,3'],
      ['1:1 2:1', '1:1 2:2', '1:1 2:3'],
    ],
    [
      ['--from', '4', '--lose', 'shard-2,shard-4'],
      ['1:1 2:1 3:1 4:1', '1:1 3:1'],
    ],
    [
      ['--from', '4', '--lose', 'shard-1', '--lose', 'shard-2'],
      ['1:1 2:1 3:1 4:1', '3:1 4:1'],
    ],
  ])('%j', (args, expected) => {
    expect(stages(...args)).toEqual(expected)
  })

  it('can be many', () => {
    expect(stagesOf(given('--from', '999', '--to', '1000')).map((stage) => stage.length)).toEqual([999, 1_000])
    // There is no one more.
    expect(() => stagesOf(given('--from', '1000'))).toThrow(/nothing changes/)
  })
})

describe('keys', () => {
  it.each([
    ['1', 1],
    ['50000', 50_000],
    ['1e6', 1_000_000],
    ['1.1e6', 1_100_000],
    ['10M', 10_000_000],
    ['2.5m', 2_500_000],
    ['500k', 500_000],
    ['1_000_000', 1_000_000],
    ['1g', 1_000_000_000],
  ])('%s are %d', (text, count) => {
    expect(keyChoice(given('--keys', text))).toEqual({ shape: 'uniform', count, exponent: null })
  })

  it('have a shape, or are in a file', () => {
    expect(keyChoice(given('--distribution', 'zipf'))).toMatchObject({ shape: 'zipf', exponent: 0.99 })
    expect(keyChoice(given('--distribution', 'zipf:1.5'))).toMatchObject({ shape: 'zipf', exponent: 1.5 })
    expect(keyChoice(given('--distribution', 'sequential'))).toMatchObject({ shape: 'sequential', exponent: null })
    expect(keyChoice(given('--key-file', 'a.txt'))).toEqual({ file: 'a.txt' })
  })
})

describe('schemes', () => {
  it('are all, or those that are named, in one flag or several', () => {
    const names = (...args: string[]): string[] => schemesOf(given(...args)).schemes.map(({ name }) => name)
    expect(names()).toHaveLength(10)
    expect(names('--scheme', 'jump, ring')).toEqual(['ring', 'jump'])
    expect(names('--scheme', 'ring', '--scheme', 'jump', '--scheme', 'ring')).toEqual(['ring', 'jump'])
    expect(names('--scheme', 'all')).toHaveLength(10)
  })
})

describe('bad input', () => {
  it.each([
    [['--scheme', 'rnig'], /unknown --scheme "rnig"/, /Did you mean "ring"\?[\s\S]*Allowed: all, modulo/],
    [['--hash', 'murmur'], /unknown --hash "murmur"/, /Did you mean "murmur3"\?/],
    [['--distribution', 'zip'], /unknown --distribution "zip"/, /Did you mean "zipf"\?/],
    [['--distribution', 'uniform:2'], /cannot read "uniform:2"/, /zipf:1.1/],
    [['--distribution', 'zipf:0'], /"0" is not a number from 0.01 to 10/, /^$/],
    [['--from', '3', '--to', '3'], /nothing changes from 3 equal shards to 3 equal shards/, /--to 4/],
    [['--to', '4,4'], /nothing changes from 4 equal shards to 4 equal shards/, /^/],
    [['--from-weights', '1,2', '--to-weights', '2,4'], /nothing changes.*weights 1,2 to 2 shards of weights 2,4/, /^/],
    [['--from', '1,1,2'], /--from: "1,1,2" is a list/, /--from-weights 1,1,2/],
    [['--from', 'x'], /--from: "x" is not a whole number from 1 to 1,000/, /^$/],
    [['--from', '0'], /--from: "0"/, /^$/],
    [['--to', '1001'], /--to: "1001"/, /^$/],
    [['--to', '4,'], /--to: ""/, /^$/],
    [['--from-weights', '1,0'], /--from-weights: "0" is not a number from 0.001/, /^$/],
    [['--from-weights', '1,-2'], /--from-weights: "-2"/, /^$/],
    [['--from', '3', '--from-weights', '1,1'], /exclude each other/, /how many/],
    [['--to', '4', '--lose', 'shard-1'], /--to and --lose exclude each other/, /^/],
    [
      ['--lose', 'shrad-2'],
      /--lose: there is no shard "shrad-2"/,
      /Did you mean "shard-2"\?\nAllowed: shard-1 to shard-3/,
    ],
    [['--lose', 'shard-1,shard-2,shard-3'], /all 3 shards cannot be lost/, /^/],
    [['--from', '1', '--lose', 'shard-1'], /the only shard cannot be lost/, /^/],
    [['--keys', '0'], /"0" is not a whole number from 1 to 1,000,000,000/, /1e6 or 10M/],
    [['--keys', '2e9'], /"2e9"/, /^/],
    [['--keys', '1.5'], /"1.5"/, /^/],
    [['--keys', '-5'], /"-5"/, /^/],
    [['--keys', 'many'], /"many"/, /^/],
    [['--key-file', 'a', '--keys', '5'], /--key-file and --keys exclude each other/, /^/],
    [['--key-file', 'a', '--distribution', 'zipf'], /--key-file and --distribution exclude/, /^/],
    [['--vnodes', '0'], /--vnodes: "0"/, /^$/],
    [['--vnodes', '100000', '--from', '20'], /2,100,000 points/, /^/],
    [['--table-size', '100'], /100 is not a prime/, /97, 101/],
    [['--table-size', '3', '--from', '5'], /3 entries are too few for 6 shards/, /^/],
    [['--epsilon', '0'], /--epsilon: "0"/, /^$/],
    [['--seed', '1.5'], /--seed: "1.5"/, /^$/],
  ])('%j', (args, message, hint) => {
    let error: unknown
    try {
      readAll(given(...args))
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) })
    expect((error as { hint?: string }).hint ?? '').toMatch(hint)
  })
})
