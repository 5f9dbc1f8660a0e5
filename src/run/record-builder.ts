import type { ActionRecord } from '../core/actions.js'
import { shownBody } from '../core/error-answers.js'
import { shownValue } from '../core/header-secrets.js'
import { measuredMs, offeredRps, stretchesOf } from '../core/load.js'
import { type Instance, RECORD_SCHEMA, type RunRecord, type Validity } from '../core/record.js'
import type { WritesRecord } from '../core/replication.js'
import { verdictsOf } from '../core/verdict.js'
import type { ClientAnswers, InstanceCounts, Journal, LoadResult, LoadTarget } from '../load/port.js'
import { clientInstances } from '../stats/client-instances.js'
import { distribution } from '../stats/distribution.js'
import { Histogram, mergeEncoded } from '../stats/histogram.js'
import { lagOfPercentiles } from '../stats/lag.js'
import type { Acted } from './act.js'
import type { Drilled } from './drill.js'
import { ledgerOf } from './ledger.js'
import { kindOf, type RunPlan } from './plan.js'
import type { RunState } from './run-state.js'
import { reshardOf, type ShardAudit, shardingOf } from './sharding.js'
import { trialOf } from './trial.js'
import { validityOf } from './validity.js'

export interface RecordInput {
  plan: RunPlan
  target: LoadTarget
  nodes: RunRecord['nodes']
  environment: RunRecord['environment']
  startedAt: Date
  endedAt: Date
  status: RunRecord['status']
  result: LoadResult
  state: RunState
  /** What was done to the stack while the load ran. */
  actions: ActionRecord[]
  /** What acted beside the load and ended it; null for a run without. */
  acted: Acted | null
  /** What the shards say once the load has ended; null where there are none, or they could not be asked. */
  audit: ShardAudit | null
  /** The ledger held against the database; null where there was none to hold. */
  writes: WritesRecord | null
  /** How long the stack took to come up, where that is known. */
  upMs: number | undefined
  /** Nodes that did not run from beginning to end; null where there is no stack. */
  changedNodes: number | null
  /** The node that a header of an answer stands for. */
  nameOf: (instance: string) => string
}

/** The record of a run that has ended, verdicts included. */
export function buildRecord(input: RecordInput): RunRecord {
  const { plan, result, state } = input
  const { load } = plan
  const counts = byName(result.instances, input.nameOf)
  const instances = instanceRows(plan, counts, result.achievedRps)
  const record: RunRecord = {
    schema: RECORD_SCHEMA,
    id: plan.id,
    scenario: plan.scenario,
    ...(plan.scenarioFile === undefined ? {} : { scenario_file: plan.scenarioFile }),
    question: plan.question,
    reading: plan.reading,
    engine: plan.engine,
    ...(plan.author === undefined ? {} : { author: plan.author }),
    target: input.target.origin,
    started_at: input.startedAt.toISOString(),
    ended_at: input.endedAt.toISOString(),
    status: input.status,
    seed: load.seed,
    parameters: plan.parameters,
    work: plan.work,
    nodes: input.nodes,
    load: {
      mode: load.mode,
      arrival: load.mode === 'open' ? load.arrival : null,
      stages:
        load.mode === 'open' ? load.stages.map((stage) => ({ duration_ms: stage.durationMs, rps: stage.rps })) : [],
      request: requestOf(input.target),
      ...(load.workload === null ? {} : { workload: load.workload }),
      connections: load.connections,
      clients: load.clients,
      generators: result.generators,
      timeout_ms: load.timeoutMs,
      warmup_ms: load.warmupMs,
      // A drill or a migration ends its load itself: it lasts as long as it takes.
      planned_ms: input.acted === null ? measuredMs(load) : result.measuredMs,
      measured_ms: result.measuredMs,
      offered_rps: actuallyOffered(input),
      achieved_rps: result.achievedRps,
      goodput_rps: result.goodputRps,
      ledger: result.ledger,
      statuses: result.statuses,
      losses: result.losses,
      ...errorsOf(result),
      warmup_requests: result.warmupRequests,
    },
    ...(input.actions.length === 0 ? {} : { actions: input.actions }),
    latency: {
      response_ms: Histogram.decode(result.response).percentiles(),
      service_ms: Histogram.decode(result.service).percentiles(),
      error_response_ms: Histogram.decode(result.errorResponse).percentiles(),
    },
    instances,
    distribution: distribution(instances),
    ...(result.clients === null ? {} : { clients: clientInstances(byNode(result.clients, input.nameOf)) }),
    ...replicationParts(input),
    ...shardingParts(input),
    ...(struck(input.acted) && input.writes !== null && result.journal !== null
      ? { trial: trialOf(input.acted, result.journal, input.writes) }
      : {}),
    ...(input.upMs === undefined ? {} : { up_ms: input.upMs }),
    validity: validityOfResult(input),
    verdicts: [],
    events: state.events,
    timeline: state.timeline,
    histograms: {
      response: result.response,
      service: result.service,
      instances: Object.fromEntries([...counts].map(([id, count]) => [id, count.response])),
    },
    environment: input.environment,
  }
  return { ...record, verdicts: verdictsOf(record, plan) }
}

