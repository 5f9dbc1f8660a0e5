import { COMPARISON_SCHEMA, type ComparedRun, type Comparison } from '../../core/comparison.js'
import type { RunRecord } from '../../core/record.js'
import { checked, doubtsOf } from '../../core/validity.js'
import { orderOf } from '../../run/blocks.js'
import { type ComparedResults, comparedResults } from '../../stats/compared-runs.js'
import { gatherRuns } from '../gathered.js'
import { makeRecord } from './made-up-record.js'

const METRICS = [
  'load.achieved_rps',
  'latency.response_ms.p50',
  'latency.response_ms.p99',
  'load.error_share',
  'replication.lag_ms.mean',
]

export interface MadeUp {
  name: string
  instances: number
  meanMs: number
  set?: Record<string, string>
}

/** A comparison whose runs are simulated, one after another as the blocks have them. */
export function makeComparison(
  variants: readonly MadeUp[],
  blocks: number,
  change: Partial<Comparison> = {},
  changeRun: (record: RunRecord, block: number, variant: string) => RunRecord = (record) => record,
): { comparison: Comparison; records: Map<string, RunRecord> } {
  const planned: Comparison = {
    schema: COMPARISON_SCHEMA,
    id: 'single-lb-3/2025-11-20T10:00:00.000Z',
    kind: 'compare',
    name: 'single-lb-3',
    question: `How do ${variants.map(({ name }) => name).join(', ')} differ?`,
    reading: null,
    command: 'scalelab compare single lb-3',
    started_at: '2025-11-20T10:00:00.000Z',
    ended_at: '2025-11-20T10:04:00.000Z',
    status: 'complete',
    seed: 1,
    blocks,
    margin: 0.03,
    metrics: METRICS,
    baseline: variants[0]?.name ?? '',
    set: { duration: '2s', warmup: '2s' },
    act: null,
    variants: variants.map(({ name, instances, set = {} }) => ({
      name,
      scenario: instances === 1 ? 'single' : `lb-${instances}`,
      set,
      failure: null,
    })),
    order: [],
    runs: [],
    levels: [],
    draws: null,
    expect: [],
    ...change,
  }
  const order = Array.from({ length: blocks }, (_, i) => orderOf(planned, i + 1))
  const records = new Map<string, RunRecord>()
  const runs = order.flatMap((names, i) =>
    names.flatMap((name, k): ComparedRun[] => {
      const made = variants.find((variant) => variant.name === name)
      const failure = planned.variants.find((variant) => variant.name === name)?.failure ?? null
      if (made === undefined) return []
      const block = i + 1
      if (failure !== null)
        return block === 1
          ? [{ block, variant: name, record: null, doubts: [], failure, ended_at: planned.started_at }]
          : []
      const path = `runs/${name.replaceAll(' ', '-')}/block-${block}`
      const record = changeRun(
        makeRecord({
          scenario: made.instances === 1 ? 'single' : `lb-${made.instances}`,
          queue: {
            seed: block * 100 + variants.indexOf(made) * 7 + k,
            instances: made.instances,
            meanMs: made.meanMs,
            connections: 20,
          },
          measuredMs: 2_000,
        }),
        block,
        name,
      )
      records.set(path, record)
      return [
        {
          block,
          variant: name,
          record: path,
          doubts: doubtsOf(record.validity),
          failure: null,
          ended_at: record.ended_at,
        },
      ]
    }),
  )
  return { comparison: { ...planned, order, runs }, records }
}

const results = (...given: Parameters<typeof makeComparison>): ComparedResults => {
  const { comparison, records } = makeComparison(...given)
  return comparedResults(comparison, records)
}

const SINGLE = { name: 'single', instances: 1, meanMs: 2 }
const LB3 = { name: 'lb-3', instances: 3, meanMs: 2 }

