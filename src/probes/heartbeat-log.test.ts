import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeartbeatLog } from './heartbeat-log.js'

function logOf(beats: readonly (readonly [number, number])[]): HeartbeatLog {
  const log = new HeartbeatLog()
  for (const [sequence, at] of beats) log.acknowledged(sequence, at)
  return log
}

describe('HeartbeatLog', () => {
  const log = logOf([
    [1, 100],
    [2, 200],
    [5, 300],
  ])

  it.each([
    ['shows all', 5, 350, 0],
    ['lacks the last', 2, 350, 50],
    ['lacks one and all after it', 1, 350, 150],
    ['lacks everything', 0, 350, 250],
    ['shows a number between two beats', 3, 350, 50],
    ['was sent before the beat was acknowledged', 2, 290, 0],
    ['shows what was never acknowledged', 9, 350, 0],
  ])('of a read that %s', (_, sequence, sentAt, lag) => {
    expect(log.lag(sequence, sentAt)).toBe(lag)
  })

  it('takes no late news of an earlier beat', () => {
    const late = logOf([
      [5, 300],
      [4, 310],
    ])
    expect(late.last).toEqual({ sequence: 5, at: 300 })
    expect(new HeartbeatLog().lag(0, 1_000)).toBe(0)
  })

  it('is never more than what a standby that applies late lacks, and as much at the right moment', () => {
    const delay = fc.integer({ min: 0, max: 1_000 })
    const beats = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(delay, beats, fc.nat(20_000), (late, gaps, sentAt) => {
        let at = 0
        const times = gaps.map((gap) => {
          at += gap
          return at
        })
        const log = logOf(times.map((time, index) => [index + 1, time]))
        const shown = (moment: number): number => times.filter((time) => time + late <= moment).length
        expect(log.lag(shown(sentAt), sentAt)).toBeLessThanOrEqual(late)
        const [first = 0] = times
        const before = first + late - 1
        if (late > 1) expect(log.lag(shown(before), before)).toBe(late - 1)
      }),
    )
  })
})
