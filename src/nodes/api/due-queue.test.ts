import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DueQueue } from './due-queue.js'

it('gives back what is due, the earliest first, whatever came in between', () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ now: fc.integer({ min: 0, max: 60 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new DueQueue<number>()
      const expected: number[] = []
      for (const action of steps) {
        if ('push' in action) {
          queue.push(action.push, action.push)
          expected.push(action.push)
          expected.sort((a, b) => a - b)
        } else {
          const first = expected[0]
          const due = first !== undefined && first <= action.now
          expect(queue.popDue(action.now)).toBe(due ? expected.shift() : undefined)
        }
        expect(queue.size).toBe(expected.length)
        expect(queue.nextDue).toBe(expected[0] ?? Number.POSITIVE_INFINITY)
      }
    }),
  )
})
