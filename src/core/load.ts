export const ARRIVALS = ['uniform', 'poisson'] as const
export type Arrival = (typeof ARRIVALS)[number]

/** A stretch of constant offered rate. */
export interface LoadStage {
  durationMs: number
  rps: number
}

export const REQUEST_KINDS = ['read', 'write', 'order', 'browse', 'stock', 'list', 'transfer'] as const
/**
 * What a request of a workload does: read and write a user's session (a register with a version), place an order,
 * look at a product, look at its stock; on shards: list the latest orders of everybody, transfer money between two users.
 */
export type RequestKind = (typeof REQUEST_KINDS)[number]

export const CONSISTENCIES = ['default', 'eventual', 'read-your-writes', 'strong'] as const
/** What reads ask for; 'default': what the API holds right for the entity. */
export type Consistency = (typeof CONSISTENCIES)[number]

export const KEY_DISTRIBUTIONS = ['uniform', 'zipf'] as const

/** Most users and products: their ids have six digits. */
export const MOST_IDS = 999_999

/** Requests on keys of the sample application's data instead of one request over and over. */
export interface Workload {
  /** Shares of the kinds, relative to each other. */
  mix: { kind: RequestKind; weight: number }[]
  keys: {
    distribution: (typeof KEY_DISTRIBUTIONS)[number]
    /** Users there are. */
    count: number
    /** Products there are, where they are fewer than users; left out: as many. */
    products?: number
    /** Of zipf: the k-th most popular key is asked for in proportion to 1 / k^exponent. */
    exponent: number
  }
  consistency: Consistency
  /** Begins every idempotency key, so that runs on one stack keep their writes apart; empty until `withRun`. */
  run: string
}

/** What traffic to send. A pure value: with the same seed it gives the same due moments. */
export type Load = {
  /** How long the load runs before anything is counted, in milliseconds, at the first stage's rate. */
  warmupMs: number
  /** TCP connections, over all generator processes together. */
  connections: number
  /** A request with no answer after this long is lost, in milliseconds. */
  timeoutMs: number
  /** Generator processes; 'auto' decides from the offered rate. */
  generators: number | 'auto'
  /** Simulated client addresses, each in a /24 of its own, sent as X-Forwarded-For; 0 sends none. */
  clients: number
  seed: number
  /** Null: the target's request, again and again. */
  workload: Workload | null
} & (
  | { mode: 'open'; arrival: Arrival; stages: LoadStage[] }
  /** Every connection sends its next request as soon as the last was answered. */
  | { mode: 'closed'; durationMs: number }
)

/** The load as it is sent in one run: the run's id begins the idempotency keys of its workload, if it has one. */
export function withRun(load: Load, id: string): Load {
  const { workload } = load
  return workload === null ? load : { ...load, workload: { ...workload, run: id.replaceAll(/[^\w.-]+/g, '-') } }
}

/** How long the counted part of a load lasts, in milliseconds. */
export function measuredMs(load: Load): number {
  return load.mode === 'open' ? load.stages.reduce((sum, stage) => sum + stage.durationMs, 0) : load.durationMs
}

/** Average offered rate of an open loop over its stages, in requests/s; null for a closed loop, which offers no rate. */
export function offeredRps(load: Load): number | null {
  if (load.mode === 'closed') return null
  const requests = load.stages.reduce((sum, stage) => sum + (stage.durationMs / 1_000) * stage.rps, 0)
  return requests / (measuredMs(load) / 1_000)
}

/** A part of the run clock in which the load was the same, in milliseconds. */
export interface Stretch {
  fromMs: number
  toMs: number
}

/** The counted part as stretches of one load each: the stages of an open loop, all of a closed one. */
export function stretchesOf(load: Load): Stretch[] {
  let at = load.warmupMs
  const lengths = load.mode === 'open' ? load.stages.map(({ durationMs }) => durationMs) : [load.durationMs]
  return lengths.map((length) => {
    const fromMs = at
    at += length
    return { fromMs, toMs: at }
  })
}

/** The highest offered rate of an open loop, in requests/s; null for a closed loop. */
export function highestRps(load: Load): number | null {
  return load.mode === 'open' ? Math.max(0, ...load.stages.map(({ rps }) => rps)) : null
}

/**
 * Where every due request ended. due = ok + http_error + lost + unfinished, and sent <= due.
 * Each request is counted once, whatever its connection went through.
 */
export interface Ledger {
  due: number
  sent: number
  /** Answered with a status below 400. */
  ok: number
  /** Answered with a status of 400 or more. */
  http_error: number
  /** Sent, and the connection broke or the time-out passed before the answer. */
  lost: number
  /** Still waiting (to be sent or to be answered) when the run ended. */
  unfinished: number
}

export function emptyLedger(): Ledger {
  return { due: 0, sent: 0, ok: 0, http_error: 0, lost: 0, unfinished: 0 }
}

/** The sum of two ledgers. */
export function addLedgers(a: Ledger, b: Ledger): Ledger {
  return {
    due: a.due + b.due,
    sent: a.sent + b.sent,
    ok: a.ok + b.ok,
    http_error: a.http_error + b.http_error,
    lost: a.lost + b.lost,
    unfinished: a.unfinished + b.unfinished,
  }
}
