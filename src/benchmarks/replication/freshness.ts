import type { RunRecord } from '../../core/record.js'
import { type Run, withCommandLine } from '../command.js'
import { atLeast, atMost, equal, type Figure, info } from '../figure.js'

const READS = 100_000
/** Few keys, written often: nearly every read has an acknowledged write to be held against. */
const LOAD = ['--max', '--connections', '20', '--warmup', '1s', '--keys', 'uniform', '--key-count', '500', '--json']
const DELAY_MS = 200

/** Reads held against what the same client was told before. */
export async function freshness(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    const waits = await reads(run, [], 'read-your-writes')
    const applied = await reads(run, ['--durability', 'remote-apply', '--sync-standbys', 'ANY 2 (*)'], 'eventual')
    return [
      ...checked('read-your-writes', waits),
      ...checked('remote-apply by both standbys, eventual reads', applied),
      ...(await staleness(run)),
    ]
  })
}

function checked(what: string, records: RunRecord[]): Figure[] {
  const sum = (of: (reads: NonNullable<RunRecord['reads']>) => number): number =>
    records.reduce((total, { reads }) => total + (reads === undefined ? Number.NaN : of(reads)), 0)
  return [
    atLeast(
      `${what}: reads held against a write`,
      sum(({ checked }) => checked),
      READS,
      'reads',
    ),
    equal(
      `${what}: stale`,
      sum(({ stale }) => stale),
      0,
      'reads',
    ),
    equal(
      `${what}: back in time`,
      sum(({ backwards }) => backwards),
      0,
      'reads',
    ),
  ]
}

/** Runs until so many reads were held against a write. */
async function reads(run: Run, stack: string[], consistency: string): Promise<RunRecord[]> {
  await run('up', 'repl-2', '--engine', 'process', ...stack)
  const records: RunRecord[] = []
  let held = 0
  while (held < READS && records.length < 20) {
    const flags = ['--mix', 'read:90,write:10', '--consistency', consistency, '--duration', '20s']
    const record: RunRecord = JSON.parse(await run('bench', ...LOAD, ...flags))
    held += record.reads?.checked ?? 0
    records.push(record)
  }
  await run('down')
  return records
}

/** Standbys that apply late by a known time: clients and heartbeat must both see it. */
async function staleness(run: Run): Promise<Figure[]> {
  await run('up', 'repl-1', '--engine', 'process', '--apply-delay', `${DELAY_MS}ms`)
  const record: RunRecord = JSON.parse(
    await run(
      ...['bench', '--rps', '300', '--warmup', '1s', '--duration', '20s', '--json'],
      // One key for all: written so often that the age of a stale read is the lag itself.
      ...[
        '--mix',
        'read:50,write:50',
        '--key-count',
        '1',
        '--consistency',
        'eventual',
        '--heartbeat',
        '10ms',
        '--probe-interval',
        '20ms',
      ],
    ),
  )
  await run('down')
  const clients = record.reads?.age_ms.p50 ?? Number.NaN
  const heartbeat = record.replication?.standbys[0]?.heartbeat_ms.p50 ?? Number.NaN
  return [
    info(`standby ${DELAY_MS} ms late: median age of stale reads, seen by clients`, clients, 'ms'),
    info(`standby ${DELAY_MS} ms late: median lag, seen by the heartbeat`, heartbeat, 'ms'),
    atMost('clients against heartbeat, difference of the medians', Math.abs(clients - heartbeat), 10, 'ms'),
  ]
}
