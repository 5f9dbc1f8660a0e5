import { describe, expect, it } from 'vitest'
import { type Load, REQUEST_KINDS, type Workload } from '../../core/load.js'
import { Histogram, mergeCounts, mergeEncoded } from '../../stats/histogram.js'
import type { LoadGenerator, LoadRequest, LoadResult, LoadTarget, LoadTick } from '../port.js'

/** How the system under load behaves, request by request. */
export interface Behaviour {
  serviceMs: number
  /** Taken in turn. */
  statuses: number[]
  /** Taken in turn. */
  instances: string[]
}

export interface ContractSubject {
  generator: LoadGenerator
  target: LoadTarget
  close(): Promise<void>
}

const BEHAVIOUR: Behaviour = { serviceMs: 1, statuses: [200], instances: ['api-1', 'api-2'] }

type Common = Omit<Load, 'mode' | 'arrival' | 'stages' | 'durationMs'>

function open(rps: number, durationMs: number, rest: Partial<Common> = {}): Load {
  return { ...common(rest), mode: 'open', arrival: 'uniform', stages: [{ durationMs, rps }] }
}

function closed(durationMs: number, rest: Partial<Common> = {}): Load {
  return { ...common(rest), mode: 'closed', durationMs }
}

function common(rest: Partial<Common>): Common {
  return {
    warmupMs: 200,
    connections: 10,
    timeoutMs: 5_000,
    generators: 1,
    clients: 0,
    seed: 1,
    workload: null,
    ...rest,
  }
}

interface Outcome {
  result: LoadResult
  ticks: LoadTick[]
  /** What was called, in order: 'start' or 'tick'. */
  calls: string[]
}

