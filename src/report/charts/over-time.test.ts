import { describe, expect, it } from 'vitest'
import type { RunRecord, TickRow } from '../../core/record.js'
import { external, lb3, outage } from '../testing/records.js'
import { latencyDistribution } from './distribution.js'
import { latencyOverTime, rateOverTime } from './over-time.js'
import { markedEvents } from './run-clock.js'

const record = lb3()

function withTicks(change: (tick: TickRow, i: number) => TickRow): RunRecord {
  return { ...record, timeline: record.timeline.map(change) }
}

const labels = (svg: string | null): string[] =>
  [...(svg ?? '').matchAll(/<text[^>]*>([^<]*)</g)].map((match) => match[1] ?? '')

describe('latencyOverTime', () => {
  it('draws equal steps from 0, and powers of ten where values span more than two', () => {
    expect(labels(latencyOverTime(record))).toContain('0')
    const spiky = latencyOverTime(withTicks((tick, i) => ({ ...tick, p50_ms: 2, p99_ms: i === 9 ? 960 : 5 })))
    expect(labels(spiky)).toEqual(expect.arrayContaining(['1', '10', '100', '1,000']))
    expect(spiky).toContain('log scale')
    expect(labels(spiky)).not.toContain('200')
  })

  it('leaves a gap where nothing was answered, and no chart where nothing ever was', () => {
    const gap = latencyOverTime(
      withTicks((tick, i) => (i > 5 && i < 9 ? { ...tick, p50_ms: null, p99_ms: null } : tick)),
    )
    const paths = [...(gap ?? '').matchAll(/class="line s[01]" d="([^"]+)"/g)].map((match) => match[1] ?? '')
    expect(paths.map((path) => path.split('M').length - 1)).toEqual([2, 2])
    expect(latencyOverTime(withTicks((tick) => ({ ...tick, p50_ms: null, p99_ms: null })))).toBeNull()
  })

  it('counts long runs in minutes', () => {
    expect(latencyOverTime(withTicks((tick) => ({ ...tick, t_ms: tick.t_ms * 60 })))).toContain('minutes since')
    expect(latencyOverTime(record)).toContain('seconds since')
  })
})

describe('rateOverTime', () => {
  it('labels what it draws: no offered rate in a closed loop, no errors where there were none', () => {
    expect(labels(rateOverTime(record))).toContain('answered')
    expect(labels(rateOverTime(record))).not.toContain('offered')
    expect(labels(rateOverTime(record))).not.toContain('errors')
    expect(labels(rateOverTime(outage()))).toEqual(expect.arrayContaining(['offered', 'answered', 'errors']))
  })

  it('tells the same in words', () => {
    const description = /<desc id="desc">([^<]+)</.exec(rateOverTime(outage()))?.[1]
    expect(description).toMatch(/^Offered 900 requests\/s on average\. Answered between .+ Up to 30\d errors\/s\.$/)
  })
})

describe('markedEvents', () => {
  it('marks from the first warning on, with the numbers of the table', () => {
    expect(markedEvents(outage().events).map(({ number }) => number)).toEqual([2, 3, 4])
    expect(markedEvents(record.events)).toEqual([])
  })
})

describe('latencyDistribution', () => {
  it('draws service time beside response time in an open loop only', () => {
    expect(labels(latencyDistribution(external()))).toEqual(expect.arrayContaining(['response', 'service']))
    expect(labels(latencyDistribution(record))).not.toContain('service')
  })

  it('writes the percentiles of the table beside their dots', () => {
    expect(labels(latencyDistribution(record))).toEqual(
      expect.arrayContaining(['33.5 ms', '84.4 ms', '115 ms', '128 ms']),
    )
  })
})
