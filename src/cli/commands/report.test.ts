import { execFileSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CommandLine } from '../testing/command-line.js'

// Real records, and nothing is run: the samples of this repository.
const SAMPLES = fileURLToPath(new URL('../../../reports/sample', import.meta.url))
const SINGLE = 'reports/single/2026-11-20T12-11-09Z'
const BALANCED = 'reports/lb-3/2026-11-20T12-11-33Z'
const DRILLS = [42, 47, 52].map((second) => `reports/repl-2/2026-11-20T15-41-${second}Z`)
const PLAN = 'reports/shard-plans/2026-11-20T18-25-56Z'

let cli: CommandLine
beforeAll(async () => {
  cli = await CommandLine.create()
})
afterAll(() => cli.dispose())

const path = (...parts: string[]): string => join(cli.folder, ...parts)
const text = (...parts: string[]): Promise<string> => readFile(path(...parts), 'utf8')

beforeEach(async () => {
  await rm(path('reports'), { recursive: true, force: true })
  for (const folder of [SINGLE, BALANCED, ...DRILLS, PLAN]) {
    await cp(join(SAMPLES, folder.replace('reports/', '')), path(folder), { recursive: true })
  }
})

/** Every file of a report below a folder, by name. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(path(folder), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(files.toSorted().map(async (file) => [file, await readFile(file, 'utf8')]))
  return Object.fromEntries(texts)
}

/** The only folder inside. */
async function onlyIn(folder: string): Promise<string> {
  const names = await readdir(path(folder))
  expect(names).toHaveLength(1)
  return join(folder, names[0] ?? '')
}

describe('scalelab report', () => {
  it('writes a run in every format, and the same bytes again', async () => {
    await rm(path(SINGLE, 'report.md'))
    const out = await cli.ok('report', SINGLE)
    expect(out).toContain(`Report:  ${SINGLE}/report.md\nHTML:    ${SINGLE}/report.html\nTables:  ${SINGLE}/tables`)
    expect(await readdir(path(SINGLE, 'tables'))).toContain('01-question-and-verdict.csv')
    const before = await filesOf(SINGLE)
    expect(Object.keys(before).filter((file) => /\.(svg|md|html|csv)$/.test(file)).length).toBeGreaterThan(8)
    await writeFile(path(SINGLE, 'tables', '99-old.csv'), '')
    await writeFile(path(SINGLE, 'tables', 'mine.csv'), 'kept')
    await cli.ok('report', SINGLE)
    expect(await text(SINGLE, 'tables', 'mine.csv')).toBe('kept')
    await rm(path(SINGLE, 'tables', 'mine.csv'))
    expect(await filesOf(SINGLE)).toEqual(before)
  })

  it('rebuilds whatever it is given by what its JSON says it is', async () => {
    await cli.ok('report', SINGLE, BALANCED)
    const comparison = 'reports/experiments/single-lb-3/latest'
    const before = await filesOf(comparison)
    await rm(path(comparison, 'report.md'))
    await rm(path(comparison, 'tables'), { recursive: true })
    await cli.ok('report', comparison)
    expect(await filesOf(comparison)).toEqual(before)
    // Links lead from HTML to HTML.
    const html = await text(comparison, 'report.html')
    expect(html).toContain(`href="../../../lb-3/2026-11-20T12-11-33Z/report.html"`)

    const old = {
      schema: 'scalelab/sources@1',
      report: 'comparison',
      runs: [`../../../${SINGLE}`, `../../../${BALANCED}`],
    }
    await mkdir(path('reports/comparisons/x'), { recursive: true })
    await writeFile(path('reports/comparisons/x/sources.json'), JSON.stringify(old))
    await cli.ok('report', 'reports/comparisons/x')
    expect(await text('reports/comparisons/x/report.md')).toContain('One block: no interval and no verdict')

    const sources = { schema: 'scalelab/sources@1', report: 'drills', runs: DRILLS.map((run) => `../../../${run}`) }
    await mkdir(path('reports/drills/x'), { recursive: true })
    await writeFile(path('reports/drills/x/sources.json'), JSON.stringify(sources))
    const both = await cli.ok('report', 'reports/drills/x', PLAN)
    expect(both).toContain('Rebuilt: reports/drills/x/report.md')
    expect(await text('reports/drills/x/report.md')).toContain('3 trials')
    expect(await text(PLAN, 'report.html')).toContain('Keys on shards')
  })

  it('says which records of several are damaged or newer, and reports the rest', async () => {
    const whole = await text(BALANCED, 'run.json')
    for (const [name, record] of [
      ['cut', whole.slice(0, 900)],
      ['newer', whole.replace('run@1', 'run@2')],
    ] as const) {
      await mkdir(path('reports/broken', name), { recursive: true })
      await writeFile(path('reports/broken', name, 'run.json'), record)
    }
    const several = await cli.run(['report', 'reports/broken/cut', SINGLE, 'reports/broken/newer', BALANCED, 'nowhere'])
    expect(several.code).toBe(0)
    expect(several.stderr).toMatch(/skipped: .*cut\/run\.json is damaged: it is not JSON/)
    expect(several.stderr).toMatch(
      /skipped: .*has the schema "scalelab\/run@2", and this version reads scalelab\/run@1/,
    )
    expect(several.stderr).toContain('skipped: there is no run at nowhere')
    expect(await text('reports/experiments/single-lb-3/latest/report.md')).toContain('# How do single and lb-3 differ?')

    const none = await cli.run(['report', 'reports/broken/cut', 'reports/broken/newer'])
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('none of 2 could be reported')
  })

  it('leaves a report over several runs as it is when too few of them are left', async () => {
    await cli.ok('report', SINGLE, BALANCED)
    const comparison = 'reports/experiments/single-lb-3/latest'
    const before = await text(comparison, 'report.md')
    await rm(path(SINGLE), { recursive: true })
    const outcome = await cli.run(['report', comparison])
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toMatch(/of the 2 runs that it was made from 1 can be read[\s\S]*stays as it is/)
    expect(await text(comparison, 'report.md')).toBe(before)
  })
})

