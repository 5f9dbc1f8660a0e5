import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { databaseProber, FailureDetector, type Prober } from './detector.js'
import { Unanswered } from './session.js'
import { REFUSALS, refusingServer } from './testing/refusing-server.js'

type Outcome = 'ok' | 'silent' | 'refused' | 'broken' | 'starting' | 'late'

const INTERVAL = 10
/** So that only what the test does wakes a detector between two probes. */
const NEVER = 1_000_000

/** Answers as it is told, one probe after the other; the last answer is that of all that follow. */
class ScriptedProber implements Prober {
  asked = 0
  closed = 0
  private lost: () => void = () => {}
  constructor(private readonly script: Outcome[]) {}

  async ask(timeoutMs: number): Promise<void> {
    const outcome = this.script[Math.min(this.asked, this.script.length - 1)] ?? 'ok'
    this.asked += 1
    if (outcome === 'silent') throw new Unanswered('no answer')
    if (outcome === 'refused') throw Object.assign(new Error('nobody there'), { code: 'ECONNREFUSED' })
    if (outcome === 'broken') throw Object.assign(new Error('connection reset'), { code: 'ECONNRESET' })
    if (outcome === 'starting') throw Object.assign(new Error('starting up'), { code: '57P03', severity: 'FATAL' })
    if (outcome === 'late') {
      await sleep(timeoutMs * 2)
      throw new Unanswered('no answer')
    }
  }

  onLost(listener: () => void): void {
    this.lost = listener
  }

  breakConnection(): void {
    this.lost()
  }

  close(): void {
    this.closed += 1
  }
}

interface Watched {
  detector: FailureDetector
  prober: ScriptedProber
  misses: number[]
  downs: string[]
  asked(count: number): Promise<void>
  down(): Promise<string>
}

let watched: Watched[] = []
afterEach(async () => {
  for (const { detector } of watched) await detector.stop()
  watched = []
})

function watch(script: Outcome[], settings = { intervalMs: INTERVAL, misses: 3 }): Watched {
  const prober = new ScriptedProber(script)
  const misses: number[] = []
  const downs: string[] = []
  const detector = new FailureDetector(prober, settings, {
    onMiss: (count) => misses.push(count),
    onDown: (how) => downs.push(how),
  })
  const of: Watched = {
    detector,
    prober,
    misses,
    downs,
    asked: (count) => expect.poll(() => prober.asked, { timeout: 10_000, interval: 2 }).toBeGreaterThanOrEqual(count),
    async down() {
      await expect.poll(() => downs.length, { timeout: 10_000, interval: 2 }).toBe(1)
      return downs[0] ?? ''
    },
  }
  watched.push(of)
  return of
}