/** What every load generator must do; `subject` makes one with a system of the given behaviour. */
export function loadContract(name: string, subject: (behaviour: Behaviour) => Promise<ContractSubject>): void {
  async function play(
    load: Load,
    behaviour: Partial<Behaviour> = {},
    rest: Partial<LoadRequest> = {},
  ): Promise<Outcome> {
    const { generator, target, close } = await subject({ ...BEHAVIOUR, ...behaviour })
    const ticks: LoadTick[] = []
    const calls: string[] = []
    try {
      const result = await generator.run({
        load,
        target,
        signal: new AbortController().signal,
        drainMs: 2_000,
        tickMs: 150,
        ...rest,
        onStart: () => calls.push('start'),
        onTick: (tick) => {
          calls.push('tick')
          ticks.push(tick)
          rest.onTick?.(tick)
        },
      })
      expectBooksToBalance(result, ticks)
      return { result, ticks, calls }
    } finally {
      await close()
    }
  }

  describe(`load generator contract: ${name}`, () => {
    it('sends an open loop exactly as scheduled', async () => {
      const { result, ticks, calls } = await play(open(200, 1_000))
      expect(result.ledger).toEqual({ due: 200, sent: 200, ok: 200, http_error: 0, lost: 0, unfinished: 0 })
      expect(result).toMatchObject({ warmupRequests: 40, measuredMs: 1_000, complete: true, generators: 1 })
      expect(result.achievedRps).toBeGreaterThan(180)
      expect(result.achievedRps).toBeLessThan(220)
      expect(result.goodputRps).toBe(result.achievedRps)
      expect(result.statuses).toEqual({ 200: 200 })
      expect(calls.filter((call) => call === 'start')).toHaveLength(1)
      expect(calls[0]).toBe('start')
      expect(ticks.slice(0, 9).map(({ from, to, phase }) => [from, to, phase])).toEqual([
        [0, 150, 'warm-up'],
        [150, 200, 'warm-up'],
        [200, 300, 'measuring'],
        [300, 450, 'measuring'],
        [450, 600, 'measuring'],
        [600, 750, 'measuring'],
        [750, 900, 'measuring'],
        [900, 1_050, 'measuring'],
        [1_050, 1_200, 'measuring'],
      ])
    })

    it('shares one schedule out over several generators', async () => {
      const stages = [
        { durationMs: 300, rps: 100 },
        { durationMs: 300, rps: 300 },
      ]
      const { result } = await play({
        ...common({ generators: 2, connections: 5 }),
        mode: 'open',
        arrival: 'uniform',
        stages,
      })
      expect(result.generators).toBe(2)
      expect(result.ledger).toMatchObject({ due: 120, ok: 120 })
    })

    it('counts instances by their header', async () => {
      const { result } = await play(open(200, 500), { instances: ['a', 'b', 'c', 'b'] })
      expect(Object.keys(result.instances).sort()).toEqual(['a', 'b', 'c'])
      const answered = Object.values(result.instances).map((counts) => counts.answered)
      expect(answered.reduce((sum, count) => sum + count, 0)).toBe(100)
      expect(result.instances.b?.answered).toBeGreaterThan(result.instances.a?.answered ?? 100)
    })

    it('keeps answers of 400 and more apart', async () => {
      const { result } = await play(open(200, 500), { statuses: [200, 200, 404, 503] })
      expect(result.ledger.ok + result.ledger.http_error).toBe(100)
      expect(result.ledger.http_error).toBeGreaterThanOrEqual(49)
      expect(result.ledger.http_error).toBeLessThanOrEqual(51)
      expect(Object.keys(result.statuses)).toEqual(['200', '404', '503'])
      expect(result.goodputRps).toBeLessThan(0.6 * result.achievedRps)
    })

    it('keeps a journal of every kind of request of a workload', async () => {
      const mix = REQUEST_KINDS.map((kind) => ({ kind, weight: 1 }))
      const workload: Workload = {
        mix,
        keys: { distribution: 'uniform', count: 20, exponent: 1 },
        consistency: 'default',
        run: 'contract',
      }
      const { result, ticks } = await play(open(300, 600, { workload, generators: 2 }))
      const { journal } = result
      if (journal === null) throw new Error('no journal')
      expect(new Set(journal.writes.map(({ kind }) => kind))).toEqual(new Set(['write', 'order', 'transfer']))
      expect(new Set(journal.writes.map(({ outcome }) => outcome))).toEqual(new Set(['acknowledged']))
      expect(new Set(journal.writes.map(({ key }) => key)).size).toBe(journal.writes.length)
      // Every answer was good: a server has as many response times as answers, in ticks as in the whole.
      const journals = ticks.flatMap((tick) => tick.journal ?? [])
      for (const [node, kinds] of Object.entries(journal.nodes)) {
        const answers = Object.values(kinds).reduce((sum, count) => sum + count, 0)
        expect(Histogram.decode(journal.latency[node] ?? '').count).toBe(answers)
        const inTicks = journals.flatMap(({ latency }) => latency[node] ?? [])
        expect(Histogram.decode(mergeEncoded(inTicks)).count).toBe(answers)
      }
      expect(Object.keys(journal.latency).sort()).toEqual(Object.keys(journal.nodes).sort())
      expect(journals.reduce((sum, { gathered }) => sum + gathered, 0)).toBe(journal.gathered)
    })

    it('sends as fast as answers come in a closed loop', async () => {
      const { result } = await play(closed(500, { connections: 4 }), { serviceMs: 5 })
      expect(result.ledger).toMatchObject({ http_error: 0, lost: 0, unfinished: 0 })
      expect(result.ledger.due).toBe(result.ledger.sent)
      // Four connections, at least 5 ms each: at most 400 in 500 ms (and one more each).
      expect(result.ledger.ok).toBeGreaterThan(40)
      expect(result.ledger.ok).toBeLessThanOrEqual(404)
      const [response, service] = [Histogram.decode(result.response), Histogram.decode(result.service)]
      expect(response.percentiles()).toEqual(service.percentiles())
      expect(result.measuredMs).toBe(500)
    })

    it('measures response from the due moment: a system too slow for the rate shows it', async () => {
      // Two connections of 20 ms give 100 requests/s where 200 are due.
      const { result } = await play(
        open(200, 800, { connections: 2, warmupMs: 0 }),
        { serviceMs: 20 },
        { drainMs: 100 },
      )
      const response = Histogram.decode(result.response).percentiles()
      const service = Histogram.decode(result.service).percentiles()
      expect(result.ledger.due).toBe(160)
      expect(result.ledger.unfinished).toBeGreaterThan(30)
      expect(response.p99 ?? 0).toBeGreaterThan(250)
      expect(response.p99 ?? 0).toBeGreaterThan(2 * (service.p50 ?? 0))
      expect(result.generator.backlog).toBeGreaterThan(30)
    })

    it('sends what is due also when it is late for it, after the end of the schedule', async () => {
      const { result } = await play(open(200, 300, { connections: 2, warmupMs: 0 }), { serviceMs: 20 })
      expect(result.ledger).toEqual({ due: 60, sent: 60, ok: 60, http_error: 0, lost: 0, unfinished: 0 })
      expect(result.achievedRps).toBeLessThan(150)
    })

    it('loses each request that is not answered in time, once', async () => {
      const { result } = await play(open(100, 300, { warmupMs: 0, timeoutMs: 100, connections: 40 }), {
        serviceMs: 400,
      })
      expect(result.ledger).toEqual({ due: 30, sent: 30, ok: 0, http_error: 0, lost: 30, unfinished: 0 })
      expect(result.losses).toEqual({ timeout: 30 })
      expect(Histogram.decode(result.response).percentiles().p50).toBeNull()
    })

    it('stops early when told to, and drains', async () => {
      const stop = new AbortController()
      const { result, ticks } = await play(
        open(200, 60_000),
        { serviceMs: 30 },
        { signal: stop.signal, onTick: (tick) => tick.to >= 600 && stop.abort() },
      )
      expect(result.complete).toBe(false)
      expect(result.measuredMs).toBeGreaterThanOrEqual(400)
      expect(result.measuredMs).toBeLessThan(10_000)
      expect(result.ledger).toMatchObject({ ok: result.ledger.sent, lost: 0 })
      // 200/s over the counted part as it was.
      expect(Math.abs(result.ledger.due - result.measuredMs / 5)).toBeLessThanOrEqual(1)
      expect(ticks.at(-1)?.phase).toBe('draining')
    })

    it('leaves unfinished what is still in flight after the drain', async () => {
      const load = open(100, 200, { warmupMs: 0, connections: 40 })
      const { result } = await play(load, { serviceMs: 3_000 }, { drainMs: 50 })
      expect(result.ledger).toEqual({ due: 20, sent: 20, ok: 0, http_error: 0, lost: 0, unfinished: 20 })
    })
  })
}

