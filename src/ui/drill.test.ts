import { describe, expect, it } from 'vitest'
import type { Trial } from '../core/trial.js'
import { drillLines } from './drill.js'

const LOOK = { colour: false, width: 100 }

const TRIAL: Trial = {
  node: 'primary',
  role: 'primary',
  fault: 'kill',
  promoted: 'standby-1',
  rto_ms: 181.6,
  outage: { ms: 190, ended: true },
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

const WHOLE = { durability: 'local', unread: false, whole: true }

describe('a drill in the terminal', () => {
  it('says first what it showed, then when what happened', () => {
    const lines = drillLines(TRIAL, WHOLE, [], LOOK)
    const text = lines.join(' ').replaceAll(/ +/g, ' ')
    expect(lines[1]).toMatch(/^primary was killed \(SIGKILL\) under load\./)
    expect(text).toContain('For 190 ms clients got no write confirmed; 5 requests failed.')
    expect(text).toContain('Of 420 acknowledged writes none was lost.')
    expect(text).toContain(
      'standby-1 took over: it was promoted 150 ms after the fault, and the first write that it acknowledged came 182 ms after the fault',
    )
    expect(text).toContain('primary was back as a standby of standby-1 1.5 s after the fault.')
    expect(lines).toContain('    12 ms  detected primary                    connection closed, nobody listens')
  })

  const last = (trial: Partial<Trial>, context = WHOLE): string =>
    drillLines({ ...TRIAL, ...trial, timeline: [] }, context, [], LOOK)
      .join(' ')
      .replaceAll(/ +/g, ' ')

  it('that was broken off tells what was seen until then', () => {
    const text = last({ rto_ms: null, outage: { ms: 3_000, ended: false } }, { ...WHOLE, whole: false })
    expect(text).toContain('The drill was broken off before its end')
    expect(text).toContain('No write was confirmed any more for the last 3.0 s of the load')
  })

  it('names lost writes, three of them, and why they are lost, and those made twice', () => {
    const many = last({ lost: ['a', 'b', 'c', 'd', 'e'], duplicated: ['x'] })
    expect(many).toContain('5 were lost: with durability local the primary confirms a write before any standby has it')
    expect(many).toContain('5 of them lost (a, b, c and 2 more);')
    expect(many).toContain('1 of them there; 1 made twice.')
    expect(last({ lost: ['a'] }, { ...WHOLE, durability: 'on' })).toContain(
      'although with durability on a commit waits',
    )
    expect(last({}, { ...WHOLE, unread: true })).toContain('could not be read')
  })

  it('calls nodes by the roles that they had, whatever their names', () => {
    const second = last({ node: 'standby-1', promoted: 'primary' })
    expect(second).toContain('standby-1 (the primary since an earlier failover) was killed')
    expect(second).toContain('primary (a standby since an earlier failover) took over')
  })

  it.each<[Partial<Trial>, string]>([
    [{ rto_ms: null, promoted: null }, 'No standby took over.'],
    [{ rto_ms: null, role: 'standby', promoted: null }, 'Service did not come back'],
    [{ rto_ms: 0, role: 'api', promoted: null, failed_requests: 0 }, 'No request failed.'],
    [
      { rto_ms: 712.2, role: 'standby', promoted: null, failed_requests: 7 },
      'the last of them 712 ms after the fault.',
    ],
  ])('%j', (trial, text) => {
    expect(last(trial)).toContain(text)
  })

  it('does not say that a node is back that is not', () => {
    expect(last({ back_ms: null })).not.toContain('was back')
  })
})