describe('a failure detector', () => {
  it('says nothing of a server that answers', async () => {
    const { detector, prober, downs, misses, asked } = watch(['ok'])
    await asked(20)
    await detector.stop()
    expect({ downs, misses }).toEqual({ downs: [], misses: [] })
    expect(detector.counts).toEqual({ probes: prober.asked, missed: 0, late: 0 })
    expect(prober.closed).toBe(1)
  })

  it('knows a server as failed after so many probes without an answer, one after another', async () => {
    const { prober, misses, down } = watch(['ok', 'silent', 'silent', 'ok', 'silent', 'silent', 'silent', 'ok'])
    expect(await down()).toBe('3 probes unanswered')
    expect(misses).toEqual([1, 2, 1, 2, 3])
    expect(prober.asked).toBe(7)
    expect(prober.closed).toBe(1)
  })

  it.each([1, 2, 5])('after %i of them, if told so', async (misses) => {
    const { prober, down } = watch(['silent'], { intervalMs: INTERVAL, misses })
    expect(await down()).toBe(misses === 1 ? '1 probe unanswered' : `${misses} probes unanswered`)
    expect(prober.asked).toBe(misses)
  })

  it('knows a closed connection and nobody who listens at once', async () => {
    const { prober, asked, down, misses } = watch(['ok', 'refused'], { intervalMs: NEVER, misses: 3 })
    await asked(1)
    await sleep(20)
    prober.breakConnection()
    expect(await down()).toBe('connection closed, nobody listens')
    expect(prober.asked).toBe(2)
    expect(misses).toEqual([])
  })

  it('takes a broken connection to a server that lives for no failure', async () => {
    const { prober, asked, downs } = watch(['ok', 'ok', 'broken', 'broken', 'ok'], { intervalMs: NEVER, misses: 3 })
    await asked(1)
    await sleep(20)
    prober.breakConnection()
    await asked(2)
    await sleep(20)
    prober.breakConnection()
    // Asked again without waiting for the interval.
    await asked(5)
    expect(downs).toEqual([])
  })

  it.each(REFUSALS)('never takes one that says no for dead: $code', async (refusal) => {
    const server = await refusingServer(refusal)
    const prober = databaseProber({
      id: 'x',
      host: '127.0.0.1',
      port: server.port,
      user: 'x',
      password: 'x',
      database: 'x',
    })
    const downs: string[] = []
    const words: string[] = []
    const detector = new FailureDetector(
      prober,
      { intervalMs: INTERVAL, misses: 2 },
      { onDown: (how) => downs.push(how), onRefused: (said) => words.push(said) },
    )
    await expect.poll(() => detector.counts.probes, { timeout: 10_000 }).toBeGreaterThan(12)
    expect({ downs, words }).toEqual({ downs: [], words: [refusal.message] })
    // It ends: nobody listens any more.
    await server.close()
    await expect.poll(() => downs, { timeout: 10_000 }).toHaveLength(1)
    await detector.stop()
  })

  it('does not ask one that goes on refusing more often than any other', async () => {
    const { prober, asked } = watch(['starting'], { intervalMs: 100, misses: 1 })
    await asked(3)
    // For as long as one that is ending may take to say so it is asked often.
    await sleep(200)
    const [before, at] = [prober.asked, performance.now()]
    await asked(before + 5)
    expect((performance.now() - at) / 5).toBeGreaterThan(50)
  })

  it('knows that nobody is behind a door that opens and shuts without a word', async () => {
    const { prober, down } = watch(['ok', 'broken'], { intervalMs: NEVER, misses: 3 })
    await expect.poll(() => prober.asked).toBe(1)
    await sleep(20)
    prober.breakConnection()
    expect(await down()).toBe('connection closed, new ones are closed at once')
  })

  it('counts a probe that was held up here as nothing', async () => {
    const { detector, downs, misses, asked } = watch(['silent', 'silent', 'late', 'late', 'late', 'ok', 'silent', 'ok'])
    await asked(9)
    expect(downs).toEqual([])
    expect(detector.counts).toMatchObject({ late: 3, missed: 3 })
    expect(misses).toEqual([1, 2, 1])
  })

  it('says it once', async () => {
    const { prober, detector, downs, down } = watch(['refused'])
    await down()
    prober.breakConnection()
    await sleep(5 * INTERVAL)
    await detector.stop()
    expect(downs).toHaveLength(1)
    expect(prober.asked).toBe(1)
  })

  it.each<Outcome>(['ok', 'silent', 'refused', 'broken', 'late'])(
    'says nothing more once it is stopped: %s',
    async (then) => {
      const { prober, detector, downs, misses, asked } = watch(['ok', then], { intervalMs: 30, misses: 1 })
      await asked(1)
      const stopping = detector.stop()
      const said = [downs.length, misses.length]
      prober.breakConnection()
      await stopping
      const asked1 = prober.asked
      await sleep(100)
      expect([downs.length, misses.length]).toEqual(said)
      expect(prober.asked).toBe(asked1)
      expect(prober.closed).toBe(1)
      await detector.stop()
    },
  )

  it('is stopped while a probe is under way', async () => {
    const { detector, downs, asked } = watch(['late'], { intervalMs: 50, misses: 1 })
    await asked(1)
    await detector.stop()
    expect(downs).toEqual([])
  })
})

describe('a prober of databases', () => {
  const endpoint = { id: 'primary', host: '127.0.0.1', user: 'x', password: 'x', database: 'x' }
  let server: Server | undefined
  const sockets: Socket[] = []
  afterEach(() => {
    server?.close()
    for (const socket of sockets) socket.destroy()
  })

  async function listening(onConnection: (socket: Socket) => void): Promise<number> {
    server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      onConnection(socket)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as { port: number }).port
  }

  it('tells silence from a closed door', async () => {
    const port = await listening(() => {})
    const prober = databaseProber({ ...endpoint, port })
    await expect(prober.ask(30)).rejects.toBeInstanceOf(Unanswered)
    // Given up, not waited for: the next one connects anew.
    await expect(prober.ask(30)).rejects.toBeInstanceOf(Unanswered)
    await expect.poll(() => sockets.length).toBe(2)
    server?.close()
    for (const socket of sockets) socket.destroy()
    await expect.poll(() => prober.ask(1_000).catch((error) => error.code)).toBe('ECONNREFUSED')
    prober.close()
  })

  it('does not take a connection that is dropped for one that is refused', async () => {
    const port = await listening((socket) => socket.destroy())
    const prober = databaseProber({ ...endpoint, port })
    const error = await prober.ask(2_000).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(Unanswered)
    expect((error as { code?: string }).code).not.toBe('ECONNREFUSED')
    prober.close()
  })
})
