import type { Picker } from '../../strategies/balancing/port.js'
import { balancingStrategy } from '../../strategies/balancing/registry.js'
import type { CompleteConfig } from './config.js'
import { Upstream } from './upstream.js'

/** The servers behind the balancer, and the choice among them. */
export class UpstreamGroup {
  #upstreams: Upstream[] = []
  #picker: Picker
  // filled anew for every choice, so that choosing makes no garbage
  #available: boolean[] = []
  #inFlight: number[] = []

  constructor(config: CompleteConfig) {
    this.#picker = this.reconfigure(config)
  }

  /**
   * Chooses a server that is not in `tried`: a healthy one, or any when none is.
   * @returns undefined when all were tried
   */
  pick(tried: readonly Upstream[], client: string, now: number): Upstream | undefined {
    const upstreams = this.#upstreams
    let healthy = false
    for (let i = 0; i < upstreams.length; i++) {
      const upstream = upstreams[i] as Upstream
      const available = !tried.includes(upstream) && upstream.health.available(now)
      this.#available[i] = available
      this.#inFlight[i] = upstream.inFlight
      healthy ||= available
    }
    if (!healthy) {
      const untried = upstreams.map((upstream) => !tried.includes(upstream))
      if (!untried.includes(true)) return undefined
      this.#available = untried
    }
    const chosen = upstreams[this.#picker.pick({ available: this.#available, inFlight: this.#inFlight, client })]
    chosen?.health.chosen(now)
    return chosen
  }

  /** Takes over a new configuration; servers at the same address keep their connections, requests and health. */
  reconfigure(config: CompleteConfig): Picker {
    const strategy = balancingStrategy(config.strategy)
    if (strategy === undefined) throw new Error(`no strategy ${config.strategy}`)
    const old = new Map(this.#upstreams.map((upstream) => [upstream.address, upstream]))
    this.#upstreams = config.servers.map((server) => {
      const known = old.get(server.address)
      old.delete(server.address)
      known?.reconfigure(server, config)
      return known ?? new Upstream(server, config)
    })
    for (const gone of old.values()) gone.retire()
    this.#available = []
    this.#inFlight = []
    this.#picker = strategy.picker(this.#upstreams)
    return this.#picker
  }
}
