import type { ContainerStats } from 'dockerode'
import type { NodeUsage } from '../../core/stack.js'

/**
 * What a container uses, from one reading of its cgroup; null when it ended while it was read.
 * Memory is without the page cache that the kernel would give back first, as `docker stats` shows it
 * (docker/cli, calculateMemUsageUnixNoCache): total_inactive_file on cgroup v1, inactive_file on v2.
 */
export function usageOf(id: string, stats: ContainerStats): NodeUsage | null {
  const nanoseconds = stats.cpu_stats?.cpu_usage?.total_usage
  const used = stats.memory_stats?.usage
  if (!nanoseconds || !used) return null
  const detail: Partial<Record<'total_inactive_file' | 'inactive_file', number>> = stats.memory_stats.stats ?? {}
  const cache = detail.total_inactive_file ?? detail.inactive_file ?? 0
  return { id, cpuSeconds: nanoseconds / 1e9, memoryBytes: cache < used ? used - cache : used }
}
