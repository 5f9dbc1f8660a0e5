import { unknownValueError } from '../core/errors.js'
import type { StackParameters } from '../core/parameters.js'
import type { NodeSpec, Topology } from '../core/topology.js'
import type { BalancerPart } from '../parts/port.js'
import { AUTO_BALANCERS, BALANCERS, balancerPart } from '../parts/registry.js'
import type { BalancingStrategy } from '../strategies/balancing/port.js'
import { apiNode, apiServers, STOP_GRACE_MS } from './api-nodes.js'

export const BALANCER_ID = 'balancer'
const BALANCER_PORT = 8_080

/** The same parameters with the balancer `auto` decided. */
export function withBalancer(
  parameters: StackParameters,
  auto: BalancerPart = AUTO_BALANCERS.preferred,
): StackParameters {
  return parameters.balancer === 'auto' ? { ...parameters, balancer: auto.name } : parameters
}

/** A balancer in front of `replicas` API instances. @throws LabError (usage) for an unknown balancer */
export function balanced(parameters: StackParameters, strategy: BalancingStrategy): Topology {
  const apis = apiServers(parameters).map((_, index) => apiNode(parameters, index + 1))
  return {
    nodes: [balancerNode(parameters, strategy), ...apis],
    entry: { node: BALANCER_ID, port: 'http' },
  }
}

function balancerNode(parameters: StackParameters, strategy: BalancingStrategy): NodeSpec {
  const part = balancerPart(parameters.balancer)
  if (part === undefined) {
    const known = BALANCERS.map(({ name }) => name)
    throw unknownValueError('balancer', parameters.balancer, known)
  }
  const servers = apiServers(parameters).map((server) => ({ ...server, address: `{{address ${server.id} http}}` }))
  return {
    id: BALANCER_ID,
    role: 'balancer',
    part: part.name,
    program: part.program,
    ...part.configure(servers, strategy),
    ports: { http: BALANCER_PORT },
    publish: parameters.port === null ? {} : { http: parameters.port },
    // nginx resolves the names of its servers when it starts and ends if one is unknown: the instances come first.
    dependsOn: servers.map((server) => server.id),
    readiness: { protocol: 'http', port: 'http', path: part.status, accept: 'ok' },
    limits: {},
    stopGraceMs: STOP_GRACE_MS,
  }
}
