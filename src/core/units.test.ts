import { describe, expect, it } from 'vitest'
import { LabError } from './errors.js'
import {
  dayAndTime,
  formatDuration,
  formatNumber,
  formatProbability,
  formatRatio,
  formatShare,
  fromTo,
  parseDuration,
} from './units.js'

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['0s', 0],
    [' 3s ', 3_000],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDuration(text, '--duration')).toBe(ms)
  })

  it.each(['', '10', 's', '-1s', '1 s', '10sec', '1e3s', '.5s', '1.s'])('refuses %j and names the option', (text) => {
    expect(() => parseDuration(text, '--duration')).toThrow(LabError)
    expect(() => parseDuration(text, '--duration')).toThrow('--duration')
  })
})

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [0.34, '0.34 ms'],
    [850, '850 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [12_000, '12.0 s'],
    [59_940, '59.9 s'],
    [59_999, '1 min 00 s'],
    [125_000, '2 min 05 s'],
    [3_600_000, '60 min 00 s'],
  ])('writes %d ms as %j', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})

describe('formatNumber', () => {
  it.each([
    [1_498.4, '1,498'],
    [1_234_567, '1,234,567'],
    [40.24, '40.2'],
    [40, '40'],
    [3.456, '3.46'],
    [0.345, '0.35'],
    [0.0043, '0.0043'],
    [0.00000012, '1.2e-7'],
    [-3.5, '-3.5'],
    [0, '0'],
    [-0, '0'],
    [Number.NaN, '-'],
    [Number.POSITIVE_INFINITY, '-'],
  ])('writes %d as %j', (value, text) => {
    expect(formatNumber(value)).toBe(text)
  })
})

describe('formatShare', () => {
  it.each([
    [1 / 3, '33.3 %'],
    [0, '0.0 %'],
    [1, '100.0 %'],
    [Number.NaN, '-'],
  ])('writes %d as %j', (share, text) => {
    expect(formatShare(share)).toBe(text)
  })
})

describe('formatProbability', () => {
  it.each([
    [0.0423, '0.042'],
    [0.0001, '< 0.001'],
    [0, '< 0.001'],
    [0.9995, '> 0.999'],
    [1, '> 0.999'],
    [1.1, '-'],
    [Number.NaN, '-'],
  ])('writes %d as %j', (p, text) => {
    expect(formatProbability(p)).toBe(text)
  })
})

describe('formatRatio', () => {
  it.each([
    [2.906, '2.91x'],
    [0.3, '0.30x'],
    [1, '1.00x'],
    [9.996, '10.0x'],
    [12.44, '12.4x'],
    [99.97, '100x'],
    [1234.5, '1,235x'],
    [Number.POSITIVE_INFINITY, '-'],
  ])('writes %d as %j', (ratio, text) => {
    expect(formatRatio(ratio)).toBe(text)
  })
})

describe('moments for people', () => {
  it.each([
    ['2025-11-20T10:15:00.123Z', '20 November 2025, 10:15 UTC'],
    ['2025-01-02T00:05:59.999Z', '2 January 2025, 00:05 UTC'],
    ['2025-11-20T10:15:00+02:00', '20 November 2025, 08:15 UTC'],
    ['soon', 'an unknown time'],
  ])('%s is %s', (iso, words) => {
    expect(dayAndTime(iso)).toBe(words)
  })

  it.each([
    ['2025-11-20T10:15:00.000Z', '2025-11-20T10:19:12.000Z', '20 November 2025, 10:15 to 10:19 UTC'],
    ['2025-11-20T10:15:00.000Z', '2025-11-20T10:15:12.000Z', '20 November 2025, 10:15 UTC'],
    [
      '2025-11-20T23:59:00.000Z',
      '2025-11-21T00:01:00.000Z',
      '20 November 2025, 23:59 UTC to 21 November 2025, 00:01 UTC',
    ],
    ['2025-11-20T10:15:00.000Z', null, 'since 20 November 2025, 10:15 UTC'],
  ])('from %s to %s', (from, to, words) => {
    expect(fromTo(from, to)).toBe(words)
  })
})
