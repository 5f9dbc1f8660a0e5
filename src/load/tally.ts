import { Histogram } from '../stats/histogram.js'
import type { LossCause } from './connections.js'
import type { InstanceCounts } from './port.js'

/** More instances than this are counted as "other": a header that differs with every answer must not fill the memory. */
const MOST_INSTANCES = 200

/** Answers of one kind of stretch (a tick, or the counted part) of a generator. */
export class Tally {
  sent = 0
  ok = 0
  httpError = 0
  lost = 0
  statuses: Record<string, number> = {}
  losses: Record<string, number> = {}
  readonly response = new Histogram()
  readonly service = new Histogram()
  readonly errorResponse = new Histogram()
  readonly lateness = new Histogram()
  private readonly instances = new Map<string, { answered: number; httpError: number; response: Histogram }>()

  answered(due: number, sentAt: number, now: number, status: number, instance: string): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1
    let counts = this.instances.get(instance)
    if (counts === undefined) {
      const id = this.instances.size < MOST_INSTANCES ? instance : 'other'
      counts = this.instances.get(id) ?? { answered: 0, httpError: 0, response: new Histogram() }
      this.instances.set(id, counts)
    }
    counts.answered += 1
    if (status < 400) {
      this.ok += 1
      this.response.record(now - due)
      this.service.record(now - sentAt)
      counts.response.record(now - due)
    } else {
      this.httpError += 1
      this.errorResponse.record(now - due)
      counts.httpError += 1
    }
  }

  loss(cause: LossCause): void {
    this.lost += 1
    this.losses[cause] = (this.losses[cause] ?? 0) + 1
  }

  get empty(): boolean {
    return this.sent + this.ok + this.httpError + this.lost === 0
  }

  encodedInstances(): Record<string, InstanceCounts> {
    const result: Record<string, InstanceCounts> = {}
    for (const [id, { answered, httpError, response }] of this.instances) {
      if (answered > 0) result[id] = { answered, http_error: httpError, response: response.encode() }
    }
    return result
  }

  reset(): void {
    this.sent = 0
    this.ok = 0
    this.httpError = 0
    this.lost = 0
    this.statuses = {}
    this.losses = {}
    for (const histogram of [this.response, this.service, this.errorResponse, this.lateness]) histogram.reset()
    for (const counts of this.instances.values()) {
      counts.answered = 0
      counts.httpError = 0
      counts.response.reset()
    }
  }
}
