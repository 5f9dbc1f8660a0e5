import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { number } from '../core/parameters/kinds.js'
import {
  type DatabaseParameters,
  type ShardingParameters,
  type StackParameters,
  stackParametersSchema,
} from '../core/parameters.js'
import { labErrorOf } from '../core/testing/thrown.js'
import { readParameters } from './parameter-options.js'
import {
  addStackOptions,
  givenStackFlags,
  imageOverrides,
  requestedEngine,
  type StackOptions,
} from './stack-options.js'
import { applyStackOptions } from './stack-parameters.js'

const bases = {
  single: stackParametersSchema.parse({ kind: 'single' }),
  lb: stackParametersSchema.parse({ kind: 'balanced', replicas: 3, work: { kind: 'model', workers: 2, mean_ms: 4 } }),
  cpu: stackParametersSchema.parse({ kind: 'balanced', replicas: 3, work: { kind: 'cpu', ms: 7 } }),
  repl: stackParametersSchema.parse({
    kind: 'replicated',
    replicas: 2,
    work: { kind: 'none' },
    database: { standbys: 2, durability: 'on' },
  }),
  shards: stackParametersSchema.parse({
    kind: 'sharded',
    replicas: 2,
    work: { kind: 'none' },
    sharding: { shards: 3, weights: [2, 1, 1] },
  }),
}

function sharding(changes: Partial<ShardingParameters>): Partial<StackParameters> {
  return { sharding: bases.shards.sharding && { ...bases.shards.sharding, ...changes } }
}

function database(changes: Partial<DatabaseParameters>): StackParameters['database'] {
  return bases.repl.database && { ...bases.repl.database, ...changes }
}

/** The options that commander makes of these arguments. */
function optionsOf(...args: string[]): StackOptions {
  return readParameters(addStackOptions(new Command()).parse(args, { from: 'user' })).opts()
}

const MODEL = { kind: 'model', workers: 2, distribution: 'exp', mean_ms: 4, queue_limit: 1_000 } as const

