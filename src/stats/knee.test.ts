import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kneeOf, type Point } from './knee.js'

const curve = (from: number, to: number, steps: number, f: (x: number) => number): Point[] =>
  Array.from({ length: steps + 1 }, (_, i) => from + ((to - from) * i) / steps).map((x) => ({ x, y: f(x) }))

describe('kneeOf', () => {
  it("finds the knee of the paper's figure 2, y = 5 - 1 / (x + 0.1) at ten places, turned to bend upwards", () => {
    // The paper's curve flattens and has its knee at x = 0.22; turned by 180 degrees it rises ever faster.
    const flattening = curve(0, 1, 9, (x) => 5 - 1 / (x + 0.1))
    const turned = flattening.map(({ x, y }) => ({ x: 1 - x, y: 5 - y }))
    expect(1 - (kneeOf(turned)?.x ?? 0)).toBeCloseTo(0.22, 2)
  })

  it.each([0.5, 0.8, 0.9, 0.99])(
    'finds that of 1 / (1 - load) up to %d where calculus puts it, 1 - sqrt(1 - end)',
    (end) => {
      const knee = kneeOf(curve(0, end, 1_000, (x) => 1 / (1 - x)))
      expect(knee?.x).toBeCloseTo(1 - Math.sqrt(1 - end), 2)
    },
  )

  it('finds none where there is no bend, or too little to see one', () => {
    expect(kneeOf([])).toBeNull()
    expect(kneeOf(curve(0, 1, 2, (x) => x ** 8))).toBeNull()
    expect(kneeOf(curve(0, 1, 10, (x) => x))).toBeNull()
    expect(kneeOf(curve(0, 1, 10, () => 7))).toBeNull()
    expect(kneeOf(curve(0, 1, 10, Math.sqrt))).toBeNull()
  })

  it('takes the median of a place, so that one outlier makes no knee', () => {
    const points = curve(0, 0.9, 9, (x) => 1 / (1 - x))
    const outlier = { x: points[3]?.x ?? 0, y: 500 }
    const same = { x: outlier.x, y: points[3]?.y ?? 0 }
    expect(kneeOf([...points, outlier, same])?.x).toBe(kneeOf(points)?.x)
  })

  it('is one of the places, whatever the order and the units', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { minLength: 4, maxLength: 30 }),
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 1, max: 100 }),
        (places, power, factor) => {
          const points = places.map((x) => ({ x, y: (x / 10_000) ** power }))
          const knee = kneeOf(points)
          if (knee === null) return
          expect(places).toContain(knee.x)
          const sorted = points.toSorted((a, b) => b.x - a.x)
          expect(kneeOf(sorted.map(({ x, y }) => ({ x, y: y * 2 ** factor })))?.x).toBe(knee.x)
        },
      ),
    )
  })
})
