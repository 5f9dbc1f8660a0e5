import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Load } from '../../core/load.js'
import { type StackParametersInput, stackParametersSchema } from '../../core/parameters.js'
import { madeUpCalibration } from '../../core/testing/calibration.js'
import { writeCalibration } from '../../store/calibration.js'
import { thisMachine } from '../calibrate/machine.js'
import type { LabContext } from '../context.js'
import { computingNote, expectationsOf } from './expectations.js'

describe('what can be known before a run', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scalelab-expectations-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const common = { warmupMs: 0, connections: 10, timeoutMs: 1_000, clients: 0, seed: 1, workload: null }
  const open = (...rates: number[]): Load => ({
    ...common,
    mode: 'open',
    arrival: 'uniform',
    generators: 1,
    stages: rates.map((rps) => ({ rps, durationMs: 1_000 })),
  })
  const closed: Load = { ...common, mode: 'closed', durationMs: 1_000, generators: 1 }
  const notes = (stateDir: string, load: Load): Promise<string[]> =>
    expectationsOf({ stateDir } as LabContext, { load, parameters: null })

  it.each<[string, Load, RegExp | null]>([
    ['a rate that was driven', open(14_000), null],
    ['one beyond it', open(20_000), /^20,000 requests\/s are beyond/],
    ['the highest stage', open(100, 17_000, 100), /^17,000 requests\/s are 94 % of/],
    ['a closed loop, which offers none', closed, null],
  ])('%s', async (_, load, text) => {
    await writeCalibration(folder, madeUpCalibration({ machine: await thisMachine() }))
    expect(await notes(folder, load)).toEqual(text === null ? [] : [expect.stringMatching(text)])
  })

  it('is nothing without a calibration, or with that of another machine', async () => {
    expect(await notes(join(folder, 'none'), open(1_000_000))).toEqual([])
    const elsewhere = join(folder, 'elsewhere')
    await writeCalibration(elsewhere, madeUpCalibration())
    expect(await notes(elsewhere, open(1_000_000))).toEqual([])
  })
})

describe('instances that compute', () => {
  const parameters = (more: Partial<StackParametersInput>) =>
    stackParametersSchema.parse({ kind: 'balanced', work: { kind: 'cpu', ms: 2 }, ...more })

  it.each<[string, Partial<StackParametersInput>, number, RegExp | null]>([
    ['eight on two processors', { replicas: 8 }, 2, /^8 instances compute .* there are 2 processors .*"host-limited"/],
    ['two on one', { replicas: 2 }, 1, /there is 1 processor for/],
    ['two on a quota of one and a half', { replicas: 2 }, 1.5, /there are 1\.5 processors/],
    ['as many as processors', { replicas: 2 }, 2, null],
    ['eight of a quarter each', { replicas: 8, cpus: 0.25 }, 2, null],
    ['nine of a quarter each', { replicas: 9, cpus: 0.25 }, 2, /^9 instances/],
    ['the calibrated model, which waits', { replicas: 8, work: { kind: 'model' } }, 2, null],
    ['an application of which nothing is known', { replicas: 8, app: { command: 'serve {port}' } }, 2, null],
  ])('%s', (_, more, cores, text) => {
    const found = computingNote(parameters(more), cores)
    expect(found).toEqual(text === null ? [] : [expect.stringMatching(text)])
  })
})