describe('applyStackOptions', () => {
  it.each(Object.entries(bases))('changes nothing of %s without flags', (_, base) => {
    expect(applyStackOptions(base, {})).toEqual(base)
  })

  it.each<[keyof typeof bases, string[], Partial<StackParameters>]>([
    ['lb', ['--balancer', 'builtin'], { balancer: 'builtin' }],
    ['lb', ['--strategy', 'least-conn'], { strategy: 'least-conn', weights: null }],
    ['lb', ['--weights', '3,1,1'], { strategy: 'weighted', weights: [3, 1, 1] }],
    ['lb', ['--weights', ' 3, 1 ,1'], { strategy: 'weighted', weights: [3, 1, 1] }],
    ['lb', ['--strategy', 'ip-hash', '--weights', '3,1,1'], { strategy: 'ip-hash', weights: [3, 1, 1] }],
    ['lb', ['--cpus', '0.5', '--memory', '1g'], { cpus: 0.5, memory_mib: 1_024 }],
    ['lb', ['--memory', '256m'], { memory_mib: 256 }],
    ['lb', ['--memory', '256'], { memory_mib: 256 }],
    ['lb', ['--memory', '1.5GiB'], { memory_mib: 1_536 }],
    ['lb', ['--port', '8080'], { port: 8_080 }],
    ['single', ['--port', '8080'], { port: 8_080 }],
    ['lb', ['--service-time', '1s'], { work: { ...MODEL, mean_ms: 1_000 } }],
    ['lb', ['--work', 'model', '--workers', '9'], { work: { ...MODEL, workers: 9 } }],
    ['shards', ['--scheme', 'jump'], sharding({ scheme: 'jump', weights: null })],
    ['shards', ['--scheme', 'maglev', '--shard-weights', '3, 2,1'], sharding({ scheme: 'maglev', weights: [3, 2, 1] })],
    ['shards', ['--vnodes', '1000'], sharding({ vnodes: 1_000 })],
    [
      'shards',
      ['--rows', '200000', '--pool', '4', '--query-time', '25ms', '--db-cpus', '0.5'],
      sharding({ rows: 200_000, pool: 4, query_ms: 25, cpus: 0.5 }),
    ],
    [
      'lb',
      ['--distribution', 'fixed', '--queue-limit', '0'],
      { work: { ...MODEL, distribution: 'fixed', queue_limit: 0 } },
    ],
    ['lb', ['--work', 'cpu'], { work: { kind: 'cpu', ms: 2 } }],
    ['cpu', ['--work', 'cpu'], { work: { kind: 'cpu', ms: 7 } }],
    ['cpu', ['--cpu-time', '5ms'], { work: { kind: 'cpu', ms: 5 } }],
    ['cpu', ['--work', 'model'], { work: { ...MODEL, workers: 1, mean_ms: 2 } }],
    ['cpu', ['--work', 'none'], { work: { kind: 'none' } }],
    ['lb', ['--app', 'serve {port}', '--app-ready', '/up'], { app: { command: 'serve {port}' }, app_ready: '/up' }],
    ['lb', ['--app-image', 'mine:1', '--app-port', '3000'], { app: { image: 'mine:1' }, app_port: 3_000 }],
    ['repl', ['--rows', '500'], { database: database({ rows: 500 }) }],
    ['repl', ['--durability', 'remote-apply'], { database: database({ durability: 'remote-apply' }) }],
    ['repl', ['--sync-standbys', '(standby-1)'], { database: database({ sync_standbys: '(standby-1)' }) }],
    ['repl', ['--reads', 'primary', '--pool', '3'], { database: database({ reads: 'primary', pool: 3 }) }],
    ['repl', ['--query-time', '2.5ms'], { database: database({ query_ms: 2.5 }) }],
    ['repl', ['--apply-delay', '1s', '--db-cpus', '0.5'], { database: database({ apply_delay_ms: 1_000, cpus: 0.5 }) }],
    ['repl', ['--work', 'cpu', '--strategy', 'least-conn'], { work: { kind: 'cpu', ms: 2 }, strategy: 'least-conn' }],
  ])('%s with %j', (base, args, changed) => {
    expect(applyStackOptions(bases[base], optionsOf(...args))).toEqual({ ...bases[base], ...changed })
  })

  it('seeds the service times', () => {
    expect(applyStackOptions(bases.lb, { seed: 7 })).toMatchObject({ seed: 7 })
  })

  it.each<[keyof typeof bases, string[], string, string]>([
    ['lb', ['--balancer', 'ngnix'], 'unknown --balancer "ngnix"', 'Did you mean "nginx"?'],
    ['lb', ['--strategy', 'leastconn'], 'unknown --strategy "leastconn"', 'Did you mean "least-conn"?'],
    ['lb', ['--weights', '3,0,1'], '--weights: "0" is not a whole number from 1 to 1,000', ''],
    ['lb', ['--weights', '3,,1'], '--weights: "" is not a whole number', ''],
    ['lb', ['--weights', ''], '--weights: "" is not a whole number', ''],
    ['single', ['--strategy', 'ip-hash'], 'a single instance has no balancer', 'Use a balanced scenario'],
    ['single', ['--weights', '1'], 'a single instance has no balancer', 'Use a balanced scenario'],
    ['lb', ['--cpus', '0'], '--cpus: "0" is not a number from 0.01 to 1,024', ''],
    ['lb', ['--memory', '256k'], '--memory: "256k" is not a size', 'Write 256m or 1g'],
    ['lb', ['--memory', '1m'], '--memory: expected number to be >=16', ''],
    ['lb', ['--port', '0'], '--port: "0" is not a whole number from 1 to 65,535', ''],
    ['lb', ['--app-image', 'mine', '--app-port', '70000'], '--app-port: "70000" is not a whole number', ''],
    ['lb', ['--app-image', 'mine', '--app-ready', 'up'], '--app-ready: ', ''],
    ['lb', ['--app', 'serve'], '--app "serve" does not say where to listen', 'Put {port} where the port goes'],
    [
      'lb',
      ['--app', 'x {port}', '--app-image', 'y'],
      '--app and --app-image exclude each other',
      'Give the command or',
    ],
    ['lb', ['--work', 'modle'], 'unknown --work "modle"', 'Did you mean "model"?'],
    [
      'lb',
      ['--work', 'cpu', '--service-time', '2ms'],
      '--service-time belongs to --work model, and the work is cpu',
      '',
    ],
    ['cpu', ['--workers', '2'], '--workers belongs to --work model, and the work is cpu', ''],
    ['lb', ['--work', 'none', '--queue-limit', '2'], '--queue-limit belongs to --work model, and the work is none', ''],
    ['lb', ['--cpu-time', '2ms'], '--cpu-time belongs to --work cpu, and the work is model', ''],
    ['lb', ['--service-time', '2'], '--service-time: "2" is not a duration', '500ms'],
    ['lb', ['--service-time', '0ms'], '--service-time: expected number to be ', ''],
    ['lb', ['--service-time', '2m'], '--service-time: expected number to be ', ''],
    ['lb', ['--distribution', 'normal'], 'unknown --distribution "normal"', 'Allowed: exp, fixed, uniform'],
    ['single', ['--balancer', 'nginx'], '--balancer: a single instance has no balancer', 'lb-3'],
    ['lb', ['--app', 'serve {port}', '--work', 'none'], '--work sets the work of the sample API', ''],
    ['lb', ['--app-image', 'mine', '--service-time', '2ms'], '--service-time sets the work of the sample API', ''],
    ['lb', ['--app', 'serve {port}', '--app-port', '80'], '--app-port belongs to --app-image', '{port}'],
    ['lb', ['--app-ready', '/up'], '--app-ready belongs to --app or --app-image', ''],
    ['lb', ['--app', 'serve {{x}} {port}'], 'two braces in a row', ''],
    ['lb', ['--workers', '0'], '--workers: "0" is not a whole number from 1 to 1,000', ''],
    ['lb', ['--rows', '5'], '--rows needs a stack with databases: repl-2', 'scalelab up repl-2'],
    ['single', ['--reads', 'primary'], '--reads needs a stack with databases: repl-2', ''],
    ['lb', ['--db-cpus', '1'], '--db-cpus needs a stack with databases: repl-2', ''],
    ['repl', ['--rows', '0'], '--rows: "0" is not a whole number from 1 to 1,000,000', ''],
    ['repl', ['--durability', 'remote_apply'], 'unknown --durability "remote_apply"', 'Did you mean "remote-apply"?'],
    ['repl', ['--reads', 'standby'], 'unknown --reads "standby"', 'Did you mean "standbys"?'],
    ['repl', ['--pool', '51'], '--pool: "51" is not a whole number from 1 to 50', ''],
    ['repl', ['--query-time', '2'], '--query-time: "2" is not a duration', '500ms'],
    ['repl', ['--query-time', '11s'], '--query-time: 11s is not from 0s to 10s', ''],
    ['repl', ['--apply-delay', '2m'], '--apply-delay: 2m is not from 0s to 1m', ''],
    ['repl', ['--db-cpus', '0'], '--db-cpus: "0" is not a number from 0.01 to 1,024', ''],
    ['repl', ['--sync-standbys', 'ANY 1'], '--sync-standbys: expected a list as in ANY 1 (*)', ''],
    [
      'repl',
      ['--sync-standbys', 'ANY 1 (*)', '--durability', 'local'],
      '--sync-standbys: with durability local a commit waits for no standby',
      'remote-apply',
    ],
    ['lb', ['--scheme', 'ring'], '--scheme needs a stack of shards: shard-3', 'scalelab up shard-3'],
    ['repl', ['--vnodes', '9'], '--vnodes needs a stack of shards: shard-3', ''],
    ['shards', ['--scheme', 'rong'], 'unknown --scheme "rong"', 'Did you mean "ring"?\nAllowed: modulo, ring, '],
    ['shards', ['--shard-weights', '1,1'], '--shard-weights: expected one weight per shard: 2 for 3', ''],
    ['shards', ['--shard-weights', '1,0,1'], '--shard-weights: "0" is not a whole number from 1 to 1,000', ''],
    ['shards', ['--vnodes', '9', '--scheme', 'jump'], '--vnodes: the scheme jump has none', 'ring or bounded'],
    ['shards', ['--rows', '200001'], '--rows: "200001" is not a whole number from 1 to 200,000', ''],
    ['shards', ['--query-time', '11s'], '--query-time: 11s is not from 0s to 10s', ''],
    ['shards', ['--reads', 'primary'], '--reads: a shard has no standbys', 'repl-2'],
    ['shards', ['--pool', '2', '--durability', 'on'], '--durability: a shard has no standbys', 'repl-2'],
    ['shards', ['--app', 'serve {port}'], '--app: a stack with databases runs the sample API', 'lb-3'],
    ['repl', ['--app', 'serve {port}'], '--app: a stack with databases runs the sample API', 'lb-3'],
    ['repl', ['--app-image', 'mine'], '--app-image: a stack with databases runs the sample API', 'lb-3'],
  ])('%s with %j is refused', (base, args, message, hint) => {
    const error = labErrorOf(() => applyStackOptions(bases[base], optionsOf(...args)))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint ?? '').toContain(hint)
  })
})

