import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLine } from '../actions/grammar.js'
import { runError } from '../core/errors.js'
import { RECORD_SCHEMA, runRecordSchema } from '../core/record.js'
import { parseSlo } from '../core/slo.js'
import { createFakeLoadGenerator } from '../load/fake/fake-load-generator.js'
import type { HeaderField } from '../load/port.js'
import type { Probe } from '../probes/port.js'
import { Histogram } from '../stats/histogram.js'
import { closedLoad, heldGenerator, openLoad, planOf, startRun } from './testing/run-of.js'
import { stubStack } from './testing/stub-stack.js'

/** A signal that fires when the view has seen so much of the run. */
function stopAt(ms: number) {
  const controller = new AbortController()
  const update = ({ t_ms }: { t_ms: number }): void => {
    if (t_ms >= ms) controller.abort(new Error('Ctrl-C'))
  }
  return { signal: controller.signal, view: { update } }
}

const once = (read: Probe['read'], intervalMs = 20): Probe => ({ name: 'odd', intervalMs, read })

describe('a complete run', () => {
  it.each([openLoad(), closedLoad()])('of a $mode loop gives a whole record, written once', async (load) => {
    const plan = planOf(load, {
      expectations: [{ claim: 'fast', metric: 'latency.response_ms.p99', max: 1_000, replicas: 'same' }],
      objectives: parseSlo('errors<1%,p99<0.001ms'),
    })
    const { promise, records } = startRun(plan)
    const record = await promise
    expect(records).toEqual([record])
    // Parsing drops what the schema does not know: nothing may be dropped, and JSON must keep everything.
    expect(runRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record)
    expect(record).toMatchObject({
      schema: RECORD_SCHEMA,
      id: plan.id,
      scenario: 'lb-3',
      engine: 'fake',
      target: 'http://127.0.0.1:20000',
      status: 'complete',
      seed: 1,
      started_at: '2026-11-20T10:15:00.000Z',
      nodes: [{ id: 'api-1' }],
      load: { mode: load.mode, connections: 30, warmup_ms: 1_000, planned_ms: 4_000, measured_ms: 4_000 },
    })
    expect(record.verdicts.map(({ result }) => result)).toEqual(['pass', 'pass', 'fail'])
    expect(record.instances.map(({ id }) => id)).toEqual(['api-1', 'api-2', 'api-3'])
    expect(record.load.offered_rps).toBe(load.mode === 'open' ? 200 : null)
  })

  it('keeps what was requested, but no secrets', async () => {
    const headers: HeaderField[] = [
      ['Accept', 'text/html'],
      ['Authorization', 'Bearer x'],
      ['X-Api-Key', 'x'],
      ['Cookie', 'x'],
      ['x-csrf-token', 'x'],
    ]
    const requests = [{ method: 'POST', path: '/a?b=c', headers, body: Buffer.from('{}') }]
    const { promise } = startRun(planOf(openLoad()), { target: { origin: 'http://127.0.0.1:1', requests } })
    expect((await promise).load.request).toEqual({
      method: 'POST',
      path: '/a?b=c',
      headers: { Accept: 'text/html', Authorization: '***', 'X-Api-Key': '***', Cookie: '***', 'x-csrf-token': '***' },
      body: '{}',
    })
  })

  it('counts nothing of the warm-up, whatever its length, and every request once', async () => {
    const rps = fc.integer({ min: 5, max: 300 })
    const warmupMs = fc.integer({ min: 0, max: 3_000 })
    const seconds = fc.integer({ min: 1, max: 6 })
    await fc.assert(
      fc.asyncProperty(rps, warmupMs, seconds, fc.boolean(), async (rate, warmup, length, failing) => {
        const load = openLoad(rate, length * 1_000, { warmupMs: warmup })
        const generator = createFakeLoadGenerator({ originNs: 0n, status: (k) => (failing && k % 5 === 0 ? 503 : 200) })
        const { promise, snapshots } = startRun(planOf(load), { generator })
        const { load: measured, latency, instances, timeline, histograms } = await promise
        const { ledger } = measured
        // A moment on the very edge may fall on either side.
        expect(Math.abs(ledger.due - rate * length)).toBeLessThanOrEqual(1)
        expect(ledger.ok + ledger.http_error + ledger.lost + ledger.unfinished).toBe(ledger.due)
        expect(latency.response_ms.count).toBe(ledger.ok)
        expect(latency.error_response_ms.count).toBe(ledger.http_error)
        expect(Histogram.decode(histograms.response).percentiles()).toEqual(latency.response_ms)
        expect(instances.reduce((sum, instance) => sum + instance.requests, 0)).toBe(ledger.ok + ledger.http_error)
        expect(instances.reduce((sum, instance) => sum + instance.errors, 0)).toBe(ledger.http_error)
        // What was seen last is what is written: the views count as the record does.
        expect(snapshots.at(-1)).toMatchObject({ phase: 'done', ledger: { due: ledger.due } })
        const counting = snapshots.find(({ phase }) => phase === 'measuring')
        expect(counting?.ledger.due).toBeLessThanOrEqual(Math.ceil(rate / 2) + 1)
        const ends = timeline.map((row) => row.t_ms)
        expect(ends).toEqual(ends.toSorted((a, b) => a - b))
        // The chart shows the warm-up too: its ticks end before the counted part begins.
        expect(ends.at(-1)).toBeGreaterThanOrEqual(warmup + length * 1_000 - 1)
      }),
      { numRuns: 25 },
    )
  })

  it('says at once that all is errors, and does not call that overloaded', async () => {
    const generator = createFakeLoadGenerator({ originNs: 0n, status: () => 401 })
    const { promise, snapshots } = startRun(planOf(openLoad(200, 4_000)), { generator })
    const record = await promise
    const told =
      /no request has been answered well so far: 401 \(\d+ answers, text\/plain\): "no: 401"\. It wants credentials/
    const warned = snapshots.find(({ events }) => events.some(({ text }) => told.test(text)))
    expect(warned?.phase).toBe('warm-up')
    expect(record.events.filter(({ text }) => told.test(text))).toHaveLength(1)
    expect(record.load.errors).toEqual([
      { status: 401, answers: record.load.ledger.http_error, content_type: 'text/plain', body: 'no: 401', more: false },
    ])
    expect(record.validity.filter(({ doubt }) => doubt === 'overloaded')).toEqual([])
    expect(record.validity.find(({ check }) => check === 'offered-rate')).toMatchObject({
      value: null,
      reason: 'no request was answered well',
    })
  })

  it('warns of no errors once an answer was good', async () => {
    const generator = createFakeLoadGenerator({ originNs: 0n, status: (k) => (k === 0 ? 200 : 500) })
    const record = await startRun(planOf(openLoad(200, 4_000)), { generator }).promise
    expect(record.events.filter(({ level }) => level === 'warn')).toEqual([])
    expect(record.load.errors).toMatchObject([{ status: 500 }])
  })

  it('puts ticks and readings on one clock', async () => {
    const stack = stubStack(['balancer', 'api-1', 'api-2', 'api-3'])
    const probe = once(async () => [{ kind: 'node.health', node: 'api-1', value: 1, unit: '' }], 1)
    const generator = createFakeLoadGenerator({ originNs: 0n })
    const slow: typeof generator = {
      run: (request) =>
        generator.run({
          ...request,
          onTick(tick) {
            request.onTick(tick)
            // Lets a reading in between the ticks, which take no time here.
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3)
          },
        }),
    }
    const { promise, samples } = startRun(planOf(openLoad()), { stack, generator: slow, probes: [probe] })
    const record = await promise
    const times = samples.map(({ t }) => t)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(new Set(samples.map(({ kind }) => kind))).toEqual(
      new Set([
        'load.offered_rps',
        'load.achieved_rps',
        'load.http_errors',
        'load.lost',
        'generator.cpu_share',
        'generator.lateness_p99',
        'generator.busy_share',
        'generator.event_loop_p99',
        'generator.backlog',
        'instance.rps',
        'node.health',
      ]),
    )
    const ticks = samples.filter(({ kind }) => kind === 'load.achieved_rps')
    expect(ticks.slice(0, record.timeline.length).map(({ t }) => t)).toEqual(record.timeline.map((row) => row.t_ms))
    const readings = samples.filter(({ kind }) => kind === 'node.health')
    expect(readings.length).toBeGreaterThan(2)
    expect(readings.every(({ t, node }) => t >= 0 && t <= 5_500 && node === 'api-1')).toBe(true)
  })

  it('names instances by the addresses that the balancer gives', async () => {
    const stack = stubStack(['balancer', 'api-1', 'api-2', 'api-3'])
    // api-1 names itself in some answers; api-3 never answers; the balancer answers some itself.
    const generator = createFakeLoadGenerator({
      originNs: 0n,
      instances: ['127.0.0.1:20001', 'api-1', '127.0.0.1:20002', 'unknown'],
    })
    const { promise, samples, snapshots } = startRun(planOf(openLoad()), { stack, generator })
    const { instances, distribution, histograms } = await promise
    expect(instances.map(({ id, requests, weight }) => [id, requests, weight])).toEqual([
      ['api-1', 400, 1],
      ['api-2', 200, 1],
      ['api-3', 0, 1],
      ['unknown', 200, 0],
    ])
    expect(instances[0]?.share).toBeCloseTo(0.5)
    expect(distribution.max_deviation).toBeCloseTo(1)
    expect(Object.keys(histograms.instances).toSorted()).toEqual(['api-1', 'api-2', 'unknown'])
    expect(Histogram.decode(histograms.instances['api-1'] ?? '').percentiles().count).toBe(400)
    expect(instances[2]).toMatchObject({ p50_ms: null, p99_ms: null, rps: 0 })
    expect(new Set(samples.flatMap(({ node }) => (node === undefined ? [] : [node])))).toEqual(
      new Set(['api-1', 'api-2', 'unknown']),
    )
    expect(snapshots.at(-1)?.instances.find(({ id }) => id === 'api-1')?.requests).toBe(400)
  })

  it('knows only what it sees where no instances are planned', async () => {
    const { promise } = startRun(planOf(openLoad(), { instances: [], engine: null }), {
      generator: createFakeLoadGenerator({ originNs: 0n, instances: ['b:10', 'unknown', 'b:9', 'a:1'] }),
    })
    const { instances, distribution } = await promise
    expect(instances.map(({ id, weight }) => [id, weight])).toEqual([
      ['a:1', 1],
      ['b:9', 1],
      ['b:10', 1],
      ['unknown', 0],
    ])
    expect(distribution.max_deviation).toBeCloseTo(0, 1)
  })

  it('shows the phases in their order, and doubts only once they last', async () => {
    const generator = createFakeLoadGenerator({ originNs: 0n, health: { cpu: 0.99, eventLoopDelayMs: 1 } })
    const { promise, snapshots } = startRun(planOf(openLoad()), { generator })
    const record = await promise
    const phases = snapshots.map(({ phase }) => phase)
    const order = ['starting', 'warm-up', 'measuring', 'draining', 'done']
    expect(phases.map((phase) => order.indexOf(phase))).toEqual(
      phases.map((phase) => order.indexOf(phase)).toSorted((a, b) => a - b),
    )
    const doubted = snapshots.filter(({ doubts }) => doubts.length > 0)
    expect(doubted[0]?.doubts[0]).toMatchObject({ check: 'generator-cpu' })
    const measuring = snapshots.filter(({ phase }) => phase === 'measuring')
    expect(measuring.slice(0, 4).every(({ doubts }) => doubts.length === 0)).toBe(true)
    expect(record.validity.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(['generator-cpu'])
  })
})

