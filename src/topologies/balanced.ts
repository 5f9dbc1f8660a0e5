import type { BalancerConfig } from '../core/balancer-config.js'
import type { StackParameters } from '../core/parameters.js'
import type { NodeSpec, Topology } from '../core/topology.js'
import type { BalancingStrategy } from '../strategies/balancing/port.js'
import { apiNode, apiServers, STOP_GRACE_MS } from './api-nodes.js'
import { CONNECT_TIMEOUT_MS, FAIL_TIMEOUT_MS, MAX_FAILS, nginxConfig } from './nginx-config.js'

export const BALANCER_ID = 'balancer'
const BALANCER_PORT = 8_080

/** Parameters with the balancer decided: 'auto' is resolved by whoever knows the engine. */
export type DecidedParameters = StackParameters & { balancer: 'nginx' | 'builtin' }

/** A balancer in front of `replicas` API instances. */
export function balanced(parameters: DecidedParameters, strategy: BalancingStrategy): Topology {
  const apis = apiServers(parameters).map((_, index) => apiNode(parameters, index + 1))
  return {
    nodes: [balancerNode(parameters, strategy), ...apis],
    entry: { node: BALANCER_ID, port: 'http' },
  }
}

function balancerNode(parameters: DecidedParameters, strategy: BalancingStrategy): NodeSpec {
  const servers = apiServers(parameters).map((server) => ({ ...server, address: `{{address ${server.id} http}}` }))
  const config: BalancerConfig = {
    strategy: strategy.name,
    servers,
    max_fails: MAX_FAILS,
    fail_timeout_ms: FAIL_TIMEOUT_MS,
    connect_timeout_ms: CONNECT_TIMEOUT_MS,
  }
  const nginx = parameters.balancer === 'nginx'
  return {
    id: BALANCER_ID,
    role: 'balancer',
    program: nginx ? { kind: 'nginx' } : { kind: 'bundle', bundle: 'balancer' },
    env: nginx ? {} : { HOST: '{{host}}', PORT: '{{port http}}', CONFIG: '{{dir}}/balancer.json' },
    files: nginx
      ? { 'nginx.conf': nginxConfig(servers, strategy) }
      : { 'balancer.json': `${JSON.stringify(config, null, 2)}\n` },
    ports: { http: BALANCER_PORT },
    publish: parameters.port === null ? {} : { http: parameters.port },
    // nginx resolves the names of its servers when it starts and ends if one is unknown: the instances come first.
    dependsOn: servers.map((server) => server.id),
    readiness: { protocol: 'http', port: 'http', path: '/nginx_status', accept: 'ok' },
    limits: {},
    stopGraceMs: STOP_GRACE_MS,
  }
}
