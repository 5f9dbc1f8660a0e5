import { describe, expect, it } from 'vitest'
import { probeRates } from './probe-options.js'

describe('probeRates', () => {
  it.each([
    [{}, { databasesMs: undefined, heartbeatMs: undefined }],
    [
      { probeInterval: '100ms', heartbeat: '20ms' },
      { databasesMs: 100, heartbeatMs: 20 },
    ],
    [{ heartbeat: 'off' }, { databasesMs: undefined, heartbeatMs: null }],
  ])('reads %j', (options, rates) => {
    expect(probeRates(options)).toEqual(rates)
  })

  it.each([
    [{ probeInterval: '5ms' }, '--probe-interval: 5ms is not from 20ms to 1m'],
    [{ heartbeat: '2m' }, '--heartbeat: 2m is not from 10ms to 1m'],
    [{ heartbeat: 'never' }, '--heartbeat: "never" is not a duration'],
  ])('refuses %j', (options, message) => {
    expect(() => probeRates(options)).toThrow(message)
  })
})
