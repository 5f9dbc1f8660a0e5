import { type NodeSpec, startOrder } from '../core/topology.js'

/**
 * Starts every node as soon as the nodes it depends on are ready, so in parallel where that is allowed.
 * Returns when all are ready, or when one has failed and nothing is at work any more.
 * @param start returns when the node is ready; its signal fires when another node has failed, too
 * @throws the abort reason of `signal`, or what the first failing node threw
 */
export async function startAll(
  nodes: readonly NodeSpec[],
  start: (node: NodeSpec, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  const started = new Map<string, Promise<void>>()
  const startNode = async (node: NodeSpec): Promise<void> => {
    try {
      await Promise.all(node.dependsOn.map((id) => started.get(id)))
      either.throwIfAborted()
      await start(node, either)
    } catch (error) {
      // Only the first call counts; those that follow from it find the signal fired already.
      failure.abort(error)
      throw error
    }
  }
  for (const node of startOrder(nodes).flat()) started.set(node.id, startNode(node))
  await Promise.allSettled(started.values())
  either.throwIfAborted()
}
