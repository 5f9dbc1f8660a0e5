import { describe, expect, it } from 'vitest'
import { PassiveHealth } from './passive-health.js'

describe('passive health', () => {
  it('rests for fail_timeout after max_fails failures, then lets one request try', () => {
    const health = new PassiveHealth(1, 10_000)
    expect(health.available(0)).toBe(true)
    health.chosen(0)
    expect(health.failed(5)).toBe(true)
    expect(health.available(6)).toBe(false)
    expect(health.available(10_005)).toBe(false)
    expect(health.available(10_006)).toBe(true)
    health.chosen(10_006)
    expect(health.available(10_007)).toBe(false) // until that one has answered
    expect(health.succeeded()).toBe(true)
    expect(health.available(10_008)).toBe(true)
  })

  it('rests again when the try fails, and says so only once', () => {
    const health = new PassiveHealth(1, 1_000)
    expect(health.failed(0)).toBe(true)
    health.chosen(1_001)
    expect(health.failed(1_002)).toBe(false)
    expect(health.available(2_002)).toBe(false)
    expect(health.available(2_003)).toBe(true)
  })

  it('forgets failures that are further apart than fail_timeout once a request succeeds', () => {
    const health = new PassiveHealth(2, 1_000)
    health.failed(0)
    expect(health.available(1)).toBe(true)
    health.chosen(1_500)
    expect(health.succeeded()).toBe(false) // it was not resting
    health.failed(1_600)
    expect(health.available(1_601)).toBe(true)
    health.failed(1_700)
    expect(health.available(1_701)).toBe(false)
  })

  it('does not take the answer to an older request for a recovery', () => {
    const health = new PassiveHealth(1, 1_000)
    health.chosen(0)
    health.failed(10)
    expect(health.succeeded()).toBe(false)
    expect(health.available(20)).toBe(false)
  })

  it('never rests with max_fails 0', () => {
    const health = new PassiveHealth(0, 1_000)
    for (let now = 0; now < 5; now++) expect(health.failed(now)).toBe(false)
    expect(health.available(5)).toBe(true)
  })
})
