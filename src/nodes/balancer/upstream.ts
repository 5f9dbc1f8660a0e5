import { Agent, type AgentOptions } from 'node:http'
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import type { Duplex } from 'node:stream'
import type { BalancerServer } from '../../core/balancer-config.js'
import { type CompleteConfig, splitAddress } from './config.js'
import { PassiveHealth } from './passive-health.js'

/** How long a connection may wait for its next request, in milliseconds. */
const IDLE_TIMEOUT = 55_000
/** Idle connections kept per server. */
const POOL_SIZE = 256

/** A server behind the balancer: its connections, its requests in flight and its health. */
export class Upstream {
  readonly address: string
  readonly host: string
  readonly port: number
  readonly agent: PoolAgent
  id: string
  weight: number
  health: PassiveHealth
  readTimeoutMs: number
  inFlight = 0

  constructor(server: BalancerServer, config: CompleteConfig) {
    this.address = server.address
    const { host, port } = splitAddress(server.address)
    this.host = host
    this.port = port
    this.id = server.id
    this.weight = server.weight
    this.health = new PassiveHealth(config.max_fails, config.fail_timeout_ms)
    this.readTimeoutMs = config.read_timeout_ms
    this.agent = new PoolAgent(config.connect_timeout_ms, {
      keepAlive: true,
      maxFreeSockets: POOL_SIZE,
      timeout: IDLE_TIMEOUT,
    })
  }

  /** An agent for one request over a connection of its own. */
  freshAgent(): Agent {
    return new PoolAgent(this.agent.connectTimeoutMs, { keepAlive: false })
  }

  /** Takes over what a new configuration says; what was learnt about its health stays unless the rules changed. */
  reconfigure(server: BalancerServer, config: CompleteConfig): void {
    this.id = server.id
    this.weight = server.weight
    this.readTimeoutMs = config.read_timeout_ms
    this.agent.connectTimeoutMs = config.connect_timeout_ms
    if (this.health.maxFails !== config.max_fails || this.health.failTimeoutMs !== config.fail_timeout_ms) {
      this.health = new PassiveHealth(config.max_fails, config.fail_timeout_ms)
    }
  }

  /** Closes the idle connections and every other one when its request is done. */
  retire(): void {
    this.agent.maxFreeSockets = 0
    for (const sockets of Object.values(this.agent.freeSockets))
      for (const socket of [...(sockets ?? [])]) socket.destroy()
  }
}

/** Keeps connections alive, and gives up on one that does not come about in time. */
class PoolAgent extends Agent {
  connectTimeoutMs: number

  constructor(connectTimeoutMs: number, options: AgentOptions) {
    super(options)
    this.connectTimeoutMs = connectTimeoutMs
  }

  override createConnection(options: TcpNetConnectOpts): Duplex {
    return connectWithin(this.connectTimeoutMs, options)
  }
}

/** A connection that fails with ETIMEDOUT when it is not there after so many milliseconds. */
function connectWithin(timeoutMs: number, options: TcpNetConnectOpts): Socket {
  const socket = connect(options)
  const timer = setTimeout(() => socket.destroy(new ConnectTimeout(timeoutMs)), timeoutMs)
  const settle = () => clearTimeout(timer)
  socket.once('connect', settle)
  socket.once('close', settle)
  return socket
}

class ConnectTimeout extends Error {
  readonly code = 'ETIMEDOUT'
  constructor(timeoutMs: number) {
    super(`no connection within ${timeoutMs} ms`)
  }
}
