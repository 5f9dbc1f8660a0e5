import { describe, expect, it } from 'vitest'
import { Turns } from './turns.js'

describe('turns', () => {
  it.each([
    [1, 1],
    [2, 2],
    [Number.POSITIVE_INFINITY, 5],
  ])('of %d at once let %d run, in order, and go on after a failure', async (atOnce, expected) => {
    const turns = new Turns(atOnce)
    const order: number[] = []
    let running = 0
    let most = 0
    const results = await Promise.allSettled(
      [0, 1, 2, 3, 4].map((index) =>
        turns.take(async () => {
          order.push(index)
          most = Math.max(most, ++running)
          await new Promise((resolve) => setImmediate(resolve))
          running--
          if (index % 2 === 1) throw new Error(`no ${index}`)
          return index
        }),
      ),
    )
    expect(order).toEqual([0, 1, 2, 3, 4])
    expect(most).toBe(expected)
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, false, true])
    expect(await turns.take(async () => 'again')).toBe('again')
  })
})
