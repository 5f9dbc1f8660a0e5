import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drillRecord } from '../testing/replicated-records.js'
import { drillMarks } from './drill.js'
import { marksHeight, placeMarks } from './labels.js'
import { latencyOverTime } from './over-time.js'
import { textWidth } from './svg.js'
import { WIDTH } from './theme.js'

const marks = fc.array(
  fc.record({
    x: fc.double({ min: 68, max: 730, noNaN: true }),
    words: fc.constantFrom('fault: kill primary', 'detected +8.4 ms', 'sibling streaming (standby-2) +1,250 ms', 'x'),
  }),
  { maxLength: 12 },
)

describe('placeMarks', () => {
  it('lets no label lie on another or leave the chart, nor on the line of a later mark where it stands right of its own', () => {
    fc.assert(
      fc.property(marks, (wanted) => {
        const placed = placeMarks(wanted)
        expect(placed).toHaveLength(wanted.length)
        const spans = placed.map(({ x, words, end }) => {
          const width = textWidth(words, 12)
          return end ? [x - 4 - width, x - 4] : [x + 4, x + 4 + width]
        })
        for (const [i, one] of placed.entries()) {
          const [left = 0, right = 0] = spans[i] ?? []
          expect(left).toBeGreaterThanOrEqual(0)
          expect(right).toBeLessThanOrEqual(WIDTH)
          for (const [j, other] of placed.entries()) {
            if (i === j) continue
            const [otherLeft = 0, otherRight = 0] = spans[j] ?? []
            if (one.row === other.row) expect(right <= otherLeft || otherRight <= left).toBe(true)
            // A line reaches up to the row of its own label.
            const crosses = other.x > left && other.x < right && other.row >= one.row
            if (!one.end && j > i) expect(crosses).toBe(false)
          }
        }
      }),
    )
  })

  it('needs one row for marks far apart, and a staircase for those together', () => {
    const apart = placeMarks([
      { x: 100, words: 'one' },
      { x: 400, words: 'two' },
    ])
    expect(apart.map(({ row }) => row)).toEqual([0, 0])
    const together = placeMarks([100, 101, 103].map((x) => ({ x, words: 'fenced' })))
    expect(together.map(({ row }) => row)).toEqual([2, 1, 0])
    expect(marksHeight(together)).toBe(3 * marksHeight(apart))
    expect(marksHeight([])).toBe(0)
  })
})

describe('latencyOverTime with named marks', () => {
  const record = drillRecord()
  const { trial } = record
  if (trial === undefined) throw new Error('a drill has a trial')

  it('names the events of a drill in place of numbers, on the clock of the run', () => {
    const svg = latencyOverTime(record, drillMarks(trial)) ?? ''
    expect(svg).toContain('>fault: kill primary<')
    expect(svg).toContain('>first acknowledged write +212 ms<')
    expect(svg).toContain('>sibling streaming (standby-2) +250 ms<')
    expect(svg).not.toContain('numbers: events')
    expect(latencyOverTime(record)).toContain('numbers: events')
    const lines = [...svg.matchAll(/<line x1="([\d.]+)"[^>]*class="mark"/g)].map((match) => Number(match[1]))
    expect(lines).toHaveLength(trial.timeline.length)
    // 8 s of run in 662 pixels from 68 on; the fault strikes at 4.23 s.
    expect(lines[0]).toBeCloseTo(68 + (662 * 4.23) / 8, 0)
  })
})
