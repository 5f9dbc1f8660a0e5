import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { madeUpCalibration } from '../core/testing/calibration.js'
import { calibrationPath, readCalibration, writeCalibration } from './calibration.js'

describe('the calibration of a state folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scalelab-calibration-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is none, then what was last written, whole', async () => {
    const state = join(folder, 'made', 'when needed')
    expect(await readCalibration(state)).toEqual({ kind: 'none' })
    await writeCalibration(state, madeUpCalibration())
    const calibration = madeUpCalibration({ took_ms: 1 })
    await writeCalibration(state, calibration)
    expect(await readCalibration(state)).toEqual({ kind: 'kept', calibration })
    expect(await readdir(state)).toEqual(['calibration.json'])
  })

  it.each([
    ['half of one', JSON.stringify(madeUpCalibration()).slice(0, 200), /^it is damaged: no JSON$/],
    ['nothing', '', /^it is damaged/],
    ['something else', '[1]', /^it is damaged: /],
    ['a wrong figure', JSON.stringify({ ...madeUpCalibration(), took_ms: 'long' }), /^it is damaged at took_ms: /],
    ['one without drives', JSON.stringify({ ...madeUpCalibration(), drives: [] }), /^it is damaged at drives: /],
    ['a newer one', '{"schema":"scalelab/calibration@3"}', /^it was written by a newer scalelab$/],
    ['a record', '{"schema":"scalelab/run@7"}', /^it is damaged at schema: /],
  ])('is unreadable when its file holds %s', async (_, content, reason) => {
    await writeFile(calibrationPath(folder), content)
    expect(await readCalibration(folder)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) })
  })

  it('is unreadable where a folder is in the way', async () => {
    await mkdir(calibrationPath(folder))
    expect(await readCalibration(folder)).toEqual({
      kind: 'unreadable',
      reason: expect.stringContaining('is a folder'),
    })
  })

  it('that cannot be kept is an error of the environment, and leaves nothing behind', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    await chmod(file, 0o600)
    await expect(writeCalibration(file, madeUpCalibration())).rejects.toMatchObject({
      exitCode: 3,
      hint: expect.stringContaining('XDG_STATE_HOME'),
    })
    await mkdir(calibrationPath(folder))
    await expect(writeCalibration(folder, madeUpCalibration())).rejects.toMatchObject({ exitCode: 3 })
    expect((await readdir(folder)).sort()).toEqual(['calibration.json', 'file'])
  })
})