/** What must hold of every run: each request in one class, and ticks that add up to the result. */
export function expectBooksToBalance(result: LoadResult, ticks: readonly LoadTick[]): void {
  const { ledger } = result
  const sum = (numberOf: (tick: LoadTick) => number, phase?: LoadTick['phase']): number =>
    ticks
      .filter((tick) => phase === undefined || tick.phase === phase)
      .reduce((total, tick) => total + numberOf(tick), 0)
  const total = (counts: Record<string, number>): number => Object.values(counts).reduce((all, count) => all + count, 0)

  expect(ledger.ok + ledger.http_error + ledger.lost + ledger.unfinished).toBe(ledger.due)
  expect(ledger.sent).toBeLessThanOrEqual(ledger.due)
  expect(total(result.statuses)).toBe(ledger.ok + ledger.http_error)
  expect(total(result.losses)).toBe(ledger.lost)
  expect(Histogram.decode(result.response).count).toBe(ledger.ok)
  expect(Histogram.decode(result.service).count).toBe(ledger.ok)
  expect(Histogram.decode(result.errorResponse).count).toBe(ledger.http_error)
  const instances = Object.values(result.instances)
  expect(instances.reduce((all, counts) => all + counts.answered, 0)).toBe(ledger.ok + ledger.http_error)
  expect(instances.reduce((all, counts) => all + Histogram.decode(counts.response).count, 0)).toBe(ledger.ok)

  expect(ticks[0]?.from).toBe(0)
  for (let i = 1; i < ticks.length; i++) expect(ticks[i]?.from).toBe(ticks[i - 1]?.to)
  for (const tick of ticks) {
    expect(total(tick.statuses)).toBe(tick.ok + tick.http_error)
    expect(total(tick.losses)).toBe(tick.lost)
    expect(Object.values(tick.instances).reduce((all, counts) => all + counts.answered, 0)).toBe(
      tick.ok + tick.http_error,
    )
  }
  // What turns out unsent later, too: in an open loop nothing is due while it drains.
  expect(sum((tick) => tick.due, 'measuring') + sum((tick) => tick.due, 'draining')).toBe(ledger.due)
  // In a tick an answer is counted when it comes, whenever it was due: only the whole run can be compared.
  const answers = Histogram.ofCounts(mergeCounts(ticks.map((tick) => tick.response))).count
  expect(answers).toBe(sum((tick) => tick.ok))
  expect(sum((tick) => tick.sent)).toBe(result.warmupRequests + ledger.sent)
  expect(sum((tick) => tick.ok + tick.http_error + tick.lost)).toBeGreaterThanOrEqual(
    ledger.ok + ledger.http_error + ledger.lost,
  )
  expect(sum((tick) => tick.ok + tick.http_error + tick.lost)).toBeLessThanOrEqual(sum((tick) => tick.sent))
}
