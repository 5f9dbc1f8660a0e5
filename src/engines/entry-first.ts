import { type NodeSpec, nodeOf, type Topology } from '../core/topology.js'

/** The nodes in topology order, except that the entry comes first. */
export function entryFirst(topology: Topology): NodeSpec[] {
  const entry = nodeOf(topology, topology.entry.node)
  return [entry, ...topology.nodes.filter((node) => node !== entry)]
}
