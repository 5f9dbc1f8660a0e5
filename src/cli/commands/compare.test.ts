import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Comparison, comparisonSchema } from '../../core/comparison.js'
import { CommandLine } from '../testing/command-line.js'

let scalelab: CommandLine
beforeEach(async () => {
  scalelab = await CommandLine.create()
})
afterEach(() => scalelab.dispose())

/** Runs as short as they may be: what is tested here is not what they measure. */
const SHORT = ['--engine', 'process', '--duration', '500ms', '--warmup', '200ms', '--connections', '8']
const SLOW = 120_000

interface Results extends Omit<Comparison, 'variants' | 'levels'> {
  variants: { name: string; runs: number; failure: string | null }[]
  comparisons: { metric: string; variant: string; verdict: string; reason: string | null }[]
  claims: { claim: string; result: string }[]
  drawn: { comparisons: number; any: { rate: number } } | null
  report: string
}

const saved = async (): Promise<Comparison> =>
  comparisonSchema.parse(
    JSON.parse(await readFile(join(scalelab.folder, 'reports/experiments/latest/comparison.json'), 'utf8')),
  )

/** Every file of a report, by its name. */
async function reportFiles(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) =>
    /^[^/]+\.(md|html|svg)$|^tables\//.test(name),
  )
  return Object.fromEntries(
    await Promise.all(
      names
        .filter((name) => name.includes('.'))
        .map(async (name) => [name, await readFile(join(folder, name), 'utf8')]),
    ),
  )
}