describe('givenStackFlags', () => {
  it('knows every flag that shapes a stack by the name that commander gives it', () => {
    const command = addStackOptions(new Command())
    for (const option of command.options) {
      expect(givenStackFlags({ [option.attributeName()]: 'given' })).toEqual([option.long])
    }
    expect(givenStackFlags({})).toEqual([])
    expect(givenStackFlags({ port: '1', strategy: 'x' })).toEqual(['--strategy', '--port'])
  })
})

describe('number', () => {
  it.each<[string, number, number, boolean, number]>([
    ['5', 1, 9, true, 5],
    [' 5 ', 1, 9, true, 5],
    ['1', 1, 9, true, 1],
    ['9', 1, 9, true, 9],
    ['1.5', 1, 9, false, 1.5],
  ])('reads %j from %d to %d (whole: %j)', (text, min, max, whole, value) => {
    expect(number('--n', text, min, max, whole)).toBe(value)
  })

  it.each(['', ' ', 'x', '0', '10', '1.5', '5x', 'NaN', 'Infinity', '-5'])('refuses %j from 1 to 9', (text) => {
    const { message, exitCode } = labErrorOf(() => number('--n', text, 1, 9))
    expect(message).toBe(`--n: "${text}" is not a whole number from 1 to 9`)
    expect(exitCode).toBe(2)
  })
})

