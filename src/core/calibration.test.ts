import { describe, expect, it } from 'vitest'
import {
  ageText,
  type Calibration,
  type CalibrationStep,
  calibrationSchema,
  driveOf,
  expectationOf,
  limitText,
  machineText,
  reasonsToRepeat,
} from './calibration.js'
import { madeUpCalibration } from './testing/calibration.js'

const NOW = new Date('2026-03-10T12:00:00Z')
const calibration = madeUpCalibration()

describe('ageText', () => {
  it.each([
    ['2026-03-10T11:59:30Z', 'just now'],
    ['2026-03-10T11:58:59Z', '1 minute ago'],
    ['2026-03-10T07:00:00Z', '5 hours ago'],
    ['2026-03-08T11:00:00Z', '2 days ago'],
    // A clock that was set back.
    ['2026-03-11T11:00:00Z', 'at another time'],
  ])('%s is %s', (at, text) => {
    expect(ageText(at, NOW)).toBe(text)
  })
})

describe('reasonsToRepeat', () => {
  const { machine, scalelab } = calibration
  it.each<[string, Partial<Parameters<typeof reasonsToRepeat>[1]>, RegExp[]]>([
    ['none where nothing has changed', {}, []],
    ['another host', { machine: { ...machine, host: 'other' } }, [/^of another machine \(2 x Some CPU\)$/]],
    ['more cores', { machine: { ...machine, cores: 4 } }, [/another machine/]],
    ['a quota', { machine: { ...machine, quota_cores: 1.5 } }, [/another machine/]],
    ['another Node', { machine: { ...machine, node: 'v24.0.0' } }, [/^with Node v20.1.0, and this is v24.0.0$/]],
    ['another scalelab', { scalelab: '9.9.9' }, [/^of scalelab 0.1.0, and this is 9.9.9$/]],
    ['a month and a day', { now: new Date('2026-04-08T13:00:00Z') }, [/older than 30 days/]],
    ['a month but a day', { now: new Date('2026-04-06T13:00:00Z') }, []],
  ])('%s', (_, change, reasons) => {
    const found = reasonsToRepeat(calibration, { machine, scalelab, now: NOW, ...change })
    expect(found).toEqual(reasons.map((reason) => expect.stringMatching(reason)))
  })
})

describe('expectationOf', () => {
  const two: Calibration = {
    ...calibration,
    drives: [...calibration.drives, { ...calibration.drives[0], generators: 3, rps: 45_000 }] as Calibration['drives'],
  }
  it.each<[number, number, Calibration, RegExp | null]>([
    [14_400, 1, calibration, null],
    [14_401, 1, calibration, /^14,401 requests\/s are 80 % of what this machine can drive: one generator .* 18,000/],
    [18_000, 1, calibration, /are 100 % of what/],
    [
      18_001,
      1,
      calibration,
      /^18,001 requests\/s are beyond this machine: .*\(calibrated 2 days ago\).*"generator-limited".* Lower the rate\.$/,
    ],
    // As many as were tried at most.
    [18_001, 8, calibration, /beyond/],
    [18_001, 1, two, /Lower the rate, or use --generators 3\.$/],
    [40_000, 1, two, /Lower the rate\.$/],
    [18_001, 2, two, /one generator on this machine/],
    [18_001, 3, two, null],
    [46_000, 3, two, /3 generators on this machine drove at most 45,000/],
  ])('%d requests/s by %d', (rps, generators, given, text) => {
    const found = expectationOf(given, { rps, generators, now: NOW })
    if (text === null) expect(found).toBeNull()
    else expect(found?.text).toMatch(text)
    if (found !== null) expect(found.level).toBe(rps > (driveOf(given, generators)?.rps ?? 0) ? 'beyond' : 'near')
  })
})

describe('limitText', () => {
  const step: CalibrationStep = {
    rps: 20_160,
    achieved: 0.91,
    lateness_ms: 7.25,
    cpu: 0.97,
    event_loop_ms: 31,
    failed: null,
  }
  it.each([
    ['generator-lateness', '7.25 ms late (p99) at 20,160/s'],
    ['generator-cpu', 'generator used 97.0 % of a core at 20,160/s'],
    ['generator-event-loop', 'event loop 31 ms late (p99) at 20,160/s'],
    ['offered-rate', '91.0 % answered at 20,160/s'],
  ])('%s: %s', (failed, text) => {
    expect(limitText({ drive: 'api', server: 's', generators: 1, rps: 18_000, limit: { ...step, failed } })).toBe(text)
  })

  it('says when nothing came', () => {
    expect(limitText({ drive: 'api', server: 's', generators: 1, rps: 2e5, limit: null })).toContain('bound')
  })
})

it('a calibration is one by its schema, and names its machine', () => {
  expect(calibrationSchema.parse(calibration)).toEqual(calibration)
  expect(machineText({ ...calibration.machine, quota_cores: 1.5 })).toBe('2 x Some CPU, of which 1.5 allowed')
})
