import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runRecordSchema } from '../../core/record.js'
import { fakeAdapters, InProcess } from '../testing/in-process.js'

// What commands do, on made-up stacks under made-up load: in milliseconds, and with no process started.

let cli: InProcess
beforeEach(() => {
  cli = new InProcess(fakeAdapters())
})
afterEach(() => cli.dispose())

const states = async (): Promise<string[]> =>
  (await cli.json<{ stack: string; id: string; state: string }[]>('ps', '--json')).map(
    ({ stack, id, state }) => `${stack}/${id} ${state}`,
  )

describe('up, ps and down', () => {
  it('bring stacks up, list them and take them down', async () => {
    expect(await cli.ok('up', 'lb-2', '--engine', 'process')).toContain('lb-2')
    await cli.ok('up', 'single', '--engine', 'process', '--name', 'other')
    expect(await states()).toEqual(
      expect.arrayContaining([
        'lb-2/balancer running',
        'lb-2/api-1 running',
        'lb-2/api-2 running',
        'other/api-1 running',
      ]),
    )
    expect(await cli.run(['down'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/lb-2[\s\S]*other/) })
    await cli.ok('down', 'other')
    expect((await states()).every((line) => line.startsWith('lb-2/'))).toBe(true)
    await cli.ok('down')
    expect(await states()).toEqual([])
  })

  it('say that Docker is not there, and what helps', async () => {
    const outcome = await cli.run(['up', 'lb-2', '--engine', 'docker'])
    expect(outcome).toMatchObject({
      code: 3,
      stderr: 'error: Docker cannot run this: no Docker daemon answers\n  Start it\n',
    })
    expect(await states()).toEqual([])
  })
})

describe('bench', () => {
  it('measures a stack of its own, writes everything and leaves nothing', async () => {
    const out = join(cli.folder, 'reports')
    const record = runRecordSchema.parse(
      await cli.json(
        'bench',
        'lb-3',
        '--engine',
        'process',
        '--rps',
        '300',
        '--duration',
        '2s',
        '--out',
        out,
        '--json',
      ),
    )
    expect(record).toMatchObject({ status: 'complete', scenario: 'lb-3', load: { mode: 'open', offered_rps: 300 } })
    expect(record.load.ledger.ok).toBe(record.load.ledger.due)
    expect(record.instances.map(({ id }) => id)).toEqual(['api-1', 'api-2', 'api-3'])
    expect(await readdir(join(out, 'lb-3', 'latest'))).toEqual(expect.arrayContaining(['run.json', 'report.md']))
    expect(await states()).toEqual([])
  })

  it('does to the stack what the timeline says, and takes it back', async () => {
    await cli.ok('up', 'lb-3', '--engine', 'process')
    const flags = ['--rps', '100', '--duration', '2s', '--warmup', '0s', '--out', join(cli.folder, 'reports'), '--json']
    const record = runRecordSchema.parse(await cli.json('bench', ...flags, '--at', '0s kill api-2'))
    expect(record.actions?.map(({ action, by }) => `${action} (${by})`)).toEqual([
      'kill api-2 (timeline)',
      'restore api-2 (end)',
    ])
    expect(await states()).toContain('lb-3/api-2 running')
  })
})
