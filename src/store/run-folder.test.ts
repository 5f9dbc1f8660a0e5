import { execFileSync } from 'node:child_process'
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import type { Sample } from '../core/sample.js'
import { recordWith } from '../core/testing/record.js'
import { labErrorOfAsync } from '../core/testing/thrown.js'
import { createRunFolder, openRunFolder, readRecord } from './run-folder.js'
import { asNobody } from './testing/as-nobody.js'

const AT = new Date('2026-11-20T10:15:00.123Z')
const STAMP = '2026-11-20T10-15-00Z'

let reports = ''
let made = 0
beforeAll(async () => {
  reports = await mkdtemp(join(tmpdir(), 'scalelab-reports-'))
  await chmod(reports, 0o755)
})
afterAll(() => rm(reports, { recursive: true, force: true }))

/** A reports folder of its own for each test; not made yet. */
const fresh = () => join(reports, `r${++made}`)

const sample = (t: number): Sample => ({ t, kind: 'load.lost', value: 0, unit: 'requests' })

describe('createRunFolder', () => {
  it('names the folder by scenario and time, and makes what is missing above it', async () => {
    const out = join(fresh(), 'deep', 'down')
    const { path } = await createRunFolder(out, 'lb-3', AT)
    expect(path).toBe(join(out, 'lb-3', STAMP))
    expect((await lstat(path)).isDirectory()).toBe(true)
  })

  it('counts on when the name is taken, also by several at once', async () => {
    const out = fresh()
    const first = await createRunFolder(out, 'lb-3', AT)
    const more = await Promise.all(Array.from({ length: 5 }, () => createRunFolder(out, 'lb-3', AT)))
    expect(first.path.endsWith(STAMP)).toBe(true)
    expect(more.map(({ path }) => path).toSorted()).toEqual(
      [2, 3, 4, 5, 6].map((n) => join(out, 'lb-3', `${STAMP}-${n}`)),
    )
  })

  it('refuses at once what cannot be written: a file in the way, no permission, no such place', async () => {
    const file = fresh()
    await writeFile(file, '')
    const closed = fresh()
    await mkdir(closed, { mode: 0o555 })
    const outs = [file, join(file, 'below'), closed]
    for (const out of outs) {
      const error = await asNobody(() => labErrorOfAsync(createRunFolder(out, 'lb-3', AT)))
      expect(error.exitCode).toBe(3)
      expect(error.message).toMatch(/cannot be written|not a folder that can be written to/)
      expect(error.message).toContain(out)
      expect(error.hint).toContain('--out DIR')
    }
  })
})

