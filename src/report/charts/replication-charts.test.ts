import { describe, expect, it } from 'vitest'
import type { RunRecord } from '../../core/record.js'
import { replicatedRecord } from '../testing/replicated-records.js'
import { lagAxis } from './axes.js'
import { swarmOffsets } from './dot-rows.js'
import { recoveryTimes } from './drill.js'
import { lagOverTime } from './over-time.js'

const record = replicatedRecord({ standbys: 3 })

function withSeries(change: (point: NonNullable<RunRecord['replication']>['series'][number]) => object): RunRecord {
  const { replication } = record
  if (replication === undefined) throw new Error('a replicated run has replication')
  return {
    ...record,
    replication: { ...replication, series: replication.series.map((point) => ({ ...point, ...change(point) })) },
  }
}

describe('lagOverTime', () => {
  it('draws a line and a dashed one for each standby, named at its end', () => {
    const svg = lagOverTime(record) ?? ''
    for (const i of [0, 1, 2]) {
      expect(svg).toContain(`class="line s${i}"`)
      expect(svg).toContain(`class="line dash1 s${i}"`)
      expect(svg).toContain(`>standby-${i + 1}<`)
    }
  })

  it('leaves gaps where a standby is idle or down, and is no chart where nothing was read', () => {
    const down = lagOverTime(
      withSeries(({ t_ms }) => (t_ms > 5_000 && t_ms < 6_000 ? { heartbeat_ms: null, replay_lag_ms: null } : {})),
    )
    const path = /class="line s0" style="[^"]*" d="([^"]+)"/.exec(down ?? '')?.[1] ?? ''
    expect(path.split('M')).toHaveLength(3)
    expect(lagOverTime(withSeries(() => ({ heartbeat_ms: null, replay_lag_ms: null })))).toBeNull()
    expect(lagOverTime({ ...record, replication: undefined } as unknown as RunRecord)).toBeNull()
  })
})

describe('lagOverTime of a standby that was promoted', () => {
  const line = (svg: string): string => /class="line s0" style="[^"]*" d="([^"]+)"/.exec(svg)?.[1] ?? ''
  const keep = (kept: (t: number) => boolean): RunRecord => {
    const { replication } = record
    if (replication === undefined) throw new Error('a replicated run has replication')
    const series = replication.series.filter(({ id, t_ms }) => id !== 'standby-1' || kept(t_ms))
    return { ...record, replication: { ...replication, series } }
  }

  it('does not draw across the time in which nothing was read', () => {
    expect(line(lagOverTime(record) ?? '').split('M')).toHaveLength(2)
    expect(line(lagOverTime(keep((t) => t < 4_200 || t > 7_800)) ?? '').split('M')).toHaveLength(3)
  })

  it('leads from its end to its label with dots of no colour', () => {
    const leaders = (svg: string): number => svg.split('class="line tie dash2 plan"').length - 1
    expect(leaders(lagOverTime(record) ?? '')).toBe(0)
    expect(leaders(lagOverTime(keep((t) => t < 4_200)) ?? '')).toBe(1)
  })
})

it('ends a chart of lags where the load ended', () => {
  const late = lagOverTime(withSeries(({ t_ms }) => ({ t_ms: t_ms + 4_000 }))) ?? ''
  const xs = [...late.matchAll(/class="line s0" style="[^"]*" d="([^"]+)"/g)].flatMap(([, path = '']) =>
    [...path.matchAll(/[ML]([\d.]+),/g)].map((match) => Number(match[1])),
  )
  expect(xs.length).toBeGreaterThan(10)
  expect(Math.max(...xs)).toBeLessThanOrEqual(730)
})

describe('lagAxis', () => {
  it('is linear for lags of one size, and logarithmic with a place for 0 where one is far longer', () => {
    expect(lagAxis([0, 1, 3, 9]).log).toBeUndefined()
    const { log, scale, ticks } = lagAxis([0, 1, 2, 2, 1_900])
    expect(log).toBe(true)
    expect(ticks.map(({ label }) => label)).toEqual(['0', '1', '10', '100', '1,000', '10,000'])
    expect(scale(0)).toBeCloseTo(0)
    expect(scale(10_000)).toBeCloseTo(1)
    expect(lagAxis([0, 0]).scale(0)).toBeCloseTo(0)
  })
})

describe('recoveryTimes', () => {
  it('writes median, p95, longest, and how many never came', () => {
    const svg = recoveryTimes([{ name: 'RTO', values: [100, 200, 300], never: 2 }], 5)
    expect(svg).toContain('>median 200, p95 300, max 300; never: 2<')
    expect(svg?.match(/<circle/g)).toHaveLength(3)
    expect(recoveryTimes([{ name: 'RTO', values: [], never: 5 }], 5)).toBeNull()
  })

  it('has powers of ten where times span more than two of them', () => {
    const svg = recoveryTimes([{ name: 'all', values: [5, 50, 2_000], never: 0 }], 3)
    for (const label of ['10', '100', '1,000']) expect(svg).toContain(`>${label}</text>`)
    expect(svg).not.toContain('>0</text>')
  })

  it('moves dots off one another as long as there is room', () => {
    const offsets = swarmOffsets([50, 50, 50, 200])
    expect(new Set(offsets.slice(0, 3)).size).toBe(3)
    expect(offsets[3]).toBe(0)
  })
})
