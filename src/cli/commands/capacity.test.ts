import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type CapacityRecord, capacityRecordSchema } from '../../core/capacity.js'
import { runRecordSchema } from '../../core/record.js'
import { readRecord } from '../../store/run-folder.js'
import { CommandLine } from '../testing/command-line.js'

/** Rates are low, probes short and few: a hundred requests per second at most. */
const BRIEF = [
  ...['single', '--engine', 'process', '--service-time', '10ms', '--distribution', 'fixed', '--warmup', '0s'],
  ...['--confirm', '1', '--precision', '50%', '--connections', '20'],
]
const SHORT = [...BRIEF, '--duration', '1s']

describe('capacity', { timeout: 120_000 }, () => {
  let cli: CommandLine
  beforeAll(async () => {
    cli = await CommandLine.create()
  })
  afterEach(async () => {
    expect(await cli.survivors()).toEqual([])
  })
  afterAll(() => cli.dispose())

  it('finds what a stack holds, keeps every probe, and rebuilds its report to the byte', async () => {
    const outcome = await cli.run(['capacity', ...SHORT, '--slo', 'p99<2s,errors<5%', '--json'])
    const record = capacityRecordSchema.parse(JSON.parse(outcome.stdout))
    expect(record).toMatchObject({ scenario: 'single', slo: 'p99<2s,errors<5%', stack: 'one instance' })
    expect(record.status).toBe('complete')
    // One instance of 10 ms serves a hundred in a second, on any machine that is not full.
    expect(record.maximum_rps).toBeGreaterThan(30)
    expect(record.maximum_rps).toBeLessThan(115)
    expect(record.probes.length).toBeGreaterThanOrEqual(3)
    expectSettled(record, outcome.code)

    const folder = join(cli.folder, 'reports', 'capacity', 'single', 'latest')
    expect(JSON.parse(await readFile(join(folder, 'capacity.json'), 'utf8'))).toEqual(record)
    for (const { run, rps } of record.probes) {
      const own = runRecordSchema.parse((await readRecord(join(folder, run))).record)
      expect(own).toMatchObject({ status: 'complete', load: { mode: 'open', arrival: 'poisson', offered_rps: rps } })
    }
    expect(new Set(record.probes.map(({ seed }) => seed)).size).toBe(record.probes.length)

    const report = await readFile(join(folder, 'report.md'), 'utf8')
    const chart = await readFile(join(folder, 'latency-against-rate.svg'), 'utf8')
    expect(report).toContain('](latency-against-rate.svg)')
    await writeFile(join(folder, 'report.md'), 'spoilt')
    await writeFile(join(folder, 'latency-against-rate.svg'), 'spoilt')
    await cli.ok('report', 'reports/capacity/single')
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toBe(report)
    expect(await readFile(join(folder, 'latency-against-rate.svg'), 'utf8')).toBe(chart)
  })

  it('says so, with exit code 5, where not even the smallest rate holds', async () => {
    const outcome = await cli.run(['capacity', ...BRIEF, '--duration', '500ms', '--slo', 'p50<1ms', '--out', 'nothing'])
    const record = await latest(cli, 'nothing')
    expect(record.capacity_rps).toBeNull()
    if (record.outcome === 'laboratory in doubt') {
      expect(outcome.code).toBe(4)
      return
    }
    expect(outcome.code).toBe(5)
    expect(outcome.stdout).toMatch(/No rate holds p50<1ms on one\s+instance, not even\s+[\d.]+\s+requests\/s\./)
    expect(outcome.stderr).toMatch(/bracket\s+[\d.]+\/s {2}missed/)
  })

  it('writes what there is at Ctrl-C, and takes the stack down', async () => {
    const outcome = await cli.run(['capacity', ...BRIEF, '--slo', 'p99<2s', '--duration', '2s', '--out', 'cut'], {
      onStart: (child) => {
        child.stderr?.on('data', (text: string) => {
          if (text.includes('... bracket')) child.kill('SIGINT')
        })
      },
    })
    expect(outcome.code).toBe(130)
    expect(outcome.stdout).toContain('Interrupted after')
    const folder = join(cli.folder, 'cut', 'capacity', 'single', 'latest')
    const record = await latest(cli, 'cut')
    expect(record.status).toBe('interrupted')
    expect(record.capacity_rps).toBeNull()
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain('Interrupted after')
    // The closed loop, and the probe that was cut short.
    expect((await readdir(join(folder, 'runs', 'single'))).length).toBeGreaterThanOrEqual(2)
  })

  it('leaves no folder behind when the stack does not come up', async () => {
    const outcome = await cli.run([
      'capacity',
      'single',
      '--app',
      'exit 3 # {port}',
      '--out',
      'none',
      '--engine',
      'process',
    ])
    expect(outcome.code).toBe(3)
    await expect(stat(join(cli.folder, 'none', 'capacity', 'single'))).rejects.toThrow('ENOENT')
  })
})

async function latest(cli: CommandLine, out: string): Promise<CapacityRecord> {
  const file = join(cli.folder, out, 'capacity', 'single', 'latest', 'capacity.json')
  return capacityRecordSchema.parse(JSON.parse(await readFile(file, 'utf8')))
}

/** A machine that is full of other work cannot tell: then no capacity may be named. */
function expectSettled(record: CapacityRecord, code: number | null): void {
  if (record.outcome === 'laboratory in doubt') {
    expect(record.capacity_rps).toBeNull()
    expect(code).toBe(4)
    return
  }
  expect(code).toBe(0)
  expect(record.confirmed).toBe(true)
  const [low, high] = record.interval ?? [0, 0]
  expect(record.capacity_rps).toBe(low)
  expect(high).toBeLessThanOrEqual(record.maximum_rps ?? 0)
  // Two seconds are far more than a queue of twenty needs: what limits is the instance itself.
  expect(low).toBeGreaterThan((record.maximum_rps ?? 0) * 0.4)
}
