import type { Instance, Percentiles, RunRecord, Verdict } from '../core/record.js'
import { distribution } from './distribution.js'
import { mergeEncoded } from './histogram.js'
import { median } from './quantiles.js'

/**
 * Repeats as one record: rates and percentiles are medians over the runs, counts are sums, histograms hold the answers
 * of all. What belongs to one run alone (its timeline, its events, its drill) is left out.
 */
export function pooled(records: readonly [RunRecord, ...RunRecord[]]): RunRecord {
  const [first] = records
  if (records.length === 1) return first
  const { replication, databases, writes, reads, trial, sharding, reshard, up_ms, ...common } = first
  const loads = records.map(({ load }) => load)
  const middle = (read: (record: RunRecord) => number): number => median(records.map(read)) ?? 0
  const sum = (read: (load: RunRecord['load']) => number): number =>
    loads.reduce((total, load) => total + read(load), 0)
  const instances = pooledInstances(records)
  return {
    ...common,
    id: `${first.id} and ${records.length - 1} more`,
    ended_at: records.at(-1)?.ended_at ?? first.ended_at,
    status: records.find(({ status }) => status !== 'complete')?.status ?? 'complete',
    load: {
      ...first.load,
      // What errors said is of one run.
      errors: undefined,
      connect_failures: undefined,
      measured_ms: middle(({ load }) => load.measured_ms),
      planned_ms: middle(({ load }) => load.planned_ms),
      achieved_rps: middle(({ load }) => load.achieved_rps),
      goodput_rps: middle(({ load }) => load.goodput_rps),
      ledger: {
        due: sum(({ ledger }) => ledger.due),
        sent: sum(({ ledger }) => ledger.sent),
        ok: sum(({ ledger }) => ledger.ok),
        http_error: sum(({ ledger }) => ledger.http_error),
        lost: sum(({ ledger }) => ledger.lost),
        unfinished: sum(({ ledger }) => ledger.unfinished),
      },
      statuses: added(loads.map(({ statuses }) => statuses)),
      losses: added(loads.map(({ losses }) => losses)),
      warmup_requests: sum(({ warmup_requests }) => warmup_requests),
    },
    latency: {
      response_ms: middlePercentiles(records.map(({ latency }) => latency.response_ms)),
      service_ms: middlePercentiles(records.map(({ latency }) => latency.service_ms)),
      error_response_ms: middlePercentiles(records.map(({ latency }) => latency.error_response_ms)),
    },
    instances,
    distribution: distribution(instances),
    ...(first.clients === undefined ? {} : { clients: pooledClients(records) }),
    validity: worst(records),
    verdicts: pooledVerdicts(records.map(({ verdicts }) => verdicts)),
    events: [],
    timeline: [],
    histograms: {
      response: mergeEncoded(records.map(({ histograms }) => histograms.response)),
      service: mergeEncoded(records.map(({ histograms }) => histograms.service)),
      instances: {},
    },
  }
}

/** A client is another one in each run. */
function pooledClients(records: readonly RunRecord[]): NonNullable<RunRecord['clients']> {
  const all = records.flatMap(({ clients }) => clients ?? [])
  return {
    answered_again: all.reduce((sum, clients) => sum + clients.answered_again, 0),
    on_one_instance: all.reduce((sum, clients) => sum + clients.on_one_instance, 0),
  }
}

function added(counts: readonly Record<string, number>[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const [name, number] of counts.flatMap((each) => Object.entries(each))) total[name] = (total[name] ?? 0) + number
  return total
}

function middlePercentiles(all: readonly Percentiles[]): Percentiles {
  const middle = (name: keyof Percentiles): number | null =>
    median(all.map((percentiles) => percentiles[name]).filter((value) => value !== null))
  return {
    count: all.reduce((total, { count }) => total + count, 0),
    mean: middle('mean'),
    p50: middle('p50'),
    p90: middle('p90'),
    p95: middle('p95'),
    p99: middle('p99'),
    p99_9: middle('p99_9'),
    max: middle('max'),
  }
}

function pooledInstances(records: readonly RunRecord[]): Instance[] {
  const rows = records.flatMap(({ instances }) => instances)
  const answers = rows.reduce((total, { requests }) => total + requests, 0)
  return [...new Set(rows.map(({ id }) => id))].map((id) => {
    const mine = rows.filter((row) => row.id === id)
    const requests = mine.reduce((total, row) => total + row.requests, 0)
    const middle = (read: (row: Instance) => number | null): number | null =>
      median(mine.map(read).filter((value) => value !== null))
    return {
      id,
      requests,
      share: answers === 0 ? 0 : requests / answers,
      weight: mine[0]?.weight ?? 0,
      rps: middle(({ rps }) => rps) ?? 0,
      p50_ms: middle(({ p50_ms }) => p50_ms),
      p99_ms: middle(({ p99_ms }) => p99_ms),
      errors: mine.reduce((total, row) => total + row.errors, 0),
    }
  })
}

/** Of each check the first that failed, else the first: a doubt about one repeat is a doubt about them all. */
function worst(records: readonly RunRecord[]): RunRecord['validity'] {
  const all = records.flatMap(({ validity }) => validity)
  return [...new Set(all.map(({ check }) => check))].flatMap((check) => {
    const rows = all.filter((row) => row.check === check)
    return rows.find(({ ok }) => !ok) ?? rows[0] ?? []
  })
}

/** Each claim once: missed when any run misses it, unknown when one cannot tell, its measured value the median. */
export function pooledVerdicts(all: readonly (readonly Verdict[])[]): Verdict[] {
  const verdicts = all.flat()
  const keyOf = ({ claim, metric, expected }: Verdict): string => JSON.stringify([claim, metric, expected])
  return [...new Set(verdicts.map(keyOf))].flatMap((key) => {
    const same = verdicts.filter((verdict) => keyOf(verdict) === key)
    const [first] = same
    if (first === undefined) return []
    const grave = same.find(({ result }) => result === 'fail') ?? same.find(({ result }) => result === 'unknown')
    const passed = same.filter(({ result }) => result === 'pass').length
    const mixed = grave !== undefined && same.length > 1 && passed > 0
    return {
      ...(grave ?? first),
      measured: median(same.map(({ measured }) => measured).filter((value) => value !== null)),
      reason: mixed ? `holds in ${passed} of ${same.length} runs` : (grave?.reason ?? null),
    }
  })
}
