import { describe, expect, it } from 'vitest'
import type { TickRow } from '../core/record.js'
import { drawBar, drawColumns, timeColumns } from './chart.js'
import { createLook } from './style.js'

const { glyphs } = createLook({ colour: false })
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const mean = (values: readonly number[]): number => sum(values) / values.length

function ticks(rates: readonly number[], tickMs = 500): TickRow[] {
  return rates.map((rate, index) => ({
    t_ms: (index + 1) * tickMs,
    offered_rps: null,
    achieved_rps: rate,
    errors_per_s: 0,
    p50_ms: null,
    p99_ms: null,
    max_ms: null,
  }))
}

describe('timeColumns', () => {
  const rate = (tick: TickRow): number => tick.achieved_rps

  it('fills from the left over the whole run, the future empty', () => {
    expect(timeColumns(ticks([1, 2]), rate, 4, 2_000, mean)).toEqual([1, 2, null, null])
  })

  it('puts ticks together that share a column', () => {
    expect(timeColumns(ticks([1, 3, 5, 7]), rate, 2, 2_000, mean)).toEqual([2, 6])
  })

  it('stretches a tick over the columns it covers', () => {
    expect(timeColumns(ticks([1, 2]), rate, 8, 1_000, mean)).toEqual([1, 1, 1, 1, 2, 2, 2, 2])
  })

  it('shows the last part of a run that its history does not reach back over', () => {
    const all = ticks(Array.from({ length: 1_000 }, (_, index) => index))
    const columns = timeColumns(all.slice(-600), rate, 60, 3_600_000, mean)
    expect(columns).not.toContain(null)
    expect(columns[0]).toBeLessThan(420)
    expect(columns[59]).toBeGreaterThan(980)
  })

  it('leaves out what was not measured, and has no columns without room', () => {
    expect(timeColumns(ticks([1, 2]), () => null, 3, 1_000, mean)).toEqual([null, null, null])
    expect(timeColumns([], rate, 2, 1_000, mean)).toEqual([null, null])
    expect(timeColumns(ticks([1]), rate, 0, 1_000, mean)).toEqual([])
  })
})

describe('drawColumns', () => {
  it('draws eighths of a line', () => {
    expect(drawColumns([0, 1, 4, 8, null], 8, 1, glyphs)).toEqual([' ▁▄█·'])
  })

  it('stacks lines', () => {
    expect(drawColumns([8, 4, 1, null], 8, 2, glyphs)).toEqual(['█   ', '██▂·'])
  })

  it('shows the smallest value above nothing, and bounds the largest', () => {
    expect(drawColumns([0.001, 99], 8, 1, glyphs)).toEqual(['▁█'])
    expect(drawColumns([0], 0, 1, glyphs)).toEqual([' '])
  })
})

describe('drawBar', () => {
  it.each([
    [0, '    '],
    [0.5, '██  '],
    [0.28, '█▏  '],
    [1, '████'],
    [7, '████'],
    [-1, '    '],
  ])('%d of 4 cells', (share, bar) => {
    expect(drawBar(share, 4, glyphs)).toBe(bar)
  })
})