describe('an interrupted run', () => {
  it('drains, tells what there was and writes it', async () => {
    const plan = planOf(openLoad(200, 30_000), { objectives: parseSlo('errors<1%') })
    const { promise, records } = startRun(plan, stopAt(3_000))
    const record = await promise
    expect(records).toEqual([record])
    expect(runRecordSchema.parse(record)).toEqual(record)
    expect(record.status).toBe('interrupted')
    expect(record.load.measured_ms).toBeGreaterThanOrEqual(2_000)
    expect(record.load.measured_ms).toBeLessThan(3_000)
    expect(record.load.planned_ms).toBe(30_000)
    expect(record.load.ledger).toMatchObject({ unfinished: 0, lost: 0 })
    expect(record.load.offered_rps).toBeCloseTo(200, -1)
    expect(record.load.achieved_rps).toBeCloseTo(200, -1)
    expect(record.verdicts).toMatchObject([{ result: 'unknown', reason: 'the run was interrupted' }])
    expect(record.events.at(-1)?.text).toMatch(/^stopped by hand after \d\.\d s of 31 s$/)
  })

  it.each([
    ['in the warm-up', 500, 200],
    ['before anything was due', 1_000, 0.01],
  ])('%s has a whole record too, with nothing in doubt that nobody measured', async (_, ms, rps) => {
    const { promise } = startRun(planOf(openLoad(rps, 30_000)), stopAt(ms))
    const record = await promise
    expect(runRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record)
    expect(record.status).toBe('interrupted')
    expect(record.load.ledger.due).toBe(0)
    expect(record.load.achieved_rps).toBe(0)
    expect(record.validity.filter(({ ok }) => !ok)).toEqual([])
  })

  it('counts as interrupted when the signal comes at the very end', async () => {
    const { promise } = startRun(planOf(openLoad(200, 1_000)), stopAt(2_000))
    expect((await promise).status).toBe('interrupted')
  })
})

