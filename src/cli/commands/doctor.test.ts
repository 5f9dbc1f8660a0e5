import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Calibration, calibrationSchema } from '../../core/calibration.js'
import type { RunRecord } from '../../core/record.js'
import { madeUpCalibration } from '../../core/testing/calibration.js'
import { thisMachine } from '../../lab/calibrate/machine.js'
import { calibrationPath, writeCalibration } from '../../store/calibration.js'
import { CommandLine } from '../testing/command-line.js'

interface Examined {
  findings: { what: string; ok: boolean; found: string; fix: string | null }[]
  calibration: Calibration | null
}

describe('doctor', () => {
  let cli: CommandLine
  let state: string
  beforeAll(async () => {
    cli = await CommandLine.create()
    state = join(cli.folder, 'state')
  })
  afterAll(() => cli.dispose())

  const examined = async () => {
    const { findings, calibration } = await cli.json<Examined>('doctor', '--json')
    return { finding: findings.find(({ what }) => what === 'calibration'), calibration }
  }

  // On a busy machine it takes longer than it should: other programs make room when they please.
  it('--calibrate measures what this machine drives, and keeps it', { timeout: 90_000 }, async (context) => {
    const outcome = await cli.run(['doctor', '--calibrate', '--duration', '5s', '--json'])
    expect(await cli.survivors()).toEqual([])
    if (outcome.code === 4) {
      // So busy that not even the lowest rate leaves on time: there is nothing to keep.
      expect(JSON.parse(outcome.stdout)).toMatchObject({
        error: { message: expect.stringContaining('could be sent on schedule') },
      })
      expect(await readdir(state)).not.toContain('calibration.json')
      context.skip('the machine is too busy to calibrate')
    }
    expect(outcome.code).toBe(0)
    const measured = calibrationSchema.parse(JSON.parse(outcome.stdout))
    expect(JSON.parse(await readFile(calibrationPath(state), 'utf8'))).toEqual(measured)
    expect(measured.machine).toEqual(await thisMachine())
    expect(measured.drives[0]).toMatchObject({ drive: 'generator', generators: 1 })
    for (const { rps, limit } of measured.drives) {
      expect(rps).toBeGreaterThanOrEqual(500)
      if (limit !== null) expect(limit.rps).toBeGreaterThan(rps)
    }
    expect(measured.noise.variation).toBeGreaterThan(0)
    const { finding, calibration } = await examined()
    expect(finding).toMatchObject({
      ok: true,
      found: expect.stringMatching(/^1 generator drives [\d,]+.*requests\/s.*\((just now|1 minute ago)\)$/),
    })
    expect(calibration).toEqual(measured)
  })

  it('takes everything down when a calibration is interrupted, and keeps none', async () => {
    await rm(calibrationPath(state), { force: true })
    const outcome = await cli.run(['doctor', '--calibrate', '--duration', '60s'], {
      onStart: (child) => {
        child.stderr?.on('data', (text: string) => {
          if (String(text).includes('1 generator')) void pause(300).then(() => child.kill('SIGINT'))
        })
      },
    })
    expect(outcome.code).toBe(130)
    expect(await cli.survivors()).toEqual([])
    expect(await readdir(state)).not.toContain('calibration.json')
    expect(await cli.json('ps', '--json')).toEqual([])
  })

  it('says what is wrong with a calibration', async () => {
    expect((await examined()).finding).toMatchObject({
      ok: false,
      found: 'none yet',
      fix: expect.stringContaining('scalelab doctor --calibrate'),
    })
    await writeCalibration(state, madeUpCalibration())
    expect((await examined()).finding).toMatchObject({
      ok: false,
      found: expect.stringMatching(
        /18,000 requests\/s, 9,000 through the balancer .*; of another machine .*older than 30 days/,
      ),
    })
    await writeFile(calibrationPath(state), '{')
    expect((await examined()).finding).toMatchObject({ ok: false, found: expect.stringContaining('it is damaged') })
  })

  it.each([
    [['--duration', '5s'], /--duration is that of a calibration[\s\S]*--calibrate/],
    [['--calibrate', '--duration', '1s'], /--duration: 1s is not from 5s to 10m/],
    [['--calibrate', '--duration', 'long'], /"long" is not a duration/],
  ])('%j is a usage error', async (flags, message) => {
    const outcome = await cli.run(['doctor', ...flags])
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toMatch(message)
  })

  it('has a run beyond it warned of, on the terminal and in its record', async () => {
    const [drive] = madeUpCalibration().drives
    if (drive === undefined) throw new Error('no drive')
    const measured_at = new Date().toISOString()
    const machine = await thisMachine()
    await writeCalibration(state, madeUpCalibration({ machine, measured_at, drives: [{ ...drive, rps: 100 }] }))
    const flags = ['--engine', 'process', '--rps', '150', '--duration', '1s', '--warmup', '0s', '--quiet']
    const outcome = await cli.run(['bench', 'single', ...flags])
    expect(outcome.code).toBe(0)
    const warning = /150 requests\/s are beyond this machine: one generator .* at most 100 requests\/s \(calibrated/
    expect(outcome.stderr).toMatch(warning)
    const record = JSON.parse(await readFile(join(cli.folder, 'reports/single/latest/run.json'), 'utf8')) as RunRecord
    expect(record.environment.notes).toContainEqual(expect.stringMatching(warning))
    // A run of a second can tell nothing of drift, and says so.
    expect(record.validity.find(({ check }) => check === 'rate-drift')).toMatchObject({ value: null, ok: true })
  })
})
