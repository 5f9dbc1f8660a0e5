import { describe, expect, it } from 'vitest'
import { type DetectionRow, GUARD_SCHEMA, type GuardReport } from '../core/detection.js'
import { renderGuard } from './detection.js'

const row = (intervalMs: number, more: Partial<DetectionRow> = {}): DetectionRow => ({
  interval_ms: intervalMs,
  misses: 3,
  detection_ms: [],
  watched_ms: 600_000,
  probes: 6_000,
  missed: 4,
  late: 1,
  false_alarms: 0,
  ...more,
})

const REPORT: GuardReport = {
  schema: GUARD_SCHEMA,
  stack: 'repl-2',
  started_at: '2026-11-02T10:00:00.000Z',
  length_ms: 600_000,
  freezes: 3,
  acts: true,
  watched_ms: 600_321,
  false_alarms: 0,
  failovers: [],
  settings: [row(100, { detection_ms: [310, 402, 355] }), row(50, { false_alarms: 2 }), row(1_000)],
  host: { cores: 2, cpu: 'Some CPU', cpu_share: 0.972 },
}

/** The cells of a Markdown table's rows, without its head. */
function cells(text: string, first: RegExp): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell]) => first.test(cell ?? ''))
}

const guardText = (report: GuardReport): string => renderGuard(report).markdown

describe('the report of a guard', () => {
  it('holds detection time against false alarms, one row for each setting, the shortest interval first', () => {
    const rows = cells(guardText(REPORT), /\d ms$/)
    expect(rows.map(([interval]) => interval)).toEqual(['50 ms', '100 ms', '1,000 ms'])
    expect(rows[0]?.slice(2)).toEqual(['0', '-', '-', '-', '10 min 00 s', '6,000', '4', '1', '2'])
    expect(rows[1]?.slice(1, 6)).toEqual(['3', '3', '355 ms', '402 ms', '402 ms'])
  })

  it('says how long, how often, and how busy the machine was', () => {
    const text = guardText(REPORT)
    expect(text).toContain('# Guard of repl-2')
    expect(text).toContain(
      'A guard watched the databases of repl-2 for 10 min 00 s, from 2 November 2026, 10:00 UTC on',
    )
    expect(text).toContain('2 cores (Some CPU), 97 % busy on average.')
    expect(guardText({ ...REPORT, host: { ...REPORT.host, cpu_share: null } })).toContain('2 cores (Some CPU).')
    expect(text).toContain('It saw 0 failovers and 0 false alarms.')
    expect(text).not.toContain('new primary')
  })

  it('claims nothing about detection where nothing was frozen', () => {
    const measured = guardText(REPORT)
    expect(measured).toContain('Detection was measured by freezing')
    const text = guardText({
      ...REPORT,
      freezes: 0,
      settings: REPORT.settings.map((r) => ({ ...r, detection_ms: [] })),
    })
    expect(text).not.toContain('Detection was measured')
    expect(text).not.toContain('detection median')
    expect(cells(text, /^50 ms$/)).toEqual([['50 ms', '3', '10 min 00 s', '6,000', '4', '1', '2']])
  })

  it('ends with the command that repeats it', () => {
    const command = (report: GuardReport): string =>
      guardText(report)
        .split('```')[1]
        ?.replace(/\s+\\?\s*/g, ' ') ?? ''
    expect(command(REPORT)).toContain(
      'scalelab guard --stack repl-2 --for 600s --freezes 3 --detect-interval 100ms --detect-misses 3 --compare 50ms,1s',
    )
    const settings = REPORT.settings.slice(0, 1)
    expect(command({ ...REPORT, length_ms: null, freezes: 0, acts: false, watched_ms: 7_600, settings })).toContain(
      "--for 8s --observe --detect-interval 100ms --detect-misses 3 --compare ''",
    )
  })

  it('lists its failovers, and which of them were for nothing', () => {
    const failovers = [
      {
        old: 'primary',
        promoted: 'standby-1',
        detected: '3 probes unanswered',
        promoted_ms: 140,
        took_ms: 812,
        false_alarm: true,
      },
      {
        old: 'standby-1',
        promoted: 'primary',
        detected: 'connection closed | gone',
        promoted_ms: 70,
        took_ms: 90,
        false_alarm: false,
      },
    ]
    const text = guardText({ ...REPORT, failovers, false_alarms: 1 })
    expect(text).toContain('It saw 2 failovers and 1 false alarm.')
    expect(cells(text, /^(primary|standby-1)$/)).toEqual([
      ['primary', 'standby-1', '3 probes unanswered', '140 ms', '812 ms', 'false'],
      expect.arrayContaining(['standby-1', 'true']),
    ])
  })
})