describe('a sink that fails', () => {
  it('at samples does not stop the run: the record is written, then the failure told', async () => {
    const full = runError('no space left')
    let tries = 0
    const sink = {
      async appendSamples() {
        tries += 1
        throw full
      },
      async writeRecord() {},
    }
    const { promise, records, snapshots } = startRun(planOf(openLoad()), { sink })
    await expect(promise).rejects.toBe(full)
    expect(tries).toBeGreaterThan(5)
    expect(records).toHaveLength(1)
    expect(records[0]?.status).toBe('complete')
    expect(snapshots.at(-1)?.phase).toBe('done')
  })

  it('for a while leaves the samples of the rest', async () => {
    let tries = 0
    const sink = {
      async appendSamples() {
        tries += 1
        if (tries <= 2) throw runError('busy')
      },
      async writeRecord() {},
    }
    const { promise, samples } = startRun(planOf(openLoad()), { sink })
    await expect(promise).rejects.toThrow('busy')
    expect(samples.length).toBeGreaterThan(20)
  })

  it('at the record is told', async () => {
    const sink = {
      async appendSamples() {},
      async writeRecord() {
        throw runError('no space left')
      },
    }
    await expect(startRun(planOf(openLoad()), { sink }).promise).rejects.toThrow('no space left')
  })
})

