import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_STANDBYS } from '../core/parameters/database.js'
import { MAX_REPLICAS } from '../core/parameters.js'
import { scenarioSchema } from '../core/scenario.js'
import { MAX_SHARDS } from '../core/shard-map.js'
import { labErrorOf, labErrorOfAsync } from '../core/testing/thrown.js'
import { builtins, findScenario, readScenario } from './scenario-files.js'
import { asNobody } from './testing/as-nobody.js'
import { parseYaml } from './yaml-file.js'

const BUILTIN = fileURLToPath(new URL('../../scenarios', import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scalelab-scenarios-'))
  await chmod(folder, 0o755)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A whole scenario; lines are numbered in the tables below by this text. */
const WHOLE = `schema: scalelab/scenario@1
name: mine
question: How fast?
topology:
  kind: balanced
  replicas: 2
  work: { kind: model, mean_ms: 2 }
load:
  mode: open
  rps: 100
  duration: 5s
expect:
  - claim: fast
    metric: latency.response_ms.p99
    max: 50
`

describe('built-in scenarios', () => {
  it('are all whole, single first, each named as its file and with a claim to judge', async () => {
    const { scenarios } = await builtins(BUILTIN)
    expect(scenarios.map(({ name }) => name)).toEqual([
      'single',
      ...scenarios
        .slice(1)
        .map(({ name }) => name)
        .toSorted(),
    ])
    expect(scenarios.length).toBeGreaterThanOrEqual(2)
    for (const scenario of scenarios) {
      expect(scenario.expect.length).toBeGreaterThan(0)
      expect(scenario.reading).toBeDefined()
      expect(await findScenario(scenario.name, BUILTIN)).toEqual(scenario)
    }
  })
})

describe('the catalogue in scenarios/README.md', () => {
  it('has a line for everything that is built in, with its question and its claims', async () => {
    const { scenarios, experiments } = await builtins(BUILTIN)
    const lines = (await readFile(join(BUILTIN, 'README.md'), 'utf8')).split('\n')
    const missing = [...scenarios, ...experiments].filter(({ name, question, expect }) => {
      const claims = [...new Set(expect.map(({ claim }) => claim))].join('; ')
      return !lines.includes(`| [\`${name}\`](${name}.yaml) | ${question.trim()} | ${claims || '-'} |`)
    })
    expect(missing.map(({ name }) => name)).toEqual([])
  })
})

describe('findScenario', () => {
  it.each([1, 2, 3, 5, MAX_REPLICAS])('makes lb-%d', async (n) => {
    const scenario = await findScenario(`lb-${n}`, BUILTIN)
    expect(scenario).toMatchObject({ name: `lb-${n}`, topology: { kind: 'balanced', replicas: n } })
    expect(scenario.question).toContain(`${n} API instances`)
    const about3 = scenario.expect.filter((expectation) => expectation.replicas === 'same')
    expect(about3.length > 0).toBe(n === 3)
  })

  it.each([1, 2, 3, MAX_STANDBYS])('makes repl-%d: the number is that of the standbys', async (n) => {
    const scenario = await findScenario(`repl-${n}`, BUILTIN)
    expect(scenario).toMatchObject({
      name: `repl-${n}`,
      topology: { kind: 'replicated', replicas: 2, database: { standbys: n } },
    })
    expect(scenario.question).toContain(`${n} standby`)
    expect(scenario.expect.some(({ replicas }) => replicas === 'same')).toBe(n === 2)
    expect(scenario.expect.some(({ metric }) => metric === 'replication.lag_ms.mean')).toBe(true)
  })

  it.each([1, 2, 3, MAX_SHARDS])('makes shard-%d: the number is that of the shards', async (n) => {
    const scenario = await findScenario(`shard-${n}`, BUILTIN)
    expect(scenario).toMatchObject({
      name: `shard-${n}`,
      topology: { kind: 'sharded', replicas: 2, sharding: { shards: n } },
    })
    expect(scenario.question).toContain(n === 1 ? '1 shard,' : `${n} shards,`)
    expect(scenario.expect.some(({ replicas }) => replicas === 'same')).toBe(n === 3)
    expect(scenario.expect.some(({ metric }) => metric === 'sharding.misplaced')).toBe(true)
  })

  it.each([1, 2, 4])('makes shard-scaling-%d: the same load and the same shards, another number of them', async (n) => {
    const [scenario, four] = await Promise.all([n, 4].map((shards) => findScenario(`shard-scaling-${shards}`, BUILTIN)))
    expect(scenario?.topology.sharding).toEqual({ ...four?.topology.sharding, shards: n })
    expect(scenario?.load).toEqual(four?.load)
    expect(scenario?.question).toContain(n === 1 ? 'by 1 shard of' : `by ${n} shards of`)
    // A listing or a transfer would take its time on several shards.
    expect(Object.keys(scenario?.load.mix ?? {})).toEqual(['read', 'write'])
  })

  it('reads the number however it is written', async () => {
    expect(await findScenario('lb-007', BUILTIN)).toMatchObject({ name: 'lb-7', topology: { replicas: 7 } })
  })

  it.each([
    ['lb-0', 'lb-0: the number of replicas must be from 1 to 64', ''],
    ['lb-65', 'lb-65: the number of replicas must be from 1 to 64', ''],
    ['lb-99999999999999999999', 'the number of replicas must be from 1 to 64', ''],
    ['repl-0', 'repl-0: the number of standbys must be from 1 to 8', ''],
    ['repl-9', 'repl-9: the number of standbys must be from 1 to 8', ''],
    ['shard-0', 'shard-0: the number of shards must be from 1 to 16', ''],
    ['shard-17', 'shard-17: the number of shards must be from 1 to 16', ''],
    ['lb3', 'unknown scenario "lb3"', 'Did you mean "lb-3"?'],
    ['singel', 'unknown scenario "singel"', 'Did you mean "single"?'],
    ['lb--1', 'unknown scenario "lb--1"', 'Allowed: single, '],
    [
      'replication',
      'unknown scenario "replication"',
      'lb-<n>, repl-<n>, shard-<n>, shard-scaling-<n>, a path to a .yaml file',
    ],
    ['', 'unknown scenario ""', 'Allowed: single, '],
    ['mine.yaml', 'there is no scenario file mine.yaml', 'scalelab list'],
    ['./mine', 'there is no scenario file ./mine', 'scalelab list'],
    ['src/', 'src/ is a folder, not a scenario file', ''],
  ])('refuses %j', async (name, message, hint) => {
    const error = await labErrorOfAsync(findScenario(name, BUILTIN))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint ?? '').toContain(hint)
  })

  it('reads a file by its path', async () => {
    const file = join(folder, 'mine.yml')
    await writeFile(file, WHOLE)
    expect(await findScenario(file, BUILTIN)).toMatchObject({ name: 'mine', load: { rps: 100, connections: 60 } })
  })

  it('says so when a file may not be read', async () => {
    const file = join(folder, 'secret.yaml')
    await writeFile(file, WHOLE, { mode: 0o000 })
    const error = await asNobody(() => labErrorOfAsync(readScenario(file)))
    expect(error.exitCode).toBe(3)
    expect(error.message).toContain(`${file} cannot be read (EACCES)`)
  })
})

describe('a scenario', () => {
  const many = (line: (i: number) => string): string => Array.from({ length: 30_000 }, (_, i) => line(i)).join('')
  it.each([
    ['unknown keys', WHOLE + many((i) => `k${i}: ${i}\n`), 'and 29,980 more'],
    ['keys twice', `${WHOLE}${many((i) => `k${i}: 0\n`)}k29999: 1\n`, 'Map keys must be unique'],
    ['levels', `a: ${'['.repeat(30_000)}`, 'not valid YAML'],
    [
      'anchors of anchors',
      many((i) => `a${i}: &a${i} [${i === 0 ? '' : `*a${i - 1}, *a${i - 1}`}]\n`),
      'not valid YAML',
    ],
    ['aliases', `a: &a [1]\n${many((i) => `a${i}: *a\n`)}`, 'too many aliases'],
    ['names of nothing', `${many((i) => `a${i}: &a${i} 1\n`)}b: *nothing`, ':30001:4: not valid YAML'],
    ['letters', `question: ${'x'.repeat(500_000)}\nname: ${'y'.repeat(400_000)}`, 'mine.yaml'],
  ])('comes to an end with too many %s', { timeout: 20_000 }, (_, text, expected) => {
    const error = labErrorOf(() => parseYaml(text, 'mine.yaml', 'scenario').as(scenarioSchema))
    expect(error.message).toContain(expected)
    expect(error.message.split('\n').length).toBeLessThan(50)
    expect(error.message.length).toBeLessThan(100_000)
  })

  const mistakesOf = (text: string): string[] => {
    const error = labErrorOf(() => parseYaml(text, 'mine.yaml', 'scenario').as(scenarioSchema))
    expect(error.exitCode).toBe(2)
    return error.message.split('\n')
  }

  it('reads a whole file', () => {
    expect(parseYaml(WHOLE, 'mine.yaml', 'scenario').as(scenarioSchema).topology.work).toMatchObject({
      kind: 'model',
      mean_ms: 2,
      workers: 1,
    })
  })

  it('follows aliases', () => {
    const text = WHOLE.replace('duration: 5s', 'duration: &d 5s\n  warmup: *d')
    expect(parseYaml(text, 'mine.yaml', 'scenario').as(scenarioSchema).load).toMatchObject({
      duration: 5_000,
      warmup: 5_000,
    })
  })

  it.each<[string, string, string]>([
    ['name: mine', 'nmae: mine', 'mine.yaml:2:1: nmae: unknown key; did you mean "name"? (allowed: schema, name,'],
    ['name: mine', 'name: My Own', 'mine.yaml:2:1: name: lower-case letters, digits and dashes, at most 40'],
    ['question: How fast?\n', '', 'mine.yaml:1:1: question: missing; expected string'],
    ['question: How fast?', "question: ''", 'mine.yaml:3:1: question: expected some text'],
    ['scenario@1', 'scenario@9', 'mine.yaml:1:1: schema: expected scalelab/scenario@1'],
    [
      'kind: balanced',
      'kind: balancd',
      'mine.yaml:5:3: topology.kind: expected one of single, balanced, replicated, sharded; did you mean "balanced"?',
    ],
    ['replicas: 2', 'replicas: two', 'mine.yaml:6:3: topology.replicas: expected number, received string'],
    ['replicas: 2', 'replicas: 2.5', 'mine.yaml:6:3: topology.replicas: expected a whole number'],
    ['replicas: 2', 'replicas: 65', 'mine.yaml:6:3: topology.replicas: expected number to be <=64'],
    ['replicas: 2', 'weights: [1, x]', 'mine.yaml:6:16: topology.weights.1: expected number, received string'],
    [
      'replicas: 2',
      'replica: 2',
      'mine.yaml:6:3: topology.replica: unknown key; did you mean "replicas"? (allowed: kind, replicas,',
    ],
    [
      'mean_ms: 2',
      'maen_ms: 2',
      'mine.yaml:7:24: topology.work.maen_ms: unknown key; did you mean "mean_ms"? (allowed: kind, workers, distribution, mean_ms, queue_limit)',
    ],
    [
      'kind: model, mean_ms: 2',
      'kind: cpu, mean_ms: 2, ms: 1',
      'mine.yaml:7:22: topology.work.mean_ms: unknown key (allowed: kind, ms)',
    ],
    [
      'kind: model,',
      'kind: modle,',
      'mine.yaml:7:11: topology.work.kind: expected one of model, cpu, none; did you mean "model"?',
    ],
    ['kind: model,', '', 'mine.yaml:7:3: topology.work.kind: missing; expected one of model, cpu, none'],
    ['{ kind: model, mean_ms: 2 }', 'model', 'mine.yaml:7:3: topology.work: expected object, received string'],
    [
      'replicas: 2',
      'app: { comand: x }',
      'mine.yaml:6:3: topology.app: expected either command: a shell command, or image: its name',
    ],
    ['replicas: 2', 'sharding: { shards: 17 }', 'mine.yaml:6:15: topology.sharding.shards: expected number to be <=16'],
    [
      'replicas: 2',
      'sharding: { scheme: rong }',
      'mine.yaml:6:15: topology.sharding.scheme: expected one of modulo, ring, ',
    ],
    ['replicas: 2', 'sharding: { scheme: rong }', 'did you mean "ring"?'],
    [
      'replicas: 2',
      'sharding: { shards: 3, weights: [2, 1] }',
      'mine.yaml:6:26: topology.sharding.weights: expected one weight per shard: 2 for 3',
    ],
    [
      'replicas: 2',
      'sharding: { vnode: 3 }',
      'mine.yaml:6:15: topology.sharding.vnode: unknown key; did you mean "vnodes"?',
    ],
    ['max: 50', 'max: 50\n    scheme: rong', 'mine.yaml:16:5: expect.0.scheme: expected one of modulo, ring, '],
    ['max: 50', 'max: 50\n    reshard: 3to4', 'mine.yaml:16:5: expect.0.reshard: expected numbers of shards before'],
    ['mode: open', 'mode: half-open', 'mine.yaml:9:3: load.mode: expected one of open, closed'],
    ['  rps: 100\n', '', 'mine.yaml:8:1: load.rps: an open load needs rps or stages'],
    ['rps: 100', 'rps: 0', 'mine.yaml:10:3: load.rps: expected number to be >0'],
    [
      'rps: 100',
      'stages: [{ duration: 5s, rps: 1, rate: 2 }]',
      'mine.yaml:10:36: load.stages.0.rate: unknown key (allowed: duration, rps)',
    ],
    [
      'duration: 5s',
      'duration: 5',
      'mine.yaml:11:3: load.duration: expected a duration such as 500ms, 10s or 2m, from 500ms to 24h',
    ],
    ['duration: 5s', 'duration: 5sec', 'mine.yaml:11:3: load.duration: expected a duration such as 500ms, 10s or 2m'],
    ['.p99', '.p98', 'mine.yaml:14:5: expect.0.metric: expected one of load.achieved_rps'],
    ['.p99', '.p98', 'did you mean "latency.response_ms.p9'],
    ['max: 50', 'maximum: 50', 'mine.yaml:15:5: expect.0.maximum: unknown key'],
    ['    max: 50\n', '', 'mine.yaml:13:5: expect.0.min: an expectation needs min or max'],
    ['max: 50', 'max: 50\n    min: 60', 'mine.yaml:16:5: expect.0.min: expected at most max'],
    ['name: mine', '1: mine', 'mine.yaml:2:1: 1: unknown key (allowed: schema,'],
  ])('%j -> %j', (from, to, expected) => {
    expect(WHOLE).toContain(from)
    const mistakes = mistakesOf(WHOLE.replace(from, to))
    expect(
      mistakes.filter((line) => line.includes(expected)),
      mistakes.join('\n'),
    ).toHaveLength(1)
  })

  it.each([
    ['', 'mine.yaml:1:1: the file: expected object, received null'],
    ['# only a comment\n', 'mine.yaml:1:1: the file: expected object, received null'],
    ['- a\n- b\n', 'mine.yaml:1:1: the file: expected object, received array'],
    ['just words', 'mine.yaml:1:1: the file: expected object, received string'],
    ['name: "mine\n', 'mine.yaml:2:1: not valid YAML: Missing closing "quote'],
    ['name: mine\nname: yours\n', 'mine.yaml:2:1: not valid YAML: Map keys must be unique'],
    [`${WHOLE}---\n${WHOLE}`, 'mine.yaml:16:1: not valid YAML: a file holds one scenario, and here begins another'],
    ['name: mine\nquestion: *why\n', 'mine.yaml:2:11: not valid YAML: Unresolved alias'],
  ])('refuses %j as a whole', (text, expected) => {
    expect(mistakesOf(text)).toEqual([expect.stringContaining(expected)])
  })

  it('refuses a file that would unfold without end', () => {
    const levels = Array.from({ length: 9 }, (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`)
    expect(mistakesOf(`l0: &l0 [x]\n${levels.join('\n')}\n`)).toEqual([
      expect.stringMatching(/^mine\.yaml:3:\d+: not valid YAML: too many aliases/),
    ])
  })

  it('tells every mistake of a file at once', () => {
    const text = WHOLE.replace('name: mine', 'name: My').replace('rps: 100', 'rps: -1').replace('5s', 'soon')
    expect(mistakesOf(text).map((line) => line.split(': ')[1])).toEqual(['name', 'load.rps', 'load.duration'])
  })
})
