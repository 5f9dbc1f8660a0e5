import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../core/snapshot.js'
import { type FrameOptions, frame } from './frame.js'
import { createLook } from './style.js'
import { arbitrarySnapshot } from './testing/arbitrary-snapshot.js'
import { madeUpRun } from './testing/snapshots.js'
import { displayWidth } from './width.js'

const plain = createLook({ colour: false })
const coloured = createLook({ colour: true })

/** The snapshot of a made-up run nearest to a part of its time. */
function at(part: number, run: Snapshot[] = madeUpRun()): Snapshot {
  const snapshot = run[Math.round(part * (run.length - 1))]
  if (snapshot === undefined) throw new Error(`no snapshot at ${part}`)
  return snapshot
}

function draw(snapshot: Snapshot, options: Partial<FrameOptions> = {}): string[] {
  return frame(snapshot, { columns: 80, rows: 24, look: plain, notice: null, ...options })
}

describe('frame', () => {
  it('is never higher than the terminal less a line, nor wider than the terminal', () => {
    fc.assert(
      fc.property(
        arbitrarySnapshot,
        fc.integer({ min: 1, max: 220 }),
        fc.integer({ min: 1, max: 70 }),
        fc.boolean(),
        fc.boolean(),
        fc.option(fc.string()),
        (snapshot, columns, rows, colour, unicode, notice) => {
          const lines = frame(snapshot, { columns, rows, look: createLook({ colour, unicode }), notice })
          expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1))
          for (const line of lines) {
            expect(line).not.toContain('\n')
            expect(displayWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns)
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('says the same without colours', () => {
    fc.assert(
      fc.property(arbitrarySnapshot, (snapshot) => {
        const bare = draw(snapshot)
        expect(bare.join('\n')).not.toContain('\x1b')
        expect(draw(snapshot, { look: coloured }).map((line) => stripVTControlCharacters(line))).toEqual(bare)
      }),
      { numRuns: 50 },
    )
  })

  it('holds the whole run at 80x24', () => {
    const lines = draw(at(0.5))
    expect(lines.join('\n')).toContain('14.3 s x api-2 answers no more')
    for (const part of [
      'lb-3 · process · http://127.0.0.1:20341',
      'Do three replicas',
      'measuring',
      'left of 32.0 s',
      'offered      1,500/s',
      'achieved',
      'p99 now',
      'response',
      'service',
      'backlog',
      'api-1',
      'DOWN',
      'overloaded',
      '! saturation',
    ]) {
      expect(lines.filter((line) => line.includes(part)).length, part).toBeGreaterThan(0)
    }
    expect(lines.join('\n')).not.toContain('…')
  })

  it('keeps every figure in its place while the run goes on', () => {
    const columns = madeUpRun()
      .filter(({ phase }) => phase === 'measuring')
      .map((snapshot) => draw(snapshot).find((line) => line.startsWith(' response')))
      .map((line) => [...(line ?? '').matchAll(/[\d.,]+/g)].map(({ index, 0: figure }) => index + figure.length))
    expect(new Set(columns.map(String)).size).toBe(1)
  })

  it('keeps to the most needed in 60x16: state, rates, latency, instances, the last event and the doubt', () => {
    const lines = draw(at(0.5), { columns: 60, rows: 16 })
    for (const part of [
      'measuring',
      'achieved',
      'response',
      'sent',
      'api-3',
      '! saturation',
      'api-2 answers no more',
    ]) {
      expect(lines.join('\n'), part).toContain(part)
    }
  })

  it('names the instances out of sight that are not well', () => {
    const snapshot = at(0.5, madeUpRun({ instances: 12 }))
    const [first, second, ...rest] = snapshot.instances
    if (first === undefined || second === undefined) throw new Error('no instances')
    const sickLast = {
      ...snapshot,
      instances: [...rest.map((row) => ({ ...row, health: 'ok' as const })), first, second],
    }
    const lines = draw(sickLast)
    expect(lines.find((line) => line.includes('more, together'))).toMatch(
      /^ \+\d+ more, together .*api-1 api-2 not well$/,
    )
  })

  it('shows a dozen instances where there is room', () => {
    const lines = draw(at(0.5, madeUpRun({ instances: 12 })), { columns: 160, rows: 50 })
    for (let index = 1; index <= 12; index++) expect(lines.join('\n')).toContain(` api-${index} `)
    expect(lines.join('\n')).not.toContain('more, together')
  })

  it('drops columns that do not fit, health never before processor and memory', () => {
    const head = (columns: number): string =>
      draw(at(0.5), { columns }).find((line) => line.startsWith(' instance')) ?? ''
    expect(head(80)).toMatch(/share.*rate\/s.*p50 ms.*p99 ms.*errors.*health.*CPU.*MiB/)
    expect(head(60)).toContain('health')
    expect(head(60)).not.toContain('CPU')
    expect(head(40)).toContain('health')
  })

  it('holds two instances and three database servers at 80x24, and says which is which', () => {
    const lines = draw(at(0.3, madeUpRun({ instances: 2, databases: 3 })))
    const from = lines.findIndex((line) => line.startsWith(' database'))
    expect(lines.slice(from, from + 4)).toMatchInlineSnapshot(`
      [
        " database  replication        lag ms               replay ms   behind  requests",
        " primary   primary                                                       15,000",
        " standby-1 streaming, async     1.53 ▂▁▁▁▁▂▄▄▄▃▂▁▁      1.22   2.8 kB     7,500",
        " standby-2 catchup, async       3.06 ▅▂▁▁▃▅▇█▇▆▃▁▁      2.45  11.2 kB     5,000",
      ]
    `)
    for (const part of ['measuring', 'achieved', 'p99 now', 'service', 'backlog', 'api-2', 'measuring begins']) {
      expect(lines.join('\n'), part).toContain(part)
    }
    expect(draw(at(0.3)).join('\n')).not.toContain('database')
  })

  it('shows a server that is down, the new primary first after a failover, and its timeline', () => {
    const run = madeUpRun({ instances: 2, databases: 3 })
    expect(draw(at(0.5, run)).find((line) => line.startsWith(' standby-2'))).toMatch(/^ standby-2 DOWN +[\d,]+$/)
    const after = draw(at(0.8, run))
    const from = after.findIndex((line) => line.startsWith(' database'))
    expect(after.slice(from, from + 4)).toMatchInlineSnapshot(`
      [
        " database  replication       TL  lag ms            replay ms   behind  requests",
        " standby-1 primary            2                                          19,875",
        " primary   streaming, async   2    0.00                 0.00      0 B    39,750",
        " standby-2 catchup, async     2    26.9 █▆▄▂▁▁▃▆▇█      21.5   870 kB    13,250",
      ]
    `)
  })

  it('calls a primary of an older timeline what it is', () => {
    const snapshot = at(0.8, madeUpRun({ databases: 3 }))
    const databases = snapshot.databases?.map((row) =>
      row.id === 'primary' ? { ...row, state: 'primary' as const, timeline: 1 } : row,
    )
    const lines = draw({ ...snapshot, databases: databases ?? null })
    expect(lines.find((line) => line.startsWith(' standby-1'))).toContain(' primary ')
    expect(lines.find((line) => line.startsWith(' primary'))).toContain('FORMER primary')
  })

  it.each([
    ['streaming, async', 'idle'],
    ['slot lost', 'slot lost'],
  ])('says of a standby with nothing to time: %s, %s', (replication, words) => {
    const snapshot = at(0.3, madeUpRun({ databases: 2 }))
    const databases = snapshot.databases?.map((row) => ({ ...row, replication, replay_lag_ms: null, replay_bytes: 0 }))
    const line = draw({ ...snapshot, databases: databases ?? null }).find((text) => text.startsWith(' standby-1'))
    expect(line).toContain(words)
    expect(line).toContain('0 B')
  })

  it('names the database servers out of sight that are down', () => {
    const lines = draw(at(0.5, madeUpRun({ instances: 2, databases: 4 })), { columns: 60, rows: 16 })
    expect(lines.find((line) => line.includes('more, lag'))).toMatch(/^ \+2 more, lag up to [\d.]+ ms, standby-3 down$/)
  })

  it('drops columns of the database servers that do not fit, the lag never', () => {
    const head = (columns: number): string =>
      draw(at(0.8, madeUpRun({ databases: 3 })), { columns }).find((line) => line.startsWith(' database')) ?? ''
    expect(head(80)).toMatch(/replication +TL +lag ms +replay ms +behind +requests/)
    expect(head(60)).toMatch(/replication.*lag ms.*behind/)
    expect(head(60)).not.toContain('requests')
    expect(head(40)).toContain('lag ms')
  })

  it('holds four shards and a migration at 80x24, with what is hot, down and waited for', () => {
    const lines = draw(at(0.5, madeUpRun({ instances: 2, shards: 4, moves: true })))
    const from = lines.findIndex((line) => line.startsWith(' shard '))
    expect(lines.slice(from, from + 7)).toMatchInlineSnapshot(`
      [
        " shard       keys   slots     size   share         rate/s  p50 ms  p99 ms      ",
        " shard-1    7,569   4,961  16.6 MB  48.9 % ██████▉    733    5.05    46.0  hot ",
        " shard-2    7,569   4,961  16.6 MB  22.2 % ███▏         0    3.99    27.3  DOWN",
        " shard-3    7,569   4,961  16.6 MB  22.2 % ███▏       333    3.99    27.3      ",
        " shard-4    2,292   1,502  11.3 MB   6.7 % █          101    3.37    16.5      ",
        " WAITING for shard-2  shard-2 to shard-4  ━━━━━━────────── 4,583 of 12,500 rows",
        " batch 4 of 12 · 0 rows/s · longest hold 15.7 ms",
      ]
    `)
    for (const part of ['measuring', 'achieved', 'response', 'backlog', 'api-2', 'answers no more']) {
      expect(lines.join('\n'), part).toContain(part)
    }
    expect(draw(at(0.5)).join('\n')).not.toContain('shard')
  })

  it('says of a migration how fast it is, and when it is done', () => {
    const run = madeUpRun({ instances: 2, shards: 4, moves: true })
    const told = (part: number): string => draw(at(part, run)).join('\n')
    expect(told(0.2)).not.toContain('rows')
    expect(told(0.4)).toMatch(
      / (copying|catching up) +shard-1 to shard-4 .*of 12,500 rows\n batch 1 of 12 · 833 rows\/s · longest hold 11.1 ms · 13.0 s left\n/,
    )
    expect(told(0.95)).toMatch(/ done .* 12,500 of 12,500 rows\n batch 12 of 12 · 0 rows\/s · longest hold 28.4 ms\n/)
  })

  it('names the shards out of sight that are down or hot', () => {
    const snapshot = at(0.5, madeUpRun({ instances: 2, shards: 9 }))
    const shards = (snapshot.shards ?? []).toReversed()
    const lines = draw({ ...snapshot, shards }, { columns: 70, rows: 18 })
    expect(lines.find((line) => line.includes('more, together'))).toMatch(
      /^ \+\d more, together [\d.]+ %, shard-2 down, shard-1 hot$/,
    )
  })

  it('drops columns of the shards that do not fit, keys and share never', () => {
    const head = (columns: number): string =>
      draw(at(0.5, madeUpRun({ shards: 3 })), { columns }).find((line) => line.startsWith(' shard ')) ?? ''
    expect(head(80)).toMatch(/keys +slots +size +share +rate\/s +p50 ms +p99 ms/)
    expect(head(60)).not.toContain('slots')
    expect(head(40)).toMatch(/keys +share/)
  })

  it('says for a closed loop that nothing is offered, and shows the one latency there is', () => {
    const lines = draw(at(0.5, madeUpRun({ mode: 'closed' })))
    expect(lines.join('\n')).toContain('closed loop, 60 connections')
    expect(lines.find((line) => line.startsWith(' offered'))).toContain('as fast as the answers come')
    expect(lines.some((line) => line.startsWith(' service'))).toBe(false)
  })

  it('leaves the instances out for a system that tells none apart', () => {
    const lines = draw(at(0.5, madeUpRun({ tellsInstances: false })))
    expect(lines[0]).toContain(' lb-3 · http://127.0.0.1:20341')
    expect(lines.join('\n')).not.toContain('instance')
  })

  it.each([
    [0, 'starting', '32.0 s left of 32.0 s'],
    [0.05, 'warm-up', 'left of'],
    [0.985, 'draining', 'waiting for the last answers'],
    [1, 'done', 'after 32.4 s'],
  ])('names the phase at %d of the run: %s', (part, phase, words) => {
    const line = draw(at(part)).find((candidate) => candidate.startsWith(` ${phase}`))
    expect(line).toContain(words)
  })

  it('puts a notice where the question was', () => {
    const lines = draw(at(0.5), { notice: 'draining; Ctrl-C once more to abort' })
    expect(lines[1]).toBe(' ! draining; Ctrl-C once more to abort')
    expect(draw(at(0.5), { rows: 4, notice: 'draining' }).join('\n')).toContain('! draining')
  })

  it('lets nothing from outside through to the terminal', () => {
    const snapshot = { ...at(0.5), events: [{ t_ms: 1, level: 'info' as const, text: 'log \x1b[2J\x07line\nsecond' }] }
    expect(draw(snapshot).find((line) => line.includes('log line'))).toMatch(/log line second$/)
  })
})
