import { describe, expect, it } from 'vitest'
import { createPlainView } from './plain-view.js'
import { type MadeUpRun, madeUpRun } from './testing/snapshots.js'

async function linesOf(changes: Partial<MadeUpRun> = {}, everyMs = 1_000): Promise<string[]> {
  const lines: string[] = []
  const view = createPlainView({ write: (line) => lines.push(line), everyMs })
  for (const snapshot of madeUpRun(changes)) view.update(snapshot)
  await view.close()
  return lines
}

describe('createPlainView', () => {
  it('tells a run in lines of the same shape, one a second', async () => {
    const lines = await linesOf()
    expect(lines[0]).toMatch(/^lb-3 on process http:\/\/127.0.0.1:20341: Do three replicas/)
    const run = lines.filter((line) => line.includes('achieved'))
    for (const line of run) {
      expect(line).toMatch(
        /^ +\d+\.\d s {2}(warm-up|measuring) +offered +1,500\/s {2}achieved +[\d,]+\/s {2}p50 +[\d.,]+ ms {2}p99 +[\d.,]+ ms {2}errors [\d,]+ {2}api-1 [\d.]+ %/,
      )
    }
    const moments = run.filter((line) => line.includes('measuring')).map((line) => Number.parseFloat(line))
    expect(moments.length).toBeGreaterThanOrEqual(29)
    expect(moments.length).toBeLessThanOrEqual(31)
    expect(lines.at(-2)).toBe('   32.2 s  draining   waiting for the last answers')
    expect(lines.at(-1)).toMatch(
      /^ +32\.4 s {2}done +in all: answered [\d,]+ {2}p50 .* ms {2}p99 .* ms {2}errors 59 {2}api-1/,
    )
  })

  it('writes no escape codes and no line breaks, whatever comes', async () => {
    const lines: string[] = []
    const view = createPlainView({ write: (line) => lines.push(line), everyMs: 1_000 })
    const [snapshot] = madeUpRun()
    if (snapshot === undefined) throw new Error('no snapshot')
    view.update({
      ...snapshot,
      target: 'a\x1b[31mb',
      events: [{ t_ms: 0, level: 'warn', text: 'two\nlines \x1b[2J' }],
      doubts: [{ check: 'x\x07', text: 'y\r\n' }],
    })
    view.notice('draining\x1b[0m')
    expect(lines.join('')).not.toMatch(/\p{Cc}/u)
    expect(lines).toContain('    0.0 s  warning    two lines')
    expect(lines).toContain('    0.0 s  doubt      x: y')
    expect(lines).toContain('draining')
  })

  it('tells each event and each doubt once', async () => {
    const lines = await linesOf()
    expect(lines.filter((line) => line.includes('api-2 answers no more'))).toEqual([
      '   14.3 s  error      api-2 answers no more: connection refused',
    ])
    expect(lines.filter((line) => line.includes('  doubt  '))).toHaveLength(1)
    expect(lines.filter((line) => line.includes('api-2') && line.includes('% down')).length).toBeGreaterThan(3)
  })

  it('takes means of rates and the worst of latencies over the ticks of a line', () => {
    const lines: string[] = []
    const view = createPlainView({ write: (line) => lines.push(line), everyMs: 1_000 })
    const [base] = madeUpRun()
    if (base === undefined) throw new Error('no snapshot')
    const tick = (t_ms: number, rate: number, p99: number | null) => ({
      t_ms,
      offered_rps: 100,
      achieved_rps: rate,
      errors_per_s: 0,
      p50_ms: null,
      p99_ms: p99,
      max_ms: null,
    })
    const history = [tick(500, 100, 9), tick(1_000, 80, null)]
    view.update({ ...base, phase: 'measuring', t_ms: 1_000, history, instances: [] })
    expect(lines[1]).toBe(
      '    1.0 s  measuring  offered    100/s  achieved     90/s  p50      - ms  p99   9.00 ms  errors 0',
    )
  })

  it('tells the largest lag of a standby, and servers that are down', async () => {
    const lines = await linesOf({ databases: 3 })
    const run = lines.filter((line) => line.includes('achieved'))
    for (const line of run) expect(line).toMatch(/ {2}errors [\d,]+ {2}lag +[\d.]+ ms {2}(standby-2 down {2})?api-1/)
    expect(run.filter((line) => line.includes('standby-2 down')).length).toBeGreaterThan(3)
    expect((await linesOf()).join('')).not.toContain('lag')
  })

  it('tells the share of each shard, and how far a migration is', async () => {
    const lines = await linesOf({ shards: 3, moves: true })
    const run = lines.filter((line) => line.includes('achieved'))
    for (const line of run) expect(line).toMatch(/ {2}shard-1 [\d.]+ %( hot)? {2}shard-2 [\d.]+ %( down)? {2}shard-3 /)
    expect(run.filter((line) => line.includes('shard-2') && line.includes('% down')).length).toBeGreaterThan(3)
    const moving = lines.filter((line) => line.includes('  moving  '))
    expect(moving[0]).toMatch(
      /^ +[\d.]+ s {2}moving {5}(copying|catching up) shard-1 to shard-3: [\d,]+ of 16,667 rows/,
    )
    expect(moving.some((line) => line.includes('WAITING for shard-2, shard-'))).toBe(true)
    expect(moving.at(-1)).toContain('done: 16,667 of 16,667 rows (100.0 %)')
    expect((await linesOf()).join('')).not.toContain('moving')
  })

  it('offers nothing in a closed loop', async () => {
    expect((await linesOf({ mode: 'closed' })).join('\n')).not.toContain('offered  ')
  })

  it('says nothing more once closed', async () => {
    const lines: string[] = []
    const view = createPlainView({ write: (line) => lines.push(line), everyMs: 1_000 })
    await view.close()
    await view.close()
    for (const snapshot of madeUpRun()) view.update(snapshot)
    view.notice('late')
    expect(lines).toEqual([])
  })
})
