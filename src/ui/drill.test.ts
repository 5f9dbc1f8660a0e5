import { describe, expect, it } from 'vitest'
import type { Trial } from '../core/trial.js'
import { checked } from '../core/validity.js'
import { drillLines } from './drill.js'

const LOOK = { colour: false, width: 100 }

const TRIAL: Trial = {
  node: 'primary',
  role: 'primary',
  fault: 'kill',
  promoted: 'standby-1',
  rto_ms: 181.6,
  detected_ms: 12.4,
  promoted_ms: 150,
  back_ms: 1_500.2,
  back_after_failover_ms: 1_318.6,
  acknowledged: 420,
  lost: [],
  refused: 2,
  unknown: 3,
  recovered: 1,
  duplicated: [],
  diverged: null,
  stale_reads: 4,
  backwards_reads: 0,
  failed_requests: 5,
  timeline: [
    { t_ms: 990.4, event: 'first failed request', node: null, detail: 'reset' },
    { t_ms: 1_000, event: 'fault', node: 'primary', detail: 'kill' },
    { t_ms: 1_012.4, event: 'detected', node: 'primary', detail: 'connection closed, nobody listens' },
    { t_ms: 1_181.6, event: 'first acknowledged write', node: 'standby-1', detail: null },
  ],
}

describe('a drill in the terminal', () => {
  it('is its timeline, counted from the fault, and what it cost', () => {
    expect(drillLines(TRIAL, true, [checked('host-steal', 0.2, 0.05)], LOOK)).toEqual([
      '',
      '   -10 ms  first failed request                reset',
      '     0 ms  fault primary                       kill',
      '    12 ms  detected primary                    connection closed, nobody listens',
      '   182 ms  first acknowledged write standby-1',
      '',
      'RTO 182 ms: from the fault to the first write that standby-1 acknowledged.',
      'Writes: 420 acknowledged, 0 of them lost; 2 refused; 3 unknown, 1 of them there.',
      '5 requests failed.',
      '4 reads missed a write that the same client had been told of.',
      'primary was back 1,500 ms after the fault.',
      '',
      'HOST-LIMITED: no verdict on the system, and no winner is named.',
      '! host-steal 20.0 % (limit 5.0 %): the hypervisor gave processor time to others.',
    ])
  })

  it('that was broken off says nothing of what it cost', () => {
    const text = drillLines({ ...TRIAL, rto_ms: null }, false, [], LOOK).join('\n')
    expect(text).toContain('broken off')
    expect(text).not.toContain('Service did not come back')
  })

  const last = (trial: Partial<Trial>): string =>
    drillLines({ ...TRIAL, ...trial, timeline: [] }, true, [], LOOK).join('\n')

  it('names lost writes, three of them, and those made twice', () => {
    expect(last({ lost: ['a', 'b'] })).toContain('2 of them lost (a, b);')
    const many = last({ lost: ['a', 'b', 'c', 'd', 'e'], duplicated: ['x'] })
    expect(many).toContain('5 of them lost (a, b, c and 2 more);')
    expect(many).toContain('1 of them there; 1 made twice.')
  })

  it.each<[Partial<Trial>, string]>([
    [{ rto_ms: null, back_ms: null }, 'Service did not come back.'],
    [{ rto_ms: null, role: 'standby', promoted: null }, 'Service did not come back.'],
    [{ rto_ms: 0, role: 'api', promoted: null, failed_requests: 0 }, 'No request failed.'],
    [
      { rto_ms: 712.2, role: 'standby', promoted: null, failed_requests: 7 },
      '7 requests failed, the last one 712 ms after the fault.',
    ],
    [{ rto_ms: 3.1, role: 'api', promoted: null, failed_requests: 1 }, '1 request failed, 3.10 ms after the fault.'],
  ])('%j', (trial, text) => {
    expect(last(trial)).toContain(text)
  })

  it('does not say that a node is back that is not', () => {
    expect(last({ back_ms: null })).not.toContain('was back')
  })
})