describe('probes', () => {
  it('that throw are told once and tried again, and the others go on', async () => {
    let reads = 0
    const failing = once(async () => {
      reads += 1
      throw new Error('no such file')
    }, 5)
    const good = { ...once(async () => [{ kind: 'good', value: 1, unit: '' }], 5), name: 'good' }
    const { promise, samples } = startRun(planOf(openLoad()), {
      generator: heldGenerator(pause(80)),
      monotonic: () => process.hrtime.bigint(),
      probes: [failing, good],
    })
    const record = await promise
    expect(record.status).toBe('complete')
    expect(record.events.map(({ level, text }) => [level, text])).toEqual([['warn', 'probe odd failed: no such file']])
    expect(reads).toBeGreaterThan(1)
    expect(samples.filter(({ kind }) => kind === 'good').length).toBeGreaterThan(1)
  })

  it('that throw before they promise anything are no different', async () => {
    const probe = once(() => {
      throw new TypeError('not even a promise')
    })
    const record = await startRun(planOf(openLoad()), { probes: [probe] }).promise
    expect(record.events.map(({ text }) => text)).toEqual(['probe odd failed: not even a promise'])
  })

  it('that hang do not hold up the end of the run', async () => {
    let asked = 0
    const hanging = once(() => {
      asked += 1
      return new Promise(() => {})
    }, 1)
    const { promise, records } = startRun(planOf(openLoad()), { probes: [hanging] })
    expect((await promise).status).toBe('complete')
    expect(records).toHaveLength(1)
    expect(asked).toBe(1)
  })

  it('see the nodes and their use through the stack, and an empty lab without one', async () => {
    const usage = [{ id: 'api-1', cpuSeconds: 1, memoryBytes: 2 }]
    const seen: unknown[] = []
    const looking = once(async (context) => {
      seen.push([(await context.nodes()).map(({ id }) => id), await context.usage()])
      return []
    }, 10_000)
    const stack = stubStack(['balancer', 'api-1'], { usage: async () => usage })
    await startRun(planOf(openLoad()), { stack, probes: [looking] }).promise
    await startRun(planOf(openLoad()), { probes: [looking] }).promise
    expect(seen).toEqual([
      [['balancer', 'api-1'], usage],
      [[], []],
    ])
  })

  it('tell the views and the checks', async () => {
    const readings = [
      { kind: 'host.cpu_share', value: 0.99, unit: 'share' },
      { kind: 'host.steal_share', value: 0.2, unit: 'share' },
      { kind: 'node.health', node: 'api-1', value: 1, unit: '' },
      { kind: 'node.health', node: 'api-2', value: 0.5, unit: '' },
      { kind: 'node.health', node: 'api-3', value: 0, unit: '' },
      { kind: 'node.cpu_percent', node: 'api-1', value: 80, unit: '%' },
      { kind: 'node.memory_mib', node: 'api-1', value: 64, unit: 'MiB' },
      { kind: 'node.memory_mib', node: 'balancer', value: 9, unit: 'MiB' },
    ]
    const { promise, snapshots } = startRun(planOf(openLoad(200, 4_000, { warmupMs: 0 })), {
      generator: heldGenerator(pause(60)),
      monotonic: () => process.hrtime.bigint(),
      probes: [once(async () => readings, 5)],
      view: { update: () => undefined },
    })
    const record = await promise
    const rows = snapshots.at(-1)?.instances ?? []
    expect(rows.map(({ id, health }) => [id, health])).toEqual([
      ['api-1', 'ok'],
      ['api-2', 'overloaded'],
      ['api-3', 'down'],
    ])
    expect(rows[0]).toMatchObject({ cpu_percent: 80, memory_mib: 64 })
    expect(rows[1]).toMatchObject({ cpu_percent: null, memory_mib: null })
    expect(record.status).toBe('complete')
  })
})

describe('a generator that fails', () => {
  it('ends the run with its error, the probes ended and what was done to the stack taken back', async () => {
    const stack = stubStack(['balancer', 'api-1'])
    let reads = 0
    const probe = once(async () => {
      reads += 1
      return []
    }, 1)
    const { promise, records } = startRun(
      planOf(openLoad(200, 4_000, { warmupMs: 0 }), {
        timeline: [parseLine('0s kill api-1', 'a test')],
      }),
      {
        stack,
        probes: [probe],
        monotonic: () => process.hrtime.bigint(),
        generator: {
          async run({ onStart }) {
            onStart(process.hrtime.bigint())
            await pause(30)
            throw runError('the generator died')
          },
        },
      },
    )
    await expect(promise).rejects.toThrow('the generator died')
    expect(records).toEqual([])
    expect(stack.calls).toEqual(['kill api-1', 'restart api-1'])
    const before = reads
    await pause(20)
    expect(reads).toBe(before)
  })
})