describe('scalelab report --diff', () => {
  /** The sample as it might be on another day: so many runs of it, and another nginx. */
  async function onAnotherDay(count: number): Promise<string> {
    const record = JSON.parse(await text(BALANCED, 'run.json'))
    for (let i = 0; i < count; i++) {
      const folder = `reports/lb-3/2026-11-24T09-0${i}-00Z`
      await mkdir(path(folder), { recursive: true })
      const { environment, load } = record
      const software = { ...environment.software, nginx: '1.24.0' }
      const changed = {
        ...{ ...record, id: folder, started_at: `2026-11-24T09:0${i}:00.000Z` },
        load: { ...load, achieved_rps: load.achieved_rps * 0.9 + i },
        environment: { ...environment, software },
      }
      await writeFile(path(folder, 'run.json'), JSON.stringify(changed))
    }
    return 'reports/lb-3/2026-11-24T09-00-00Z'
  }

  it('says what was changed and what became different, in every format', async () => {
    const newer = await onAnotherDay(1)
    // In either order the older one comes first.
    const out = await cli.ok('report', '--diff', newer, BALANCED)
    expect(out).toMatch(/achieved rate +1,472 requests\/s +1,325 requests\/s +0\.90x +cannot tell +too few runs/)
    expect(out).toContain('nginx: 1.22.1, then 1.24.0')
    expect(out).toMatch(/With one run each nobody can tell a\s+change/)
    const folder = await onlyIn('reports/diffs')
    const before = await filesOf(folder)
    expect(Object.keys(before).map((file) => file.replace(/.*\//, ''))).toEqual(
      expect.arrayContaining(['report.md', 'report.html', 'diff-latency.svg', 'sources.json']),
    )
    await rm(path(folder, 'report.md'))
    await cli.ok('report', folder)
    expect(await filesOf(folder)).toEqual(before)
  })

  it('takes the runs beside a run for its repeats', async () => {
    const newer = await onAnotherDay(6)
    const diff = await cli.json<{
      runs: unknown
      changes: { what: string }[]
      figures: { metric: string; scatter: string }[]
    }>('report', '--diff', BALANCED, newer, '--json')
    expect(diff.runs).toEqual({ old: 1, new: 6 })
    expect(diff.changes.map(({ what }) => what)).toEqual(['nginx'])
    // One against six lie apart by chance in 2 of 7 cases.
    expect(new Set(diff.figures.map(({ scatter }) => scatter))).toEqual(new Set(['unknown']))
  })

  it.each([
    [[SINGLE], /--diff takes two records, and one was given/],
    [[SINGLE, BALANCED, PLAN], /--diff takes two records, and 3 were given/],
    [[SINGLE, PLAN], /is a run and .* a shard-plan: they cannot be held against one another/],
    [[PLAN, PLAN], /there is no difference of two records of the kind shard-plan[\s\S]*Of these there is: run/],
    [[SINGLE, SINGLE], /are the same record/],
  ])('refuses %j', async (paths, message) => {
    const outcome = await cli.run(['report', '--diff', ...paths])
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toMatch(message)
  })

  it('gives no verdict on different scenarios', async () => {
    const out = await cli.ok('report', '--diff', SINGLE, BALANCED)
    expect(out).toMatch(/asked\s+different\s+things/)
    expect(out).not.toMatch(/ (better|worse) /)
  })
})

describe('a disk that is full', () => {
  it('costs the report and no record: said with path and what to do, exit 3', async (context) => {
    const small = path('small')
    await mkdir(small, { recursive: true })
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small], { stdio: 'pipe' })
    } catch (error) {
      return context.skip(`no tiny file system can be mounted here: ${error instanceof Error ? error.message : error}`)
    }
    try {
      const record = await text(BALANCED, 'run.json')
      await mkdir(join(small, 'run'))
      await writeFile(join(small, 'run', 'run.json'), record)
      const outcome = await cli.run(['report', 'small/run'])
      expect(outcome.code).toBe(3)
      expect(outcome.stderr).toMatch(/no space left to write small\/run\//)
      expect(outcome.stderr).toMatch(/df -h[\s\S]*What was measured is whole.*scalelab report small\/run/)
      expect(await readFile(join(small, 'run', 'run.json'), 'utf8')).toBe(record)
      expect((await readdir(join(small, 'run'))).filter((name) => name.endsWith('.tmp'))).toEqual([])
    } finally {
      execFileSync('umount', [small])
    }
  })
})
