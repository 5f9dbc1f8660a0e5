import type { NodeUsage } from '../core/stack.js'
import type { Probe, Reading } from './port.js'

/**
 * What every node uses, as the engine sees it: `node.cpu_percent` (100 is one core) since the last read, and
 * `node.memory_mib`. The first read gives memory only.
 * @param now monotonic, in milliseconds
 */
export function usageProbe(now: () => number, intervalMs = 1_000): Probe {
  let last: { at: number; usage: Map<string, NodeUsage> } | null = null
  return {
    name: 'usage',
    intervalMs,
    async read({ usage }) {
      const current = await usage().catch(() => [])
      const at = now()
      const before = last
      last = { at, usage: new Map(current.map((node) => [node.id, node])) }
      return current.flatMap((node): Reading[] => {
        const memory = { kind: 'node.memory_mib', node: node.id, value: node.memoryBytes / 2 ** 20, unit: 'MiB' }
        const then = before?.usage.get(node.id)
        // A node that was started again counts from zero.
        if (before === null || then === undefined || node.cpuSeconds < then.cpuSeconds || at <= before.at)
          return [memory]
        const value = ((node.cpuSeconds - then.cpuSeconds) * 1_000 * 100) / (at - before.at)
        return [memory, { kind: 'node.cpu_percent', node: node.id, value, unit: '%' }]
      })
    },
  }
}
