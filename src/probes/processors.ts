import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where Linux tells of processors; in tests, folders with files of the same shape. */
export interface ProcessorFiles {
  /** "/proc". */
  proc: string
  /** "/sys/fs/cgroup". */
  cgroup: string
}

export const LINUX: ProcessorFiles = { proc: '/proc', cgroup: '/sys/fs/cgroup' }

/** A limit that a control group holds this process to. */
export interface Quota {
  /** Processors' worth of time, fractions allowed. */
  cores: number
  /** Processor time that the group has used, in microseconds; null where it cannot be read. */
  usedUs: number | null
}

/**
 * The tightest processor quota among the control group of this process and those above it: version 2 (cpu.max) or
 * version 1 (cpu.cfs_quota_us). /proc/stat knows nothing of it: inside a container with two of sixty-four processors it
 * shows a machine that is idle while the quota is used up.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu, https://docs.kernel.org/scheduler/sched-bwc.html
 * @returns null where there is no quota, or no such system
 */
export async function processorQuota(files: ProcessorFiles = LINUX): Promise<Quota | null> {
  const groups = (await text(join(files.proc, 'self', 'cgroup'))) ?? ''
  const quotas = await Promise.all(
    groups.split('\n').flatMap((line) => {
      // "0::/path" in version 2, "4:cpu,cpuacct:/path" in version 1.
      const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
      if (controllers === undefined || path === undefined) return []
      if (controllers === '') return above(path).map((at) => quotaV2(join(files.cgroup, at)))
      if (!controllers.split(',').includes('cpu')) return []
      return above(path).map((at) => quotaV1(files.cgroup, controllers, at))
    }),
  )
  return quotas.flatMap((quota) => quota ?? []).toSorted((a, b) => a.cores - b.cores)[0] ?? null
}

/** "/a/b", "/a", "/": a container may see its own group as the root, whatever its path says. */
function above(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..')
  return parts.map((_, n) => `/${parts.slice(0, parts.length - n).join('/')}`).concat('/')
}

async function quotaV2(folder: string): Promise<Quota | null> {
  const [quota, period] = ((await text(join(folder, 'cpu.max'))) ?? '').trim().split(' ').map(Number)
  const cores = (quota ?? Number.NaN) / (period ?? Number.NaN)
  if (!(cores > 0)) return null
  const used = /^usage_usec (\d+)$/m.exec((await text(join(folder, 'cpu.stat'))) ?? '')?.[1]
  return { cores, usedUs: used === undefined ? null : Number(used) }
}

async function quotaV1(root: string, controllers: string, path: string): Promise<Quota | null> {
  const read = async (file: string, names: readonly string[]): Promise<number | null> => {
    for (const name of names) {
      const found = await text(join(root, name, path, file))
      if (found !== null) return Number(found)
    }
    return null
  }
  const names = [controllers, 'cpu']
  const quota = await read('cpu.cfs_quota_us', names)
  const period = await read('cpu.cfs_period_us', names)
  // -1 for none.
  if (quota === null || period === null || !(quota > 0 && period > 0)) return null
  const usedNs = await read('cpuacct.usage', [controllers, 'cpuacct'])
  return { cores: quota / period, usedUs: usedNs === null ? null : usedNs / 1_000 }
}

/**
 * The processors that this process may run on (cpuset, taskset), by number.
 * @returns null where that is not known
 */
export async function allowedProcessors(files: ProcessorFiles = LINUX): Promise<Set<number> | null> {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec((await text(join(files.proc, 'self', 'status'))) ?? '')?.[1]
  if (list === undefined) return null
  const allowed = new Set<number>()
  for (const range of list.split(',')) {
    const [from = 0, to = from] = range.split('-').map(Number)
    for (let cpu = from; cpu <= to; cpu++) allowed.add(cpu)
  }
  return allowed
}

function text(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null)
}
