import { Histogram } from '../stats/histogram.js'
import type { LossCause } from './connections.js'
import type { InstanceCounts } from './port.js'

/** More instances than this are counted as "other": a header that differs with every answer must not fill the memory. */
const MOST_INSTANCES = 200

/** Answers of one instance. */
interface Answered {
  answered: number
  httpError: number
  response: Histogram
}

/** Answers of one kind of stretch (a tick, or the counted part) of a generator. */
export class RequestTally {
  sent = 0
  ok = 0
  httpError = 0
  lost = 0
  statuses: Record<string, number> = {}
  losses: Record<string, number> = {}
  readonly service = new Histogram()
  readonly errorResponse = new Histogram()
  readonly lateness = new Histogram()
  /** The response times are with the instances: kept once, and added up where all are wanted. */
  private readonly instances = new Map<string, Answered>()

  answered(due: number, sentAt: number, now: number, status: number, instance: string): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1
    const counts = this.countsOf(instance)
    counts.answered += 1
    if (status < 400) {
      this.ok += 1
      this.service.record(now - sentAt)
      counts.response.record(now - due)
    } else {
      this.httpError += 1
      this.errorResponse.record(now - due)
      counts.httpError += 1
    }
  }

  /** Adds what another one has counted. */
  add(other: RequestTally): void {
    this.sent += other.sent
    this.ok += other.ok
    this.httpError += other.httpError
    this.lost += other.lost
    addCounts(this.statuses, other.statuses)
    addCounts(this.losses, other.losses)
    this.service.merge(other.service)
    this.errorResponse.merge(other.errorResponse)
    this.lateness.merge(other.lateness)
    for (const [id, { answered, httpError, response }] of other.instances) {
      if (answered === 0) continue
      const counts = this.countsOf(id)
      counts.answered += answered
      counts.httpError += httpError
      counts.response.merge(response)
    }
  }

  loss(cause: LossCause): void {
    this.lost += 1
    this.losses[cause] = (this.losses[cause] ?? 0) + 1
  }

  get empty(): boolean {
    return this.sent === 0 && this.ok === 0 && this.httpError === 0 && this.lost === 0
  }

  byInstance<T>(of: (response: Histogram) => T): Record<string, Omit<InstanceCounts, 'response'> & { response: T }> {
    const answering = [...this.instances].filter(([, { answered }]) => answered > 0)
    return Object.fromEntries(
      answering.map(([id, { answered, httpError, response }]) => [
        id,
        { answered, http_error: httpError, response: of(response) },
      ]),
    )
  }

  reset(): void {
    this.sent = 0
    this.ok = 0
    this.httpError = 0
    this.lost = 0
    this.statuses = {}
    this.losses = {}
    for (const histogram of [this.service, this.errorResponse, this.lateness]) histogram.reset()
    for (const counts of this.instances.values()) {
      counts.answered = 0
      counts.httpError = 0
      counts.response.reset()
    }
  }

  private countsOf(instance: string): Answered {
    const known = this.instances.get(instance)
    if (known !== undefined) return known
    const id = this.instances.size < MOST_INSTANCES ? instance : 'other'
    const counts = this.instances.get(id) ?? { answered: 0, httpError: 0, response: new Histogram() }
    this.instances.set(id, counts)
    return counts
  }
}

function addCounts(to: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(from)) to[key] = (to[key] ?? 0) + count
}
