import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventMarks, spread } from './labels.js'

describe('spread', () => {
  it('leaves alone what is apart already', () => {
    expect(spread([10, 50, 90], 18, 0, 100)).toEqual([10, 50, 90])
  })

  it('parts what lies together and stays inside', () => {
    expect(spread([50, 50], 18, 0, 100)).toEqual([50, 68])
    expect(spread([99, 100], 18, 0, 100)).toEqual([82, 100])
  })

  it('keeps distance, bounds and order wherever there is room', () => {
    const positions = fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(positions, (wanted) => {
        const result = spread(wanted, 18, 0, 300)
        const sorted = result.toSorted((a, b) => a - b)
        for (const [i, position] of sorted.entries()) {
          expect(position).toBeGreaterThanOrEqual(-1e-9)
          expect(position).toBeLessThanOrEqual(300 + 1e-9)
          if (i > 0) expect(position - (sorted[i - 1] ?? 0)).toBeGreaterThanOrEqual(18 - 1e-9)
        }
        for (const [i, a] of wanted.entries()) {
          for (const [j, b] of wanted.entries()) if (a < b) expect(result[i]).toBeLessThan(result[j] ?? 0)
        }
      }),
    )
  })
})

describe('eventMarks', () => {
  it('draws a line per event, and one number for those that stand too close', () => {
    const marks = eventMarks(
      [
        { number: 2, x: 100 },
        { number: 3, x: 104 },
        { number: 4, x: 300 },
      ],
      80,
      280,
    )
    const numbers = marks.flatMap((mark) => [...mark.matchAll(/>([\d–]+)</g)].map((match) => match[1]))
    expect(numbers).toEqual(['2–3', '4'])
    expect(marks.filter((mark) => mark.startsWith('<line'))).toHaveLength(3)
  })
})
