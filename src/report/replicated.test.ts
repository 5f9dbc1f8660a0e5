import { describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../core/record.js'
import { renderCompared } from './compared.js'
import { renderDrills } from './drills.js'
import { renderReport } from './markdown.js'
import { gathered } from './testing/compared-records.js'
import { expectGolden, expectSound } from './testing/golden.js'
import { drillRecord, judged, replicatedRecord } from './testing/replicated-records.js'

const REPORTS: [string, RunRecord][] = [
  ['replicated', judged(replicatedRecord())],
  ['drill', judged(drillRecord({ lost: 3 }))],
  ['drill-of-standby', judged(drillRecord({ role: 'standby', node: 'standby-1', rtoMs: 0 }))],
  ['drill-of-api', judged(drillRecord({ role: 'api', node: 'api-1', rtoMs: 37.5 }))],
  ['drill-without-recovery', judged(drillRecord({ fault: 'pause', rtoMs: null }))],
]

const trials = (count: number, options: Parameters<typeof drillRecord>[0]): RunRecord[] =>
  Array.from({ length: count }, (_, i) =>
    judged(
      drillRecord({
        ...options,
        seed: 40 + i,
        // Every trial strikes whoever is the primary by then.
        node: ['primary', 'standby-1', 'standby-2'][i % 3] ?? 'primary',
        rtoMs: 170 + ((i * 37) % 140),
        lost: (options?.lost ?? 0) > 0 && i % 5 === 0 ? (options?.lost ?? 0) : 0,
      }),
    ),
  )

const bench = (durability: 'local' | 'on' | 'remote-apply', meanMs: number): RunRecord =>
  judged(replicatedRecord({ database: { durability }, rps: null, meanMs, measuredMs: 4_000 }))

const COMPARISONS: [string, RunRecord[]][] = [
  [
    'durability',
    [
      bench('local', 2),
      ...trials(5, { database: { durability: 'local' }, lost: 4 }),
      bench('on', 2.6),
      ...trials(5, { database: { durability: 'on' } }),
      bench('remote-apply', 3.1),
      ...trials(5, { database: { durability: 'remote-apply' } }),
    ],
  ],
  [
    'reads',
    [
      judged(
        replicatedRecord({ database: { reads: 'primary', query_ms: 2, pool: 1 }, rps: null, meanMs: 2.1, stale: 0 }),
      ),
      judged(replicatedRecord({ database: { reads: 'standbys', query_ms: 2, pool: 1 }, rps: null, meanMs: 1.07 })),
    ],
  ],
  ['one-standby-or-two', [judged(replicatedRecord({ standbys: 1 })), judged(replicatedRecord())]],
]

describe('renderReport of replicated stacks', () => {
  it.each(REPORTS)('gives for %s what the golden file holds', async (name, record) => {
    const report = renderReport(record)
    expectSound(report)
    await expectGolden(name, report)
    const reread = runRecordSchema.parse(JSON.parse(JSON.stringify(record)))
    expect(renderReport(reread)).toEqual(report)
  })

  it('begins a drill with its answer', () => {
    const { markdown } = renderReport(drillRecord({ lost: 3 }))
    expect(markdown.split('\n')[2]).toMatch(
      /^In this drill the primary was killed.* 3 were lost: with durability local .* standby-1 took over: it was promoted 192 ms after the fault, and the first write that it acknowledged came 212 ms after the fault/,
    )
    expect(renderReport(drillRecord({ fault: 'pause', rtoMs: null })).markdown.split('\n')[2]).toMatch(
      /primary was frozen under load\..* none was lost\. No standby took over\./,
    )
    expect(renderReport(drillRecord({ role: 'standby', node: 'standby-1', rtoMs: 0 })).markdown).toContain(
      'No request failed. Of 360 acknowledged writes none was lost.',
    )
  })

  it('does not claim that nothing was lost where nothing could be read back', () => {
    const record = drillRecord()
    const unread = {
      ...record,
      writes: { acknowledged: 9, refused: 0, unknown: 0, lost: null, recovered: null, duplicated: null },
    }
    const { markdown } = renderReport(unread)
    expect(markdown).toContain('Whether acknowledged writes were lost could not be read')
    expect(markdown).not.toContain('none was lost')
    expect(renderDrills([unread], 'x').markdown).toContain('1 trial could not be read back')
  })

  it('has no section on writes where there were none', () => {
    const none = { acknowledged: 0, refused: 0, unknown: 0, lost: [], recovered: 0, duplicated: [] }
    expect(renderReport({ ...replicatedRecord(), writes: none }).markdown).not.toContain('## Writes')
    expect(renderReport(replicatedRecord()).markdown).toContain('## Writes')
  })

  it('lists all ids up to 50, else the first 50 and how many more', () => {
    const lost = (count: number): string => renderReport(drillRecord({ lost: count })).markdown
    expect(lost(50)).toContain('`repl-2-s31-0-889`')
    expect(lost(50)).not.toContain('more (all of them')
    expect(lost(53)).toContain('`repl-2-s31-0-889` and 3 more (all of them are in `run.json`)')
  })

  it('lets no text from outside become markup', () => {
    const evil = '<script>x</script> | ` & "'
    const record = drillRecord({ lost: 1 })
    const { trial, replication } = record
    if (trial === undefined || replication === undefined) throw new Error('a drill has both')
    const report = renderReport({
      ...record,
      replication: {
        ...replication,
        standbys: replication.standbys.map((standby, i) => ({ ...standby, id: `${evil}${i}`, state: evil })),
        series: replication.series.map((point) => ({ ...point, id: evil })),
      },
      trial: {
        ...trial,
        node: evil,
        lost: [evil],
        timeline: trial.timeline.map((event) => ({ ...event, node: evil, detail: evil })),
      },
    })
    expectSound(report)
    for (const text of [report.markdown, ...Object.values(report.charts)]) expect(text).not.toContain('<script')
  })
})

describe('renderDrills', () => {
  const records = trials(12, { lost: 2 })

  it('gives what the golden file holds', async () => {
    const report = renderDrills(
      records,
      'repl-2',
      records.map((_, i) => `../../repl-2/${i}/report.md`),
    )
    expectSound(report)
    await expectGolden('drills', report)
  })

  it('says first how many trials broke off, and counts those without recovery', () => {
    const { trial: _trial, ...broken } = drillRecord()
    const { markdown } = renderDrills([...records, drillRecord({ rtoMs: null }), broken], 'repl-2')
    expect(markdown.split('\n')[2]).toMatch(/^\*\*1 trial broken off\*\*/)
    expect(markdown).toContain('**In 1 trial service did not come back.**')
    expect(markdown).toMatch(/\| first write \(RTO\) +\| +12 \|.* 1 \|\n/)
  })

  it('leaves trials in which it stood still itself out of the times, and says so; all are counted where none ran', () => {
    const paused = {
      check: 'command-paused',
      ok: false,
      value: 3_800,
      limit: 100,
      unit: 'ms',
      meaning: '',
      doubt: 'host-limited',
    }
    const record = drillRecord({ rtoMs: 4_000 })
    const stopped = { ...record, validity: [...record.validity, paused] }
    const { markdown } = renderDrills([...records, stopped], 'repl-2')
    expect(markdown).toContain(
      'in 1 trial this command or its load generator stood still: the times are those of the others.',
    )
    expect(markdown).toContain('(median of 12 trials; p95')
    expect(markdown).toMatch(/\| first write \(RTO\) +\| +12 \|/)
    expect(markdown).toMatch(/\| +13 \|[^\n]* 4,000 \|/)
    const only = renderDrills([stopped, stopped], 'repl-2').markdown
    expect(only).toContain('(median of 2 trials; p95 4,000 ms')
    expect(only).toContain('**In doubt** in at least one trial: host-limited.')
  })

  it('shows the worst trial beside the median, and one without recovery as the worst', () => {
    const rows = (of: RunRecord[]): string => renderDrills(of, 'repl-2').markdown.split('## Verdicts')[1] ?? ''
    expect(rows(records)).toMatch(/\| 234 ms \| 297 ms \(trial 12\) \| pass /)
    const never = judged(drillRecord({ rtoMs: null }))
    expect(rows([...records, never])).toContain('| service did not come back (trial 13) |')
    expect(rows(records.slice(0, 1))).not.toContain('Worst trial')
  })

  it('says of a primary that it was whoever was that then', () => {
    const paused = trials(3, { fault: 'pause' })
    expect(renderDrills(paused, 'repl-2').markdown.split('\n')[0]).toBe('# repl-2: the primary was paused, 3 trials')
    const standby = drillRecord({ role: 'standby', node: 'standby-2', rtoMs: 0 })
    expect(renderDrills([standby], 'repl-2').markdown.split('\n')[0]).toBe('# repl-2: standby-2 was killed, 1 trial')
  })

  it('has nothing to tell of no drill', () => {
    expectSound(renderDrills([replicatedRecord()], 'repl-2'))
  })

  it('tells a drill without failed requests from one without recovery', () => {
    const quiet = drillRecord({ role: 'standby', node: 'standby-2', rtoMs: 0 })
    expect(renderDrills([quiet, quiet], 'repl-2').markdown).toContain(
      'No request failed in 2 trials in which standby-2 was killed',
    )
  })
})

describe('runs of replicated stacks that are put together', () => {
  it.each(COMPARISONS)('gives for %s what the golden file holds', async (name, records) => {
    const report = renderCompared(gathered(records))
    expectSound(report)
    await expectGolden(name, report)
  })

  const namesOf = (records: RunRecord[]): string[] => gathered(records).variants.map(({ name }) => name)

  it('name variants by what differs, runs and drills apart, and repeated drills as one', () => {
    const [, reads = []] = COMPARISONS[1] ?? []
    expect(namesOf(reads)).toEqual(['repl-2 reads=primary', 'repl-2 reads=standbys'])
    expect(namesOf(COMPARISONS[2]?.[1] ?? [])).toEqual(['repl-1', 'repl-2'])
    const both = [...trials(3, {}), ...trials(2, { fault: 'pause' })]
    expect(namesOf(both)).toEqual(['repl-2 kill primary', 'repl-2 pause primary'])
    expect(namesOf([replicatedRecord(), ...both])).toEqual(['repl-2', 'repl-2 kill primary', 'repl-2 pause primary'])
  })

  it('have lag, staleness, losses and recovery beside rates, as far as runs measured them', () => {
    const markdown = (records: RunRecord[]): string => renderCompared(gathered(records)).markdown
    const reads = markdown(COMPARISONS[1]?.[1] ?? [])
    for (const figure of ['mean replication lag', 'replication lag p99', "missed the client's own write"])
      expect(reads).toContain(figure)
    expect(reads).not.toMatch(/RTO|recovery/)
    const drilled = markdown([...trials(3, {}), ...trials(3, { fault: 'pause' })])
    for (const figure of ['recovery time (RTO)', '(RPO)', 'service came back', 'failure was detected'])
      expect(drilled).toContain(figure)
  })

  it('label the chart with what differs alone, so that it is never cut off', () => {
    const latency = renderCompared(gathered(COMPARISONS[1]?.[1] ?? [])).charts['latency.svg']
    for (const label of ['primary', 'standbys']) expect(latency).toContain(`>${label}</text>`)
    expect(latency).toContain(': repl-2 reads</text>')
  })
})