describe('compare', () => {
  it(
    'runs blocks on fresh processes, keeps every run, and writes a report that can be made again',
    async () => {
      const results = await scalelab.json<Results>(
        'compare',
        'single',
        'lb-2',
        '--blocks',
        '2',
        '--force',
        ...SHORT,
        '--json',
      )
      expect(results).toMatchObject({ status: 'complete', baseline: 'single', name: 'single-lb-2' })
      expect(results.order.length).toBeGreaterThanOrEqual(2)
      for (const names of results.order) expect(names.toSorted()).toEqual(['lb-2', 'single'])
      const folder = join(scalelab.folder, 'reports/experiments/latest')
      const targets = await Promise.all(
        results.runs.map(async ({ record }) =>
          JSON.parse(await readFile(join(folder, record ?? '', 'run.json'), 'utf8')),
        ),
      )
      expect(targets.length).toBe(2 * results.order.length)
      // Of each block its own, and the same for all of it.
      const seeds = results.runs.map(({ block }, i) => [block, targets[i].seed])
      expect(new Set(seeds.map(String)).size).toBe(results.order.length)
      expect(results.comparisons[0]).toMatchObject({
        metric: 'load.achieved_rps',
        variant: 'lb-2',
        verdict: 'cannot tell',
      })
      expect(results.comparisons[0]?.reason).toMatch(/smallest possible p is 0.500|limited|not steady/)
      const before = await reportFiles(folder)
      expect(Object.keys(before)).toEqual(expect.arrayContaining(['report.md', 'report.html']))
      await scalelab.ok('report', 'reports/experiments/latest')
      expect(await reportFiles(folder)).toEqual(before)
      expect(await scalelab.survivors()).toEqual([])
    },
    SLOW,
  )

  it(
    'is interrupted with everything kept, and taken up again to the same plan',
    async () => {
      const words = ['compare', 'single', '--vary', 'workers=1,2', '--blocks', '3', '--force', ...SHORT]
      const outcome = await scalelab.run(words, {
        onStart: (child) => {
          child.stderr?.on('data', (text: string) => {
            if (text.includes('run 3 of')) child.kill('SIGINT')
          })
        },
      })
      expect(outcome).toMatchObject({ code: 130 })
      expect(outcome.stderr).toContain('scalelab compare --resume')
      const cut = await saved()
      expect(cut.status).toBe('interrupted')
      expect(cut.runs).toHaveLength(2)
      expect(await scalelab.survivors()).toEqual([])
      const results = await scalelab.json<Results>('compare', '--resume', '--json')
      expect(results.status).toBe('complete')
      expect(results.runs.slice(0, 2)).toEqual(cut.runs)
      expect(results.order.slice(0, cut.order.length)).toEqual(cut.order)
      const again = await scalelab.run(['compare', '--resume'])
      expect(again).toMatchObject({ code: 2 })
      expect(again.stderr).toContain('has all its runs')
    },
    SLOW,
  )

  it(
    'is taken up after kill -9, from what was saved; what it had left running is removed first',
    async () => {
      const words = ['compare', 'single', '--vary', 'workers=1,2', '--blocks', '2', '--force', ...SHORT]
      const outcome = await scalelab.run(words, {
        onStart: (child) => {
          child.stderr?.on('data', (text: string) => {
            // In the middle of the second run, when its stack is up.
            if (text.includes('run 2 of')) setTimeout(() => child.kill('SIGKILL'), 1_200)
          })
        },
      })
      expect(outcome.signal).toBe('SIGKILL')
      const cut = await saved()
      expect(cut.status).toBe('running')
      const kept = cut.runs.length
      expect(kept).toBeGreaterThanOrEqual(1)
      const left = await scalelab.survivors()
      const resumed = await scalelab.run(['compare', '--resume', '--json'])
      // Killed while a stack came up or went down, it may leave a folder without a process.
      if (left.length > 0) expect(resumed.stderr).toContain('which a killed command had left')
      const results = JSON.parse(resumed.stdout) as Results
      expect(results.status).toBe('complete')
      expect(results.runs.slice(0, kept)).toEqual(cut.runs)
      expect(await scalelab.survivors()).toEqual([])
    },
    SLOW,
  )

  it(
    'names a variant that cannot run, lets the others go on, and ends with 4',
    async () => {
      const words = [
        'compare',
        'single',
        '--vary',
        'engine=process,docker',
        '--vary',
        'workers=1,2',
        '--blocks',
        '2',
        '--force',
      ]
      const outcome = await scalelab.run([...words, ...SHORT.slice(2), '--json'], {
        env: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
      })
      expect(outcome).toMatchObject({ code: 4 })
      const results = JSON.parse(outcome.stdout) as Results
      expect(results.status).toBe('failed')
      const failed = results.variants.filter(({ failure }) => failure !== null)
      expect(failed.map(({ name }) => name)).toEqual(['docker workers=1', 'docker workers=2'])
      expect(failed[0]?.failure).toContain('docker.sock')
      expect(results.runs.length).toBeGreaterThanOrEqual(4)
      expect(results.runs.every(({ variant }) => variant.startsWith('process'))).toBe(true)
      const { comparisons } = results
      expect(comparisons.find(({ variant }) => variant === 'docker workers=1')?.reason).toBe('it could not run')
    },
    SLOW,
  )

  it(
    'draws comparisons of a variant with itself from its runs',
    async () => {
      const results = await scalelab.json<Results>('compare', '--aa', 'single', '--blocks', '12', ...SHORT, '--json')
      expect(results.kind).toBe('aa')
      expect(results.order.every((names) => names.length === 1)).toBe(true)
      const counted = results.variants[0]?.runs ?? 0
      // On a machine that is busy too many runs are voided to draw from.
      if (counted >= 4) expect(results.drawn).toMatchObject({ comparisons: 100 })
      else expect(results.drawn).toBeNull()
    },
    SLOW,
  )

  it.each([
    [['compare'], 'what is to be compared?'],
    [['compare', 'single'], 'single alone is nothing to compare'],
    [
      ['compare', 'single', 'lb-3', '--blocks', '5'],
      '--blocks 5: no difference could be significant, the smallest possible p is 0.063',
    ],
    [['compare', 'single', 'lb-2', 'lb-3', '--blocks', '6'], 'the smallest possible p is 0.063 among 2 variants'],
    [
      ['compare', 'lb-3', '--vary', 'strategy=round-robin,least-con'],
      'variant least-con: unknown --strategy "least-con"',
    ],
    [['compare', 'single', 'lb-3', '--baseline', 'lb-2'], 'unknown variant in --baseline "lb-2"'],
    [['compare', 'single', 'lb-3', '--metrics', 'p98'], 'unknown metric in --metrics "p98"'],
    [['compare', '--aa', 'single', 'lb-3'], '--aa takes one scenario'],
    [['compare', 'single', 'repl-2'], 'some variants run an open loop and some a closed one'],
    [['compare', 'single', 'lb-3', '--drill', 'api-1', '--reshard-to', '2'], 'exclude each other'],
    [['scaling', 'lbs'], 'unknown family "lbs"'],
    [['scaling', 'lb', '--replicas', '1,2'], 'a law needs at least three levels'],
    [['scaling', 'lb', '--rps', '100'], 'capacity is measured by a closed loop'],
    [['scaling', 'lb', '--vertical', '5'], 'there is no level of 5'],
    [['run', 'lb-three-tims'], 'unknown experiment or scenario "lb-three-tims"'],
  ])('refuses %j', async (words, message) => {
    const outcome = await scalelab.run(
      [...words, '--engine', 'process'].filter((word) => !(words.includes('--engine') && word === '--engine')),
    )
    expect(outcome.stderr).toContain(message)
    expect(outcome.stderr).not.toMatch(/\n\s+at /)
    expect(outcome).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('run', () => {
  const EXPERIMENT = `schema: scalelab/experiment@1
name: mine
question: Do two workers serve twice as much as one?
scenario: single
set: { duration: 1s, warmup: 200ms, connections: 20, service-time: 5ms }
vary: { workers: [1, 2] }
blocks: 3
metrics: [rps, p50]
expect:
  - { claim: two workers are worth two, metric: rps, variant: workers=2, min: 1.2, max: 3 }
  - { claim: two workers are worth ten, metric: rps, variant: workers=2, min: 10, if_missed: there are only two }
`

  it(
    'carries out an experiment file and judges its claims by their intervals',
    async () => {
      await writeFile(join(scalelab.folder, 'mine.yaml'), EXPERIMENT)
      const results = await scalelab.json<Results>('run', 'mine.yaml', '--engine', 'process', '--force', '--json')
      expect(results.name).toBe('mine')
      const counted = Math.min(...results.variants.map(({ runs }) => runs))
      const [held, missed] = results.claims
      // A machine that is full voids runs, and then nothing is decided.
      if (counted < 3) expect(missed?.result).toMatch(/fail|unknown/)
      else {
        expect(held?.result).toMatch(/pass|unknown/)
        expect(missed).toMatchObject({ result: 'fail', reason: expect.stringContaining('there are only two') })
      }
    },
    SLOW,
  )

  it.each([
    ['blocks: 3', 'blocks: many', 'mine.yaml:7:1: blocks: expected number, received string'],
    ['metrics: [rps, p50]', 'metrics: [rps, p5]', 'mine.yaml:8:16: metrics.1: expected one of'],
    ['vary: { workers: [1, 2] }', 'vari: { workers: [1, 2] }', 'unknown key; did you mean "vary"?'],
    ['variant: workers=2, min: 1.2', 'variant: three, min: 1.2', 'unknown variant in expect "three"'],
    ['min: 1.2, max: 3', 'min: 4, max: 3', 'expected at most max'],
    ['scalelab/experiment@1', 'scalelab/experiment@2', 'schema: unknown "scalelab/experiment@2"'],
  ])('refuses a file with %s written as %s', async (right, wrong, message) => {
    await writeFile(join(scalelab.folder, 'mine.yaml'), EXPERIMENT.replace(right, wrong))
    const outcome = await scalelab.run(['run', 'mine.yaml', '--engine', 'process', '--force'])
    expect(outcome.stderr).toContain(message)
    expect(outcome).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('scaling', () => {
  it(
    'measures levels in blocks, fits what so few allow, and holds a larger instance against them',
    async () => {
      const words = ['scaling', 'lb', '--replicas', '1,2,3', '--vertical', '2', '--blocks', '2', ...SHORT]
      const results = await scalelab.json<
        Results & { levels: { n: number; x: number | null }[]; fits: { usl: null; usl_reason: string } | null }
      >(...words, '--json')
      expect(results.levels.map(({ n }) => n)).toEqual([1, 2, 3])
      expect(results.variants.map(({ name }) => name)).toEqual(['lb-1', 'lb-2', 'lb-3', 'single workers=2'])
      const measured = results.levels.filter(({ x }) => x !== null).length
      if (measured === 3)
        expect(results.fits).toMatchObject({ usl: null, usl_reason: expect.stringContaining('fewer than the 6') })
      else expect(results.fits).toBeNull()
      const report = await readFile(join(scalelab.folder, 'reports/experiments/latest/report.md'), 'utf8')
      expect(report).toContain('## Capacity, speed-up and efficiency')
    },
    SLOW,
  )
})
