import type { BalancerConfig, BalancerServer } from '../../core/balancer-config.js'
import { BALANCING_STRATEGIES, balancingStrategy } from '../../strategies/balancing/registry.js'

/** A configuration with every default filled in. */
export type CompleteConfig = Required<BalancerConfig>

/**
 * Reads a balancer's configuration.
 * @throws Error that says what is wrong and where
 */
export function parseConfig(text: string): CompleteConfig {
  const config = objectOf(JSON.parse(text), 'the configuration')
  const { strategy, servers } = config
  if (typeof strategy !== 'string' || balancingStrategy(strategy) === undefined) {
    const known = BALANCING_STRATEGIES.map(({ name }) => name).join(', ')
    throw new Error(`strategy must be one of ${known}, not ${JSON.stringify(strategy)}`)
  }
  if (!Array.isArray(servers) || servers.length === 0) throw new Error('servers must be a list of at least one server')
  return {
    strategy,
    servers: servers.map(parseServer),
    max_fails: wholeNumber(config.max_fails, 1, 0, 'max_fails'),
    fail_timeout_ms: wholeNumber(config.fail_timeout_ms, 10_000, 0, 'fail_timeout_ms'),
    connect_timeout_ms: wholeNumber(config.connect_timeout_ms, 5_000, 1, 'connect_timeout_ms'),
    read_timeout_ms: wholeNumber(config.read_timeout_ms, 60_000, 1, 'read_timeout_ms'),
  }
}

function parseServer(value: unknown, index: number): BalancerServer {
  const where = `servers[${index}]`
  const { id, address, weight } = objectOf(value, where)
  if (typeof address !== 'string') throw new Error(`${where}.address must be "host:port"`)
  splitAddress(address)
  if (id !== undefined && typeof id !== 'string') throw new Error(`${where}.id must be a text`)
  return { id: id ?? address, address, weight: wholeNumber(weight, 1, 1, `${where}.weight`) }
}

/**
 * Host and port of "host:port" or "[address]:port".
 * @throws Error on anything else
 */
export function splitAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([\da-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(address)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port < 1 || port > 65_535)
    throw new Error(`"${address}" is not an address: write host:port`)
  return { host, port }
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} must be an object`)
  return value as Record<string, unknown>
}

function wholeNumber(value: unknown, fallback: number, least: number, what: string): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value
  throw new Error(`${what} must be a whole number of at least ${least}, not ${JSON.stringify(value)}`)
}