describe('imageOverrides', () => {
  const env = {
    SCALELAB_IMAGE_NODE: 'env/node',
    SCALELAB_IMAGE_NGINX: 'env/nginx',
    SCALELAB_IMAGE_POSTGRES: 'env/postgres',
    PATH: '/bin',
  }

  it('takes the environment, and flags over it', () => {
    expect(imageOverrides({}, {})).toEqual({})
    expect(imageOverrides({}, env)).toEqual({
      node: 'env/node',
      nginx: 'env/nginx',
      postgres: 'env/postgres',
    })
    expect(
      imageOverrides({ image: ['nginx=reg:5000/nginx@sha256:a=b'] }, { ...env, SCALELAB_IMAGE_POSTGRES: undefined }),
    ).toEqual({
      node: 'env/node',
      nginx: 'reg:5000/nginx@sha256:a=b',
    })
    expect(imageOverrides(optionsOf('--image', 'node=a', '--image', 'nginx=b'), {})).toEqual({ node: 'a', nginx: 'b' })
  })

  it('takes the official image of a version, over that of the environment', () => {
    expect(imageOverrides(optionsOf('--pg-version', '17'), env).postgres).toBe('postgres:17')
    expect(imageOverrides(optionsOf('--pg-version', '16.10'), {})).toEqual({ postgres: 'postgres:16.10' })
    expect(imageOverrides(optionsOf('--image', 'postgres=mine:1'), env).postgres).toBe('mine:1')
  })

  it.each([
    [['--pg-version', '17', '--image', 'postgres=mine:1'], '--pg-version and --image postgres=... exclude each other'],
    [['--pg-version', '14'], '--pg-version: "14" is not a version of PostgreSQL from 15 on'],
    [['--pg-version', '9.6'], '--pg-version: "9.6" is not a version of PostgreSQL from 15 on'],
    [['--pg-version', 'latest'], '--pg-version: "latest" is not a version of PostgreSQL from 15 on'],
  ])('refuses %j', (args, message) => {
    expect(labErrorOf(() => imageOverrides(optionsOf(...args), env))).toMatchObject({ exitCode: 2, message })
  })

  it('refuses two images of one name', () => {
    const error = labErrorOf(() => imageOverrides(optionsOf('--image', 'node=a', '--image', 'node=b'), {}))
    expect(error).toMatchObject({ exitCode: 2, message: '--image: node is given twice' })
  })

  it.each([
    ['nginx', '--image: "nginx" is not of the form name=image'],
    ['nginx=', '--image: "nginx=" is not of the form name=image'],
    ['ngnix=x', 'unknown --image "ngnix"'],
    ['=x', 'unknown --image ""'],
  ])('refuses %j', (value, message) => {
    expect(labErrorOf(() => imageOverrides({ image: [value] }, {}))).toMatchObject({ exitCode: 2, message })
  })
})

describe('requestedEngine', () => {
  it.each([
    [[], 'auto'],
    [['--engine', 'process'], 'process'],
    [['--pg-version', '17'], 'docker'],
    [['--pg-version', '17', '--engine', 'docker'], 'docker'],
    [['--pg-bin', '/opt/pg'], 'process'],
  ])('of %j is %s', (args, engine) => {
    expect(requestedEngine(optionsOf(...args))).toBe(engine)
  })

  it.each([
    [['--pg-version', '17', '--engine', 'process'], '--pg-version chooses an image, which needs the Docker engine'],
    [['--pg-bin', 'x', '--engine', 'docker'], '--pg-bin names programs of this machine, which need the process engine'],
    [['--pg-bin', 'x', '--pg-version', '17'], '--pg-version and --pg-bin exclude each other'],
    [['--engine', 'podman'], 'unknown --engine "podman"'],
  ])('refuses %j', (args, message) => {
    expect(labErrorOf(() => requestedEngine(optionsOf(...args)))).toMatchObject({ exitCode: 2, message })
  })
})