/** Of a drill that was broken off before its fault there is nothing to tell. */
function struck(acted: Acted | null): acted is Drilled & Acted {
  return acted?.kind === 'drill' && acted.events.some(({ event }) => event === 'fault')
}

function shardingParts({ plan, result, state, acted, audit }: RecordInput): Partial<RunRecord> {
  const sharding = shardingOf(state.shards, audit, plan.parameters, result.measuredMs)
  return {
    ...(sharding === null ? {} : { sharding }),
    ...(acted?.kind === 'reshard' ? { reshard: reshardOf(acted, audit) } : {}),
  }
}

/** What the record says of database servers, and of what a workload wrote and read in them. */
function replicationParts({ plan, result, state, writes }: RecordInput): Partial<RunRecord> {
  const { journal } = result
  const replication = state.databases.record(plan.parameters)
  return {
    ...(replication === null ? {} : { replication }),
    ...(journal === null
      ? {}
      : {
          // Of shards the record has a section of its own.
          ...(state.shards.known().length > 0 ? {} : { databases: answersOf(journal, state.databases.ids()) }),
          writes: writes ?? ledgerOf(journal.writes, null),
          reads: {
            consistency: plan.load.workload?.consistency ?? 'default',
            checked: journal.reads.checked,
            stale: journal.reads.stale,
            backwards: journal.reads.backwards,
            age_ms: lagOfPercentiles(Histogram.decode(journal.reads.age).percentiles()),
          },
        }),
  }
}

/** A row per server, also for those that never answered a request. */
function answersOf({ nodes }: Journal, servers: readonly string[]): NonNullable<RunRecord['databases']> {
  const others = Object.keys(nodes).filter((id) => !servers.includes(id))
  return [...servers, ...others.sort()].map((id) => ({ id, kinds: nodes[id] ?? {} }))
}

/** What went wrong, in the words of those who answered; the record of a run without errors says nothing of it. */
function errorsOf({ statuses, errors, connectFailures }: LoadResult): Partial<RunRecord['load']> {
  const known = Object.entries(statuses).flatMap(([status, answers]) => {
    const sample = errors[status]
    if (sample === undefined) return []
    const { contentType, body, more } = sample
    return [{ status: Number(status), answers, content_type: contentType, body: shownBody(body, more), more }]
  })
  return {
    ...(known.length === 0 ? {} : { errors: known }),
    ...(Object.keys(connectFailures).length === 0 ? {} : { connect_failures: connectFailures }),
  }
}

