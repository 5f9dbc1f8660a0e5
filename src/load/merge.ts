import { addLedgers } from '../core/load.js'
import { mergeCounts, mergeEncoded } from '../stats/histogram.js'
import { MOST_FAILURES } from './journal-tally.js'
import type { ClientAnswers, GeneratorHealth, InstanceCounts, Journal, LoadResult, LoadTick } from './port.js'

/** One tick out of those that several generators report for the same stretch. Throws Error when there is none. */
export function mergeTicks(ticks: readonly LoadTick[]): LoadTick {
  const [first] = ticks
  if (first === undefined) throw new Error('no ticks to merge')
  if (ticks.length === 1) return first
  return {
    from: Math.min(...ticks.map((tick) => tick.from)),
    to: Math.max(...ticks.map((tick) => tick.to)),
    phase: first.phase,
    due: sum(ticks, (tick) => tick.due),
    sent: sum(ticks, (tick) => tick.sent),
    ok: sum(ticks, (tick) => tick.ok),
    http_error: sum(ticks, (tick) => tick.http_error),
    lost: sum(ticks, (tick) => tick.lost),
    ...mergeAnswers(ticks, mergeCounts),
  }
}

/** The result of all generators together. Throws Error when there is none. */
export function mergeResults(results: readonly LoadResult[]): LoadResult {
  const [first] = results
  if (first === undefined) throw new Error('no results to merge')
  if (results.length === 1) return first
  return {
    generators: sum(results, (result) => result.generators),
    ledger: results.map((result) => result.ledger).reduce(addLedgers),
    warmupRequests: sum(results, (result) => result.warmupRequests),
    measuredMs: Math.max(...results.map((result) => result.measuredMs)),
    achievedRps: sum(results, (result) => result.achievedRps),
    goodputRps: sum(results, (result) => result.goodputRps),
    clients: mergeClients(results.map((result) => result.clients)),
    ...mergeAnswers(results, mergeEncoded),
    complete: results.every((result) => result.complete),
  }
}

/** What ticks and results have in common, but for how their histograms are kept. */
interface Answers<H>
  extends Pick<LoadTick, 'statuses' | 'losses' | 'errors' | 'connectFailures' | 'generator' | 'journal'> {
  response: H
  service: H
  errorResponse: H
  instances: Record<string, InstanceCounts<H>>
}

function mergeAnswers<H>(parts: readonly Answers<H>[], mergeHistograms: (histograms: readonly H[]) => H): Answers<H> {
  return {
    statuses: sumByKey(parts.map(({ statuses }) => statuses)),
    losses: sumByKey(parts.map(({ losses }) => losses)),
    errors: firstByKey(parts.map(({ errors }) => errors)),
    connectFailures: sumByKey(parts.map(({ connectFailures }) => connectFailures)),
    response: mergeHistograms(parts.map(({ response }) => response)),
    service: mergeHistograms(parts.map(({ service }) => service)),
    errorResponse: mergeHistograms(parts.map(({ errorResponse }) => errorResponse)),
    instances: mergeInstances(
      parts.map(({ instances }) => instances),
      mergeHistograms,
    ),
    generator: worst(parts.map(({ generator }) => generator)),
    journal: mergeJournals(parts.map(({ journal }) => journal)),
  }
}

/** The worst of each; the backlog, which is no property of a process but of the system under test, is summed up. */
function worst(health: readonly GeneratorHealth[]): GeneratorHealth {
  return {
    cpu: Math.max(...health.map(({ cpu }) => cpu)),
    busy: Math.max(...health.map(({ busy }) => busy)),
    pausedMs: Math.max(...health.map(({ pausedMs }) => pausedMs)),
    eventLoopDelayMs: Math.max(...health.map(({ eventLoopDelayMs }) => eventLoopDelayMs)),
    latenessMs: Math.max(...health.map(({ latenessMs }) => latenessMs)),
    backlog: sum(health, ({ backlog }) => backlog),
  }
}

function mergeInstances<H>(
  parts: readonly Record<string, InstanceCounts<H>>[],
  mergeHistograms: (histograms: readonly H[]) => H,
): Record<string, InstanceCounts<H>> {
  const merged: Record<string, InstanceCounts<H>> = {}
  for (const id of new Set(parts.flatMap((part) => Object.keys(part)))) {
    const counts = parts.flatMap((part) => part[id] ?? [])
    merged[id] = {
      answered: sum(counts, ({ answered }) => answered),
      http_error: sum(counts, ({ http_error }) => http_error),
      response: mergeHistograms(counts.map(({ response }) => response)),
    }
  }
  return merged
}

/** Null where one generator could not tell: the others know only a part of it. */
function mergeClients(parts: readonly (ClientAnswers | null)[]): ClientAnswers | null {
  const known = parts.filter((part) => part !== null)
  if (known.length < parts.length) return null
  const merged: ClientAnswers = {}
  for (const id of new Set(known.flatMap((part) => Object.keys(part)))) {
    const counts = known.flatMap((part) => (part[id] === undefined ? [] : [part[id]]))
    merged[id] = (counts[0] ?? []).map((_, client) => sum(counts, (each) => each[client] ?? 0))
  }
  return merged
}

/** In the order in which requests ended; null where there is none. */
function mergeJournals(parts: readonly (Journal | null)[]): Journal | null {
  const journals = parts.filter((part) => part !== null)
  if (journals.length === 0) return null
  const nodes: Journal['nodes'] = {}
  for (const id of new Set(journals.flatMap((journal) => Object.keys(journal.nodes)))) {
    nodes[id] = sumByKey(journals.map((journal) => journal.nodes[id] ?? {}))
  }
  const latency: Journal['latency'] = {}
  for (const id of new Set(journals.flatMap((journal) => Object.keys(journal.latency)))) {
    latency[id] = mergeEncoded(journals.flatMap((journal) => journal.latency[id] ?? []))
  }
  return {
    writes: journals.flatMap(({ writes }) => writes).toSorted((a, b) => a.done_ms - b.done_ms),
    reads: {
      checked: sum(journals, ({ reads }) => reads.checked),
      stale: sum(journals, ({ reads }) => reads.stale),
      backwards: sum(journals, ({ reads }) => reads.backwards),
      age: mergeEncoded(journals.map(({ reads }) => reads.age)),
    },
    failures: journals
      .flatMap(({ failures }) => failures)
      .toSorted((a, b) => a.done_ms - b.done_ms)
      .slice(0, MOST_FAILURES),
    nodes,
    latency,
    gathered: sum(journals, ({ gathered }) => gathered),
  }
}

function sumByKey(records: readonly Record<string, number>[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const record of records) {
    for (const [key, count] of Object.entries(record)) total[key] = (total[key] ?? 0) + count
  }
  return total
}

function firstByKey<T>(records: readonly Record<string, T>[]): Record<string, T> {
  return Object.assign({}, ...records.toReversed()) as Record<string, T>
}

function sum<T>(items: readonly T[], numberOf: (item: T) => number): number {
  return items.reduce((total, item) => total + numberOf(item), 0)
}
