import { describe, expect, it } from 'vitest'
import { optionsOf, parseVary, settingsOf, variantsOf } from './variants.js'

const named = (experiment: Parameters<typeof variantsOf>[0]): string[] =>
  variantsOf(experiment).map(({ name, scenario, set }) => `${name} = ${scenario} ${JSON.stringify(set)}`)

describe('parseVary', () => {
  it.each([
    [['strategy=round-robin,least-conn'], { strategy: ['round-robin', 'least-conn'] }],
    [['weights=3,1,1;1,1,1'], { weights: ['3,1,1', '1,1,1'] }],
    [['service-time=2ms, 4ms', 'replicas=2,3'], { 'service-time': ['2ms', '4ms'], replicas: ['2', '3'] }],
    [['rps=500'], { rps: ['500'] }],
    [['header=Accept: a, b;'], { header: ['Accept: a, b'] }],
  ])('reads %j', (texts, expected) => {
    expect(parseVary(texts)).toEqual(expected)
  })

  it.each([
    [['strategy'], '--vary: cannot read "strategy"'],
    [['strategy='], '--vary: cannot read "strategy="'],
    [['path=/a,,/b'], '--vary: cannot read "path=/a,,/b"'],
    [['strategy=a', 'strategy=b'], '--vary: strategy is given twice'],
    [['stratgy=a,b'], 'unknown setting in --vary "stratgy"'],
    [['seed=1,2'], 'unknown setting in --vary "seed"'],
    [['port=80,81'], 'unknown setting in --vary "port"'],
  ])('refuses %j', (texts, message) => {
    expect(() => parseVary(texts)).toThrow(message)
  })
})

describe('variantsOf', () => {
  it.each([
    [
      { scenario: 'lb-3', vary: { strategy: ['round-robin', 'ip-hash'] } },
      ['round-robin = lb-3 {"strategy":"round-robin"}', 'ip-hash = lb-3 {"strategy":"ip-hash"}'],
    ],
    [{ vary: { scenario: ['single', 'lb-3'] } }, ['single = single {}', 'lb-3 = lb-3 {}']],
    [{ scenario: 'lb-3', vary: { replicas: ['2', '4'] } }, ['lb-2 = lb-2 {}', 'lb-4 = lb-4 {}']],
    [{ scenario: 'repl-2', vary: { standbys: ['1', '2'] } }, ['repl-1 = repl-1 {}', 'repl-2 = repl-2 {}']],
    [
      { scenario: 'shard-scaling-4', vary: { shards: ['1', '2'] } },
      ['shard-scaling-1 = shard-scaling-1 {}', 'shard-scaling-2 = shard-scaling-2 {}'],
    ],
    [
      { scenario: 'lb-3', vary: { replicas: ['2', '3'], balancer: ['nginx', 'builtin'] } },
      [
        'lb-2 nginx = lb-2 {"balancer":"nginx"}',
        'lb-2 builtin = lb-2 {"balancer":"builtin"}',
        'lb-3 nginx = lb-3 {"balancer":"nginx"}',
        'lb-3 builtin = lb-3 {"balancer":"builtin"}',
      ],
    ],
    [
      { scenario: 'single', vary: { 'service-time': ['2ms', '2.2ms'] } },
      ['service-time=2ms = single {"service-time":"2ms"}', 'service-time=2.2ms = single {"service-time":"2.2ms"}'],
    ],
    [
      {
        scenario: 'single',
        variants: [
          { name: 'one', set: { workers: '1' } },
          { scenario: 'lb-3', set: {} },
        ],
      },
      ['one = single {"workers":"1"}', 'lb-3 = lb-3 {}'],
    ],
  ])('of %j', (experiment, expected) => {
    expect(named(experiment)).toEqual(expected)
  })

  it.each([
    [{ scenario: 'single', vary: { replicas: ['2', '3'] } }, 'replicas cannot be varied of single'],
    [{ vary: { scenario: ['single', 'single'] } }, 'two variants are the same: single and single #2'],
    [
      { scenario: 'lb-3', vary: { rps: Array.from({ length: 25 }, (_, i) => String(i + 1)) } },
      '25 variants are more than 24',
    ],
  ])('refuses %j', (experiment, message) => {
    expect(() => variantsOf(experiment)).toThrow(message)
  })
})

describe('settings and options', () => {
  it('are the same things under two names', () => {
    const settings = { strategy: 'ip-hash', 'service-time': '4ms', max: 'true', header: 'Accept: text/html' }
    const options = { strategy: 'ip-hash', serviceTime: '4ms', max: true, header: ['Accept: text/html'] }
    expect(optionsOf(settings)).toEqual(options)
    expect(settingsOf(options)).toEqual(settings)
  })

  it('leave out what was not given, and what each run has for itself', () => {
    expect(settingsOf({ max: false, seed: 4, port: '80', out: 'x', json: true })).toEqual({})
    expect(optionsOf({ max: 'false', standbys: '2' })).toEqual({})
  })
})

describe('settings', () => {
  it('keep every value of a flag that may be repeated', () => {
    const settings = settingsOf({ header: ['X-Tag: one', 'X-Tag: two'], image: ['node=a'] })
    expect(optionsOf(settings)).toEqual({ header: ['X-Tag: one', 'X-Tag: two'], image: ['node=a'] })
  })

  it('take true or false for a switch', () => {
    expect(optionsOf({ max: 'true' })).toEqual({ max: true })
    expect(optionsOf({ max: 'false' })).toEqual({})
    expect(() => optionsOf({ max: 'yes' })).toThrow('unknown max "yes"')
  })

  it('keep what may be a secret out of variants, which are told apart by it', () => {
    expect(() => variantsOf({ scenario: 'single', vary: { header: ['X-A: 1', 'Authorization: geheim'] } })).toThrow(
      'sets Authorization: ***, which may be a secret',
    )
  })
})
