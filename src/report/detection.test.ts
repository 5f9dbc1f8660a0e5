import { expect, it } from 'vitest'
import { renderDetection, renderGuard } from './detection.js'

const row = { interval_ms: 100, misses: 3, watched_ms: 600_000, probes: 6_000, missed: 12, late: 1, false_alarms: 0 }

it('holds detection times against false alarms, the shortest interval first', () => {
  const lines = renderDetection([
    { ...row, detection_ms: [330, 310, 390, 305] },
    { ...row, interval_ms: 50, detection_ms: [], missed: 1_040, false_alarms: 7 },
  ]).split('\n')
  const cells = (line: string | undefined): string[] => (line ?? '').split('|').map((cell) => cell.trim())
  expect(cells(lines[2])).toEqual(['', '50 ms', '3', '0', '-', '-', '-', '10 min 00 s', '6,000', '1,040', '1', '7', ''])
  expect(cells(lines[3])).toEqual([
    '',
    '100 ms',
    '3',
    '4',
    '320 ms',
    '390 ms',
    '390 ms',
    '10 min 00 s',
    '6,000',
    '12',
    '1',
    '0',
    '',
  ])
  expect(lines.at(-1)).toContain('the shorter the interval, the sooner')
})

it('begins the report of a guard with what it did', () => {
  const text = renderGuard({
    stack: 'repl-2',
    watched_ms: 600_000,
    false_alarms: 1,
    failovers: [
      { old: 'primary', promoted: 'standby-1', detected: 'closed socket', took_ms: 1_204, false_alarm: true },
    ],
    settings: [{ ...row, detection_ms: [310] }],
    host: { cores: 2, cpu: 'Example CPU', cpu_share: 0.98 },
  })
  expect(text.split('\n')[2]).toBe('In 10 min 00 s 1 failover, 1 false alarm.')
  expect(text).toMatch(/\| primary +\| standby-1 +\| closed socket +\| +1,204 ms \| false \|/)
  expect(text).toContain('2 cores (Example CPU), 98 % busy on average.')
})
