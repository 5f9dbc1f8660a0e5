import { describe, expect, it } from 'vitest'
import type { RunRecord } from '../core/record.js'
import { changesBetween } from './changes.js'
import { renderDiff } from './diff.js'
import { expectGolden, expectSound } from './testing/golden.js'
import { makeRecord } from './testing/made-up-record.js'
import { doubtful, lb3, single } from './testing/records.js'

const older = lb3()

/** The same on another day, with what changed. */
function later(seed: number, change: (record: RunRecord) => RunRecord = (record) => record): RunRecord {
  const record = makeRecord({
    scenario: 'lb-3',
    queue: { seed, instances: 3, meanMs: 2, connections: 60 },
    measuredMs: 10_000,
  })
  return change({
    ...record,
    id: `lb-3-${seed}`,
    seed: older.seed,
    started_at: '2025-11-24T10:00:00.000Z',
    ended_at: '2025-11-24T10:00:12.000Z',
    verdicts: older.verdicts,
  })
}

const upgraded = (record: RunRecord): RunRecord => ({
  ...record,
  environment: { ...record.environment, software: { ...record.environment.software, nginx: '1.24.0' } },
  verdicts: record.verdicts.map((verdict, i) => (i === 0 ? { ...verdict, result: 'fail', measured: 1_290 } : verdict)),
})

const slower = (record: RunRecord): RunRecord => ({
  ...record,
  load: { ...record.load, achieved_rps: record.load.achieved_rps * 0.7 },
})

describe('renderDiff', () => {
  it('gives what the golden file holds', async () => {
    const report = renderDiff({
      older,
      newer: later(2, upgraded),
      sources: ['../../lb-3/2025-11-20/report.md', '../../lb-3/2025-11-24/report.md'],
    })
    expectSound(report)
    await expectGolden('diff', report)
  })

  const answer = (input: Parameters<typeof renderDiff>[0]): string => renderDiff(input).markdown.split('\n')[2] ?? ''

  it('gives no verdict from one run each, and says why', () => {
    expect(answer({ older, newer: later(2) })).toContain('With one run each nobody can tell a change')
    expect(answer({ older, newer: later(2) })).toContain('Nothing that the records tell of was changed in between')
    expect(renderDiff({ older, newer: later(2, slower) }).markdown).not.toMatch(/\b(better|worse)\b/)
  })

  it('holds the difference against the scatter of repeats, where there are any', () => {
    const old = [3, 4, 5].map((seed) => later(seed))
    const recent = [6, 7, 8].map((seed) => later(seed, slower))
    const far = renderDiff({ older, newer: later(2, slower), repeats: { old, new: recent } })
    expectSound(far)
    expect(far.markdown).toMatch(/Changed by more than repeats scatter: achieved rate \(worse\)/)
    expect(far.markdown).toMatch(/\| achieved rate .* beyond the scatter of repeats \|/)
    expect(answer({ older, newer: later(2), repeats: { old: old.slice(1), new: [] } })).toContain(
      'With 3 older and 1 newer runs nobody can tell',
    )
  })

  it('says what is in doubt, or not the same thing', () => {
    expect(answer({ older, newer: doubtful() })).toContain(
      'The newer run is generator-limited and the newer run is host-limited, so no difference here is laid to the system.',
    )
    expect(answer({ older: single(), newer: older })).toContain('asked different things')
  })
})

describe('changesBetween', () => {
  it('finds nothing between a run and its repeat', () => {
    expect(changesBetween(older, older)).toEqual([])
  })

  it('takes what the machine does by itself for no change', () => {
    const rebooted: RunRecord = {
      ...older,
      started_at: '2025-11-25T08:00:00.000Z',
      load: { ...older.load, measured_ms: older.load.measured_ms + 140 },
      environment: { ...older.environment, memory_mib: older.environment.memory_mib - 9 },
    }
    expect(changesBetween(older, rebooted)).toEqual([])
  })

  it('names versions, seeds, parameters and the machine, each once', () => {
    const changed: RunRecord = {
      ...older,
      seed: 7,
      parameters: { ...older.parameters, port: 8_081, app_ready: '/health', replicas: 4 },
      nodes: [...older.nodes, { id: 'api-4', role: 'api', program: 'api' }],
      load: { ...older.load, timeout_ms: 5_000, generators: 2 },
      environment: { ...older.environment, memory_mib: 16_000, software: { haproxy: '2.6' } },
    }
    const found = changesBetween(older, changed)
    expect(found.map(({ what }) => what).toSorted()).toEqual(
      [
        ...['instances', 'timeout', 'generators', 'seed', 'memory of the machine', 'app_ready'],
        ...['nginx', 'haproxy'],
      ].toSorted(),
    )
    expect(found.find(({ what }) => what === 'haproxy')).toMatchObject({ kind: 'laboratory', old: '-', new: '2.6' })
    expect(found.find(({ what }) => what === 'instances')).toMatchObject({ kind: 'stack', old: '3', new: '4' })
  })
})
