import type { LongCommand } from './ending.js'

const SHORT = ['--rps', '100', '--duration', '2s', '--warmup', '500ms', '--engine', 'process']
const LB = ['lb-2', '--engine', 'process']
const REPLICATED = ['repl-1', '--engine', 'process']
const SHARDED = ['shard-2', '--engine', 'process', '--rows', '3000']

/** Every command that runs for a while. */
export const LONG_COMMANDS: Readonly<Record<string, LongCommand>> = {
  up: { args: ['up', 'lb-3', '--engine', 'process'], spanMs: 2_000, keeps: true, reports: false },
  'up with databases': { args: ['up', 'repl-1', '--engine', 'process'], spanMs: 5_000, keeps: true, reports: false },
  bench: { args: ['bench', 'lb-2', ...SHORT], spanMs: 6_000 },
  'bench of databases': { args: ['bench', 'repl-1', ...SHORT], spanMs: 9_000 },
  'bench of several': { args: ['bench', 'single', 'lb-2', ...SHORT], spanMs: 10_000 },
  'bench of what runs': {
    args: ['bench', '--stack', 'lb-2-kept', ...SHORT.slice(0, 6), '--fault', 'pause:api-2@500ms+1s'],
    spanMs: 5_000,
    on: LB,
  },
  compare: { args: ['compare', 'single', 'lb-2', '--blocks', '2', '--force', ...SHORT], spanMs: 16_000 },
  run: { args: ['run', 'lb-three-times', '--quick', '--duration', '2s', '--engine', 'process'], spanMs: 16_000 },
  scaling: {
    args: [
      'scaling',
      'lb',
      '--replicas',
      '1,2,3',
      '--no-vertical',
      '--blocks',
      '2',
      '--duration',
      '1s',
      '--warmup',
      '0s',
    ],
    spanMs: 16_000,
  },
  claims: { args: ['claims', 'single', '--quick', '--engine', 'process'], spanMs: 8_000 },
  capacity: {
    args: ['capacity', 'single', '--duration', '1s', '--warmup', '200ms', '--probes', '8', '--engine', 'process'],
    spanMs: 12_000,
  },
  'doctor --calibrate': { args: ['doctor', '--calibrate', '--duration', '5s'], spanMs: 7_000, reports: false },
  'shards plan': { args: ['shards', 'plan', '--keys', '1e6'], spanMs: 6_000 },
  failover: {
    args: ['failover', 'primary', '--rps', '50', '--baseline', '500ms', '--stack', 'repl-1-kept'],
    spanMs: 8_000,
    on: REPLICATED,
  },
  'failover of a standby': {
    args: ['failover', 'standby-1', '--rps', '50', '--baseline', '500ms', '--stack', 'repl-1-kept'],
    spanMs: 9_000,
    on: REPLICATED,
  },
  guard: { args: ['guard', '--for', '6s', '--stack', 'repl-1-kept'], spanMs: 6_000, on: REPLICATED },
  reshard: {
    args: [
      'reshard',
      '--to',
      '3',
      '--rps',
      '50',
      '--baseline',
      '500ms',
      '--max-rows-per-second',
      '1000',
      '--stack',
      'shard-2-kept',
    ],
    spanMs: 9_000,
    on: SHARDED,
  },
  'reshard without load': {
    args: ['reshard', '--to', '3', '--no-load', '--max-rows-per-second', '1000', '--stack', 'shard-2-kept'],
    spanMs: 6_000,
    on: SHARDED,
  },
  scale: { args: ['scale', '4', '--stack', 'lb-2-kept'], spanMs: 2_000, on: LB, reports: false },
}
