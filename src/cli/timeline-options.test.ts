import { describe, expect, it } from 'vitest'
import { labErrorOf } from '../core/testing/thrown.js'
import { timelineOf } from './timeline-options.js'

/** Moments and actions, as `--at` has them. */
const linesOf = (fault: string[]): string[] =>
  timelineOf({ fault }, {}).map(({ atMs, action }) => `${atMs}ms ${action.text}`)

describe('timelineOf', () => {
  it('is that of the scenario, where no flag gives another', () => {
    const scenario = { timeline: [{ at: 5_000, do: 'kill api-2' }] }
    expect(timelineOf({}, {})).toEqual([])
    expect(timelineOf({}, scenario)).toMatchObject([{ atMs: 5_000, action: { text: 'kill api-2' } }])
    expect(timelineOf({ at: ['1s freeze api-1'] }, scenario)).toMatchObject([{ action: { text: 'freeze api-1' } }])
  })

  it('says where in the scenario a mistake is', () => {
    const error = labErrorOf(() => timelineOf({}, { timeline: [{ at: 5_000, do: 'kil api-2' }] }))
    expect(error.message).toBe('timeline: 5s kil api-2: unknown action "kil"')
  })

  it('reads --fault as two moments', () => {
    expect(linesOf(['kill:api-2@5s+1s', 'pause:balancer@0s+250ms', 'stop:api-1@1.5m+2h'])).toEqual([
      ...['5000ms kill api-2', '6000ms restore api-2'],
      ...['0ms freeze balancer', '250ms restore balancer'],
      ...['90000ms stop api-1', '7290000ms restore api-1'],
    ])
  })

  it.each([
    ['', 'cannot read ""', 'Write fault:node@when+length'],
    ['kill', 'cannot read "kill"', 'Write fault:node@when+length'],
    ['kill:api-2', 'cannot read', 'Write fault:node@when+length'],
    ['kill:api-2@5s', 'cannot read', 'Write fault:node@when+length'],
    ['kill:api-2@5+1', 'cannot read', 'Write fault:node@when+length'],
    ['kill:api-2@-5s+1s', 'cannot read', 'Write fault:node@when+length'],
    ['kill:@5s+1s', 'cannot read', 'Write fault:node@when+length'],
    ['kil:api-2@5s+1s', 'unknown fault "kil"', 'Did you mean "kill"?'],
    ['burn:api-2@5s+1s', 'unknown fault "burn"', 'Allowed: kill, stop, pause'],
    ['kill:api-2@5sec+1s', '--fault: "5sec" is not a duration', '10s'],
    ['kill:api-2@5s+1.2.3s', '--fault: "1.2.3s" is not a duration', '10s'],
  ])('refuses %j', (text, message, hint) => {
    const error = labErrorOf(() => linesOf(['kill:api-1@1s+1s', text]))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
  })
})
