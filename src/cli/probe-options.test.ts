import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { readParameters } from './parameter-options.js'
import { addProbeOptions, probeRates } from './probe-options.js'

const ratesOf = (...args: string[]) =>
  probeRates(readParameters(addProbeOptions(new Command()).parse(args, { from: 'user' })).opts())

describe('probeRates', () => {
  it.each([
    [[], { databasesMs: undefined, heartbeatMs: undefined }],
    [['--probe-interval', '100ms', '--heartbeat', '20ms'], { databasesMs: 100, heartbeatMs: 20 }],
    [['--heartbeat', 'off'], { databasesMs: undefined, heartbeatMs: null }],
  ])('reads %j', (args, rates) => {
    expect(ratesOf(...args)).toEqual(rates)
  })

  it.each([
    [['--probe-interval', '5ms'], '--probe-interval: 5ms is not from 20ms to 1m'],
    [['--heartbeat', '2m'], '--heartbeat: 2m is not from 10ms to 1m'],
    [['--heartbeat', 'never'], '--heartbeat: "never" is not a duration'],
  ])('refuses %j', (args, message) => {
    expect(() => ratesOf(...args)).toThrow(message)
  })
})
