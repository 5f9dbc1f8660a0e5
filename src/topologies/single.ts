import type { StackParameters } from '../core/parameters.js'
import type { Topology } from '../core/topology.js'
import { apiId, apiNode } from './api-nodes.js'

/** One API instance, entered directly. */
export function single(parameters: StackParameters): Topology {
  const node = apiNode(parameters, 1)
  return {
    nodes: [{ ...node, publish: parameters.port === null ? {} : { http: parameters.port } }],
    entry: { node: apiId(1), port: 'http' },
  }
}
