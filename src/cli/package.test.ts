import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../core/record.js'
import { REQUIRED } from './testing/command-line.js'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

describe.runIf(REQUIRED)('the npm package (installs from the registry: in CI only)', { timeout: 180_000 }, () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scalelab-package-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('installs globally elsewhere and works there', async () => {
    const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT })
    const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }]
    const paths = files.map((file) => file.path)
    expect(paths).toEqual(
      expect.arrayContaining([
        'scenarios/lb-3.yaml',
        'dist/nodes/api.mjs',
        'dist/nodes/balancer.mjs',
        'dist/nodes/THIRD-PARTY-NOTICES.txt',
        'dist/cli/THIRD-PARTY-NOTICES.txt',
        'dist/load/generator-child.js',
      ]),
    )
    expect(paths.filter((path) => /benchmarks|testing|\.test\.|^src\//.test(path))).toEqual([])

    await run('npm', ['install', '--global', '--prefix', folder, join(folder, filename)], { cwd: folder })
    const env = { ...process.env, SCALELAB_STATE: join(folder, 'state') }
    const scalelab = (...args: string[]) => run(join(folder, 'bin', 'scalelab'), args, { cwd: folder, env })
    expect((await scalelab('list')).stdout).toContain('lb-3')
    expect((await scalelab('compose', 'lb-3')).stdout).toContain('/lib/node_modules/scalelab/dist/nodes/api.mjs')
    const bench = await scalelab(
      'bench',
      'lb-2',
      '--engine',
      'process',
      '--rps',
      '100',
      '--duration',
      '1s',
      '--warmup',
      '0s',
      '--json',
    )
    const record: RunRecord = runRecordSchema.parse(JSON.parse(bench.stdout))
    expect(record.load.ledger.ok).toBe(100)
    expect((await scalelab('ps', '--json')).stdout.trim()).toBe('[]')
  })
})