/** One instance against three: a difference that nobody can miss, with claims on it. */
export const oneAgainstThree = (): ComparedResults =>
  results([SINGLE, LB3], 10, {
    expect: [
      {
        claim: 'three instances answer three times the requests of one',
        source: 'document 000, claim 2',
        metric: 'load.achieved_rps',
        variant: 'lb-3',
        of: 'ratio',
        min: 2.7,
        max: 3.3,
      },
      {
        claim: 'three instances answer ten times the requests of one',
        metric: 'rps',
        variant: 'lb-3',
        of: 'ratio',
        min: 10,
        if_missed: 'three of something are three times as many',
      },
      { claim: 'one serves about 500 requests/s', metric: 'rps', variant: 'single', of: 'value', min: 400, max: 600 },
    ],
  })

/** Three variants, of which one is the same as the baseline, and one a third slower. */
export const alike = (): ComparedResults =>
  results(
    [
      { name: 'a', instances: 1, meanMs: 2 },
      { name: 'b', instances: 1, meanMs: 2 },
      { name: 'c service-time=2.6ms', instances: 1, meanMs: 2.6, set: { 'service-time': '2.6ms' } },
    ],
    10,
    { name: 'alike', baseline: 'a', margin: 0.05 },
  )

/** A variant that cannot run, and a laboratory that was full in half of the runs of another. */
export const inDoubt = (): ComparedResults =>
  results(
    [SINGLE, LB3, { name: 'repl-2', instances: 2, meanMs: 2 }],
    6,
    {
      status: 'failed',
      variants: [
        { name: 'single', scenario: 'single', set: {}, failure: null },
        { name: 'lb-3', scenario: 'lb-3', set: {}, failure: null },
        { name: 'repl-2', scenario: 'repl-2', set: {}, failure: 'PostgreSQL is not there <b>' },
      ],
    },
    (record, block, variant) =>
      variant === 'lb-3' && block % 2 === 0
        ? { ...record, validity: [...record.validity, checked('host-cpu', 0.99, 0.97)] }
        : record,
  )

/** Interrupted in its third block. */
export const cutOff = (): ComparedResults => results([SINGLE, LB3], 3, { blocks: 10, status: 'interrupted' })

/** One variant against itself, with enough runs to draw comparisons from. */
export const againstItself = (): ComparedResults =>
  results([SINGLE], 24, {
    kind: 'aa',
    name: 'aa-single',
    question: 'How often is single found to differ from itself?',
    draws: 100,
  })

const LEVELS = [1, 2, 3, 4, 6, 8]

/** Capacity of 1 to 8 instances, and of one with two and with four times the workers (simulated as faster ones). */
export const scaled = (blocks = 4, levels: readonly number[] = LEVELS): ComparedResults =>
  results(
    [
      ...levels.map((n) => ({ name: `lb-${n}`, instances: n, meanMs: 2 })),
      ...[2, 4]
        .filter((n) => levels.includes(n))
        .map((n) => ({ name: `single workers=${n}`, instances: 1, meanMs: 2 / n, set: { workers: String(n) } })),
    ],
    blocks,
    {
      kind: 'scaling',
      name: 'scaling-lb',
      id: 'scaling-lb/2025-11-20T10:00:00.000Z',
      question: 'How does capacity grow with the number of API instances behind the balancer?',
      metrics: ['load.achieved_rps'],
      levels: [
        ...levels.map((n) => ({ variant: `lb-${n}`, way: 'horizontal' as const, n })),
        ...[2, 4]
          .filter((n) => levels.includes(n))
          .map((n) => ({ variant: `single workers=${n}`, way: 'vertical' as const, n })),
      ],
    },
  )

/** What comes of runs that are there, each in a folder of its own. */
export const gathered = (records: readonly RunRecord[]): ComparedResults =>
  gatherRuns(
    records.map((record, i) => ({ record, path: `../../../run-${i + 1}` })),
    'scalelab report reports/run-*',
  ).results
