import { Command } from 'commander'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Load, measuredMs } from '../core/load.js'
import { type LoadSection, loadSectionSchema } from '../core/scenario.js'
import { labErrorOf } from '../core/testing/thrown.js'
import { addLoadOptions, applyLoadOptions, type LoadOptions } from './load-options.js'
import { readParameters } from './parameter-options.js'

const closed: LoadSection = loadSectionSchema.parse({ mode: 'closed', duration: '20s', warmup: '3s' })
const open: LoadSection = loadSectionSchema.parse({ mode: 'open', rps: 500, arrival: 'poisson' })
const staged: LoadSection = loadSectionSchema.parse({ mode: 'open', stages: [{ duration: '5s', rps: 50 }] })
const sections = { closed, open, staged }

/** The options that commander makes of these arguments. */
function optionsOf(args: string): LoadOptions {
  const command = addLoadOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  return readParameters(command.parse(args === '' ? [] : args.split(' '), { from: 'user' })).opts()
}

const stage = (durationMs: number, rps: number) => ({ durationMs, rps })

describe('applyLoadOptions', () => {
  it.each<[keyof typeof sections, string, Partial<Load>]>([
    [
      'closed',
      '',
      { mode: 'closed', durationMs: 20_000, warmupMs: 3_000, connections: 60, generators: 'auto', seed: 1 },
    ],
    ['closed', '--max', { mode: 'closed', durationMs: 20_000, connections: 60 }],
    ['closed', '--duration 1.5s --warmup 0s', { mode: 'closed', durationMs: 1_500, warmupMs: 0 }],
    ['closed', '--connections 7 --timeout 250ms --clients 9', { connections: 7, timeoutMs: 250, clients: 9 }],
    ['closed', '--generators 2 --seed 0', { generators: 2, seed: 0 }],
    // An offered rate needs connections for its answers, more than the file's own, which were for a full queue.
    ['closed', '--rps 1500', { mode: 'open', arrival: 'uniform', connections: 100, stages: [stage(20_000, 1_500)] }],
    ['closed', '--rps 1500 --connections 20', { mode: 'open', connections: 20 }],
    ['closed', '--rps 0.5 --arrival poisson', { arrival: 'poisson', stages: [stage(20_000, 0.5)] }],
    ['closed', '--stages 10s:500,1m:1500', { mode: 'open', stages: [stage(10_000, 500), stage(60_000, 1_500)] }],
    ['open', '', { mode: 'open', arrival: 'poisson', connections: 60, stages: [stage(10_000, 500)] }],
    ['open', '--rps 900', { arrival: 'poisson', connections: 60, stages: [stage(10_000, 900)] }],
    ['open', '--duration 3s', { stages: [stage(3_000, 500)] }],
    ['open', '--arrival uniform', { arrival: 'uniform', stages: [stage(10_000, 500)] }],
    ['open', '--stages 1s:5', { stages: [stage(1_000, 5)] }],
    ['open', '--max', { mode: 'closed', durationMs: 10_000, connections: 60 }],
    ['staged', '', { stages: [stage(5_000, 50)] }],
    ['staged', '--rps 9 --duration 2s', { stages: [stage(2_000, 9)] }],
    ['staged', '--stages 1s:5,1s:6', { stages: [stage(1_000, 5), stage(1_000, 6)] }],
    ['staged', '--max --duration 2s', { mode: 'closed', durationMs: 2_000 }],
  ])('%s with %j', (section, args, expected) => {
    expect(applyLoadOptions(sections[section], optionsOf(args))).toMatchObject(expected)
  })

  it.each<[keyof typeof sections, string, string, string]>([
    ['closed', '--rps 5 --max', '--max and --rps exclude each other', 'Give one of'],
    ['closed', '--rps 5 --stages 1s:5', '--rps and --stages exclude each other', 'Give one of'],
    ['closed', '--rps 5 --stages 1s:5 --max', '--max and --rps and --stages exclude each other', 'Give one of'],
    ['closed', '--stages 1s:5 --duration 5s', '--stages has durations of its own', 'Leave --duration out'],
    ['staged', '--duration 5s', 'the scenario has stages with durations of their own', 'or add --rps'],
    ['closed', '--arrival poisson', '--arrival belongs to an open loop', 'Add --rps or --stages'],
    ['open', '--max --arrival poisson', '--arrival belongs to an open loop', 'Add --rps or --stages'],
    ['closed', '--rps 5 --arrival poison', 'unknown --arrival "poison"', 'Did you mean "poisson"?'],
    ['closed', '--rps 0', '--rps: "0" is not a number from 0.01 to 1,000,000', ''],
    ['closed', '--rps -5', '--rps: "-5" is not a number from', ''],
    ['closed', '--rps many', '--rps: "many" is not a number from', ''],
    ['closed', '--rps 1e7', '--rps: "1e7" is not a number from', ''],
    ['closed', '--duration 10', '--duration: "10" is not a duration', '10s'],
    ['closed', '--duration 100ms', '--duration: 100ms is not from 500ms to 24h', ''],
    ['closed', '--duration 25h', '--duration: 25h is not from 500ms to 24h', ''],
    ['closed', '--warmup 2h', '--warmup: 2h is not from 0s to 1h', ''],
    ['closed', '--timeout 0s', '--timeout: 0s is not from 10ms to 1h', ''],
    ['closed', '--connections 0', '--connections: "0" is not a whole number from 1 to 20,000', ''],
    ['closed', '--connections 1.5', '--connections: "1.5" is not a whole number', ''],
    ['closed', '--clients 70000', '--clients: "70000" is not a whole number from 0 to 65,536', ''],
    ['closed', '--generators 17', '--generators: "17" is not a whole number from 1 to 16', ''],
    ['closed', '--seed -1', '--seed: "-1" is not a whole number from 0', ''],
    ['closed', '--stages 10s', '--stages: cannot read "10s"', 'Write duration:rate'],
    ['closed', '--stages 10s:500,', '--stages: cannot read ""', 'Write duration:rate'],
    ['closed', '--stages 10s:500:30s:1500', '--stages: cannot read "10s:500:30s:1500"', 'Write duration:rate'],
    ['closed', '--stages 10s:', '--stages: "" is not a number', ''],
    ['closed', '--stages 500:10s', '--stages: "500" is not a duration', '10s'],
    ['closed', '--stages 10ms:500', '--stages: 10ms is shorter than 500ms', ''],
  ])('%s with %j is refused', (section, args, message, hint) => {
    const error = labErrorOf(() => applyLoadOptions(sections[section], optionsOf(args)))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint ?? '').toContain(hint)
  })

  it('gives a load of some length, or says in a usage error why not', () => {
    const value = fc.constantFrom(undefined, '', '0', '1', '500', '2s', '0s', 'x', '1s:5', 'poisson')
    const flags = fc.record({
      rps: value,
      stages: value,
      max: fc.constantFrom(undefined, true),
      arrival: value,
      duration: value,
      connections: value,
      seed: value,
    })
    fc.assert(
      fc.property(fc.constantFrom(closed, open, staged), flags, (section, given) => {
        const args = Object.entries(given).flatMap(([name, text]) =>
          text === undefined ? [] : text === true ? [`--${name}`] : [`--${name}=${text}`],
        )
        try {
          const load = applyLoadOptions(section, optionsOf(args.join(' ')))
          expect(measuredMs(load)).toBeGreaterThanOrEqual(500)
          if (load.mode === 'open') for (const { rps } of load.stages) expect(rps).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toMatchObject({ name: 'LabError', exitCode: 2 })
        }
      }),
      { numRuns: 300 },
    )
  })
})