describe('a run folder', () => {
  it('takes samples line by line, and nothing for none', async () => {
    const folder = await createRunFolder(fresh(), 'single', AT)
    await folder.appendSamples([])
    expect(await readdir(folder.path)).toEqual([])
    await folder.appendSamples([sample(1), sample(2)])
    await openRunFolder(folder.path).appendSamples([sample(3)])
    const lines = (await readFile(join(folder.path, 'samples.ndjson'), 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual([sample(1), sample(2), sample(3)])
  })

  it('replaces the record and leaves nothing beside it', async () => {
    const folder = await createRunFolder(fresh(), 'single', AT)
    await folder.writeRecord(recordWith({ seed: 1 }))
    await folder.writeRecord(recordWith({ seed: 2 }))
    await folder.writeFile('report.md', '# Report\n')
    expect((await readdir(folder.path)).toSorted()).toEqual(['report.md', 'run.json'])
    expect((await readRecord(folder.path)).record.seed).toBe(2)
  })

  it('has latest point at it, relatively, once there is a record to read', async () => {
    const out = fresh()
    const latest = join(out, 'single', 'latest')
    const older = await createRunFolder(out, 'single', AT)
    await older.appendSamples([sample(1)])
    expect(await readdir(join(out, 'single'))).toEqual([STAMP])
    await older.writeRecord(recordWith())
    expect(await readlink(latest)).toBe(STAMP)
    const newer = await createRunFolder(out, 'single', new Date('2026-11-21T00:00:00Z'))
    expect(await readlink(latest)).toBe(STAMP)
    await newer.writeRecord(recordWith())
    expect(await readlink(latest)).toBe('2026-11-21T00-00-00Z')
    expect((await readdir(join(out, 'single'))).toSorted()).toEqual([STAMP, '2026-11-21T00-00-00Z', 'latest'])
  })

  it('does without latest where something else has the name', async () => {
    const out = fresh()
    await mkdir(join(out, 'single', 'latest', 'mine'), { recursive: true })
    await (await createRunFolder(out, 'single', AT)).writeRecord(recordWith())
    expect((await readdir(join(out, 'single'))).toSorted()).toEqual([STAMP, 'latest'])
    expect(await readdir(join(out, 'single', 'latest'))).toEqual(['mine'])
  })

  it('goes away when nothing was written into it, and only then', async () => {
    const out = fresh()
    const folder = await createRunFolder(out, 'single', AT)
    await folder.removeIfEmpty()
    await folder.removeIfEmpty()
    expect(await readdir(out)).toEqual([])
    const used = await createRunFolder(out, 'single', AT)
    await used.appendSamples([sample(1)])
    await used.removeIfEmpty()
    expect(await readdir(used.path)).toEqual(['samples.ndjson'])
  })

  it('keeps what was written when the disk is full, and says what to do', async (context) => {
    const small = fresh()
    await mkdir(small)
    mountTiny(context, small)
    try {
      const folder = await createRunFolder(small, 'single', AT)
      await folder.writeRecord(recordWith({ seed: 1 }))
      const much = Array.from({ length: 4_000 }, (_, t) => sample(t))
      const long = recordWith({ question: 'x'.repeat(100_000) })
      const failures = [
        await labErrorOfAsync(folder.writeRecord(long)),
        await labErrorOfAsync(folder.appendSamples(much)),
        await labErrorOfAsync(folder.writeFile('report.md', 'x'.repeat(100_000))),
      ]
      for (const error of failures) {
        expect(error.exitCode).toBe(3)
        expect(error.message).toMatch(/^no space left to write .*(run\.json|samples\.ndjson|report\.md)$/)
        expect(error.hint).toMatch(/--out DIR[\s\S]*df -h/)
      }
      expect((await readRecord(folder.path)).record.seed).toBe(1)
      expect((await readdir(folder.path)).toSorted()).toEqual(['run.json', 'samples.ndjson'])
    } finally {
      execFileSync('umount', [small])
    }
  })
})

/** A file system of 64 KiB; skips the test where that is not permitted. */
function mountTiny(context: TestContext, folder: string): void {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    context.skip(`no tiny file system can be mounted here: ${error instanceof Error ? error.message : error}`)
  }
}

describe('readRecord', () => {
  it('reads by file, by folder, by the latest link and by the scenario’s folder', async () => {
    const out = fresh()
    await (await createRunFolder(out, 'single', AT)).writeRecord(recordWith({ seed: 1 }))
    const newer = await createRunFolder(out, 'single', AT)
    await newer.writeRecord(recordWith({ seed: 2 }))
    const scenario = join(out, 'single')
    const latest = join(scenario, 'latest')
    expect((await readRecord(join(scenario, STAMP))).record.seed).toBe(1)
    expect(await readRecord(join(newer.path, 'run.json'))).toEqual({
      record: recordWith({ seed: 2 }),
      folder: newer.path,
    })
    // Where it leads today: tomorrow it leads elsewhere.
    expect(await readRecord(latest)).toMatchObject({ record: { seed: 2 }, folder: newer.path })
    expect(await readRecord(scenario)).toMatchObject({ record: { seed: 2 }, folder: newer.path })
  })

  const whole = JSON.stringify(recordWith())
  it.each([
    ['cut off', whole.slice(0, 400), 'is damaged: it is not JSON', 'samples.ndjson may still be whole'],
    ['empty', '', 'is damaged: it is not JSON', 'samples.ndjson'],
    ['something else', '{"name": "package"}', 'is no record of a run: it names no schema', 'Give a run folder'],
    ['a list', '[]', 'is no record of a run', 'Give a run folder'],
    ['null', 'null', 'is no record of a run', 'Give a run folder'],
    [
      'newer',
      whole.replace('run@1', 'run@2'),
      'has the schema "scalelab/run@2", and this version reads scalelab/run@1',
      'Use the version of scalelab',
    ],
    ['with a bad figure', whole.replace('"due":0', '"due":-1'), 'is damaged at load.ledger.due: ', ''],
    ['with a part missing', whole.replace('"latency":', '"latencies":'), 'is damaged at latency: ', ''],
  ])('refuses one that is %s', async (_, text, message, hint) => {
    const file = fresh()
    await writeFile(file, text)
    const error = await labErrorOfAsync(readRecord(file))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(`${file} ${message}`)
    expect(error.hint ?? '').toContain(hint)
  })

  it('says what is there instead of a record', async () => {
    const out = fresh()
    expect(await labErrorOfAsync(readRecord(out))).toMatchObject({ exitCode: 2, message: `there is no run at ${out}` })
    await mkdir(out)
    expect(await labErrorOfAsync(readRecord(out))).toMatchObject({ exitCode: 2, hint: 'It is empty' })
    const { path } = await createRunFolder(out, 'single', AT)
    await writeFile(join(path, 'samples.ndjson'), '')
    expect(await labErrorOfAsync(readRecord(path))).toMatchObject({
      exitCode: 2,
      message: `${path} holds no run.json`,
      hint: 'It holds: samples.ndjson',
    })
    expect((await labErrorOfAsync(readRecord(join(out, 'single')))).hint).toBe(`It holds: ${STAMP}`)
  })
})
