import { describe, expect, it } from 'vitest'
import type { RunRecord } from '../../core/record.js'
import { checked } from '../../core/validity.js'
import { type RunTheory, theoryOf } from '../../stats/run-theory.js'
import { makeRecord, type RunOptions } from '../testing/made-up-record.js'
import * as records from '../testing/records.js'
import { theorySection } from './theory.js'

/** A run at a rate of requests/s, at random moments, of 60 s: simulated. */
function run(rps: number, queue: Partial<RunOptions['queue']> = {}): RunRecord {
  return makeRecord({
    scenario: 'made-up',
    queue: { seed: 1, instances: 1, meanMs: 2, connections: 400, arrival: 'poisson', ...queue },
    stages: [{ duration_ms: 60_000, rps }],
    measuredMs: 60_000,
  })
}

function changed(record: RunRecord, parameters: Record<string, unknown>): RunRecord {
  return { ...record, parameters: { ...record.parameters, ...parameters } }
}

function theory(record: RunRecord): RunTheory {
  const found = theoryOf(record)
  if (found === null || 'fails' in found) throw new Error(`no theory: ${JSON.stringify(found)}`)
  return found
}

const section = (record: RunRecord): string => theorySection(record).join('\n\n')

describe('theoryOf', () => {
  it.each([
    ['M/M/1', 250, {}],
    ['M/M/1', 400, { seed: 4 }],
    ['D/M/1', 300, { arrival: 'uniform' as const }],
    ['E3/M/1', 900, { instances: 3 }],
  ])('predicts what is measured: %s at %d/s', (model, rps, queue) => {
    const { predictions, measured, floorMs, spread } = theory(run(rps, queue))
    const own = predictions.filter((prediction) => prediction.own)
    expect(own.map((prediction) => prediction.model)).toEqual([model])
    // The simulated instances answer 0.3 ms after they are done.
    expect(floorMs).toBeCloseTo(0.3, 2)
    for (const figure of ['mean', 'p50', 'p95', 'p99'] as const) {
      const off = (measured[figure] ?? 0) / (own[0]?.[figure] ?? 0) - 1
      // Percentiles scatter more than the mean does.
      expect(Math.abs(off), figure).toBeLessThan(figure === 'mean' ? 3 * spread : 0.15)
    }
  })

  it('takes arrivals as they came', () => {
    const record = run(250)
    const { arrivals, utilisation } = theory(record)
    expect(arrivals).toBeCloseTo(record.load.ledger.due / 60, 6)
    expect(arrivals).not.toBe(250)
    expect(utilisation).toBeCloseTo(arrivals * 0.002, 9)
  })

  it('orders what balancers can reach, from one queue to chance', () => {
    const { predictions } = theory(run(1_200, { instances: 3 }))
    expect(predictions.map(({ model }) => model)).toEqual(['M/M/3', 'best of two', 'E3/M/1', '3 x M/M/1'])
    const [shared, , turns, random] = predictions.map(({ p99 }) => p99 ?? 0)
    expect(shared).toBeLessThan(turns ?? 0)
    expect(turns).toBeLessThan(random ?? 0)
  })

  it('knows several workers, and the mean of other service times', () => {
    const work = { kind: 'model', workers: 2, distribution: 'exp', mean_ms: 2, queue_limit: 1_000 }
    const of = (record: RunRecord): string[] => theory(record).predictions.map(({ model }) => model)
    expect(of(changed(run(500), { work }))).toEqual(['M/M/2'])
    expect(of(changed(run(900, { instances: 3 }), { work }))).toEqual(['M/M/6', '3 x M/M/2'])
    const fixed = theory(changed(run(250), { work: { ...work, workers: 1, distribution: 'fixed' } }))
    expect(fixed.predictions).toMatchObject([{ model: 'M/D/1', p50: null, p99: null }])
    // s + s rho / (2 (1 - rho)) with rho about a half.
    expect((fixed.predictions[0]?.mean ?? 0) - fixed.floorMs).toBeCloseTo(
      2 + fixed.utilisation / (1 - fixed.utilisation),
      6,
    )
  })
})

describe('theorySection', () => {
  it('says whether chance explains the deviation', () => {
    const record = run(250)
    expect(section(record)).toMatch(/The measured mean is [\d.]+ % (above|below) the prediction\. .*which explains it/)
    const slow = { ...record, latency: { ...record.latency, response_ms: { ...record.latency.response_ms, mean: 6 } } }
    expect(section(slow)).toContain('which does not explain it: what a request costs beside the model')
  })

  it('holds least-conn between one queue for all and a queue for each', () => {
    const record = changed(run(1_200, { instances: 3 }), { strategy: 'least-conn' })
    const figures = (mean: number, p99: number): RunRecord => ({
      ...record,
      latency: {
        ...record.latency,
        response_ms: { ...record.latency.response_ms, mean, p50: 4, p95: 14, p99 },
        service_ms: { ...record.latency.service_ms, p99 },
      },
    })
    expect(section(figures(5, 20))).toContain('**It does**')
    expect(section(figures(3, 20))).toMatch(/It does, except that its mean is \d+\.\d % below M\/M\/3\./)
    expect(section(figures(5, 80))).toMatch(/It does, except that its p99 is \d+\.\d % above 3 x M\/M\/1\./)
  })

  const poisson = run(250)
  const model = { kind: 'model', workers: 1, distribution: 'exp', mean_ms: 2, queue_limit: 1_000 }
  const three = run(600, { instances: 3 })
  const uniform = run(600, { instances: 3, arrival: 'uniform' })
  it.each<[string, RunRecord]>([
    ['in a closed loop requests come when others were answered', records.single()],
    ['what a request costs your own application', records.ownApplication()],
    ['what a request costs the system is not known', records.external()],
    ['the stack was changed while it ran', records.outage()],
    ['of the requests were not answered well', records.outage()],
    ['weights of 3, 1, 1 load instances differently', records.weighted()],
    ['ip-hash deals out clients', changed(three, { strategy: 'ip-hash' })],
    ['the run is in doubt (host-limited)', { ...poisson, validity: [checked('host-cpu', 0.99, 0.97)] }],
    ['the run failed', { ...poisson, status: 'failed' }],
    ['more came', run(520)],
    [
      'the offered rate changes (2 stages)',
      { ...poisson, load: { ...poisson.load, stages: [...poisson.load.stages, ...poisson.load.stages] } },
    ],
    ['requests compute on processors', changed(poisson, { work: { kind: 'cpu', ms: 2 } })],
    ['costs the instances nothing', changed(poisson, { work: { kind: 'none' } })],
    [
      'does not serve /health',
      { ...poisson, load: { ...poisson.load, request: { ...poisson.load.request, path: '/health' } } },
    ],
    [
      'is fixed and not exponential, with several instances',
      changed(three, { work: { ...model, distribution: 'fixed' } }),
    ],
    ['come at equal distances and not at random', changed(uniform, { strategy: 'least-conn' })],
    ['waited for one of 2 connections', run(600, { instances: 3, connections: 2 })],
    ['nothing was answered well', records.nothing()],
  ])('says which assumption fails: %s', (words, record) => {
    const text = section(record)
    expect(text).toContain('Queueing theory has no figures for this run: ')
    expect(text).toContain(words)
    expect(text).not.toContain('| measured')
  })
})