/** The request of a target as the record keeps it: without what may be a password or a token. */
function requestOf({ requests, insecure = false }: LoadTarget): RunRecord['load']['request'] {
  const [request] = requests
  if (request === undefined) throw new Error('a target needs a request')
  const { method, path, body, bodyFrom } = request
  const fields = request.headers.map(([name, value]): [string, string] => [name, shownValue(name, value)])
  const headers = new Map<string, string>()
  for (const [name, value] of fields) {
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return {
    method,
    path,
    headers: Object.fromEntries(headers),
    ...(headers.size === fields.length ? {} : { fields }),
    body: body === undefined ? null : textOf(body),
    ...(body === undefined || bodyFrom === undefined ? {} : { body_bytes: body.length, body_from: bodyFrom }),
    ...(insecure ? { insecure } : {}),
  }
}

/** No more of a body is kept, in bytes. */
const LONGEST_BODY = 4_096

function textOf(body: Uint8Array): string | null {
  if (body.length > LONGEST_BODY) return null
  const text = Buffer.from(body).toString()
  return Buffer.from(text).equals(body) ? text : null
}

/** The offered rate as planned; for a run that was cut short, that of the part that took place. */
function actuallyOffered({ plan, result }: RecordInput): number | null {
  const planned = offeredRps(plan.load)
  if (planned === null || result.measuredMs >= measuredMs(plan.load) || result.measuredMs === 0) return planned
  return result.ledger.due / (result.measuredMs / 1_000)
}

function validityOfResult({ plan, result, state, changedNodes }: RecordInput): Validity[] {
  return validityOf({
    offeredRps:
      plan.load.mode === 'open' && result.measuredMs > 0 ? result.ledger.due / (result.measuredMs / 1_000) : null,
    achievedRps: result.achievedRps,
    generator: { ...result.generator, cpu: Math.max(result.generator.cpu, state.generatorCpu()) },
    ledger: result.ledger,
    ticks: state.countedTicks(),
    stretches: stretchesOf(plan.load),
    hostCpu: state.hostCpu(),
    hostSteal: state.hostSteal(),
    changedNodes,
    kind: kindOf(plan),
    commandPausedMs: state.pausedMs,
  })
}

/** Counts by node: an instance may have answered under its name and, through a balancer, under its address. */
function byName(
  counts: Record<string, InstanceCounts>,
  nameOf: (instance: string) => string,
): Map<string, InstanceCounts> {
  const merged = new Map<string, InstanceCounts>()
  for (const [header, count] of Object.entries(counts)) {
    const id = nameOf(header)
    const other = merged.get(id)
    merged.set(
      id,
      other === undefined
        ? count
        : {
            answered: other.answered + count.answered,
            http_error: other.http_error + count.http_error,
            response: mergeEncoded([other.response, count.response]),
          },
    )
  }
  return merged
}

/** Answers to each client by node, for the same reason. */
function byNode(answers: ClientAnswers, nameOf: (instance: string) => string): number[][] {
  const merged = new Map<string, number[]>()
  for (const [header, counts] of Object.entries(answers)) {
    const other = merged.get(nameOf(header))
    merged.set(
      nameOf(header),
      other === undefined ? counts : counts.map((count, client) => count + (other[client] ?? 0)),
    )
  }
  return [...merged.values()]
}

/** A row per planned instance (also those that never answered), then any other name that was seen, in order. */
function instanceRows(plan: RunPlan, counts: Map<string, InstanceCounts>, achievedRps: number): Instance[] {
  const answered = [...counts.values()].reduce((sum, count) => sum + count.answered, 0)
  const planned = plan.instances.map(({ id, weight }) => ({ id, weight }))
  const others = [...counts.keys()]
    .filter((id) => !planned.some((instance) => instance.id === id))
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  // Answers that name no instance come from the balancer itself (502, 503): they have no expected share.
  const rows = [...planned, ...others.map((id) => ({ id, weight: planned.length === 0 && id !== 'unknown' ? 1 : 0 }))]
  return rows.map(({ id, weight }) => {
    const count = counts.get(id)
    const percentiles = count === undefined ? null : Histogram.decode(count.response).percentiles()
    return {
      id,
      requests: count?.answered ?? 0,
      share: answered === 0 ? 0 : (count?.answered ?? 0) / answered,
      weight,
      // Its part of the achieved rate, so that the rates of the instances add up to it.
      rps: answered === 0 ? 0 : achievedRps * ((count?.answered ?? 0) / answered),
      p50_ms: percentiles?.p50 ?? null,
      p99_ms: percentiles?.p99 ?? null,
      errors: count?.http_error ?? 0,
    }
  })
}
