import { type Endpoint, Session } from '../replication/session.js'
import type { ProbeContext } from './port.js'

/** Between two looks at which servers there are, in milliseconds: asking an engine costs more than asking a server. */
const LOOK_MS = 1_000

/** A server that a probe asks, with the probe's own connection to it. */
export interface KnownServer {
  endpoint: Endpoint
  session: Session
}

/**
 * The database servers that a probe has seen, each with a connection of its own. A server that cannot be reached any
 * more stays known: it is down, not gone. Every connection ends when the run does.
 */
export class DatabaseServers {
  private readonly known = new Map<string, KnownServer>()
  private lookedAt = Number.NEGATIVE_INFINITY
  private looking: Promise<void> | null = null
  private ending = false

  /**
   * @param applicationName shown in pg_stat_activity
   * @param now monotonic, in milliseconds
   * @param which servers of the stack
   */
  constructor(
    private readonly applicationName: string,
    private readonly now: () => number,
    private readonly which: 'databases' | 'shards' = 'databases',
  ) {}

  /** All that are known by now. Waits for the engine the first time alone; later looks go on beside the probe. */
  async all(context: ProbeContext): Promise<readonly KnownServer[]> {
    this.endWith(context.signal)
    if (this.looking === null && this.now() - this.lookedAt >= LOOK_MS) {
      this.lookedAt = this.now()
      this.looking = this.look(context).finally(() => {
        this.looking = null
      })
    }
    if (this.known.size === 0) await this.looking
    return [...this.known.values()]
  }

  private async look(context: ProbeContext): Promise<void> {
    const endpoints = await context[this.which]().catch(() => [])
    if (context.signal.aborted) return
    for (const endpoint of endpoints) {
      const before = this.known.get(endpoint.id)
      if (before !== undefined && same(before.endpoint, endpoint)) continue
      before?.session.close()
      this.known.set(endpoint.id, { endpoint, session: new Session(endpoint, this.applicationName) })
    }
  }

  private endWith(signal: AbortSignal): void {
    if (this.ending) return
    this.ending = true
    signal.addEventListener('abort', () => {
      for (const { session } of this.known.values()) session.close()
    })
  }
}

function same(a: Endpoint, b: Endpoint): boolean {
  return a.host === b.host && a.port === b.port && a.password === b.password
}
