import { MAX_CLIENTS } from './mix.js'
import type { ClientAnswers } from './port.js'

/** With more names than this a header differs with every answer, and says nothing of where a client was. */
const MOST_INSTANCES = 200

/** Which instances answered each simulated client, and how often: the k-th request is sent by client k mod clients. */
export class ClientBook {
  private readonly clients: number
  private readonly answers = new Map<string, Uint32Array>()
  private full = false

  constructor(clients: number) {
    this.clients = Math.min(clients, MAX_CLIENTS)
  }

  answered(k: number, instance: string): void {
    // An answer that names no instance is the balancer's own.
    if (this.full || instance === 'unknown') return
    let counts = this.answers.get(instance)
    if (counts === undefined) {
      if (this.answers.size === MOST_INSTANCES) {
        this.full = true
        return
      }
      counts = new Uint32Array(this.clients)
      this.answers.set(instance, counts)
    }
    const client = k % this.clients
    counts[client] = (counts[client] ?? 0) + 1
  }

  /** Null where there were too many instances to keep apart. */
  encode(): ClientAnswers | null {
    return this.full ? null : Object.fromEntries([...this.answers].map(([id, counts]) => [id, [...counts]]))
  }
}
