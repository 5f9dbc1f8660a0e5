import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { Probe, Reading } from './port.js'
import { allowedProcessors, LINUX, type ProcessorFiles, processorQuota, type Quota } from './processors.js'

interface CpuTimes {
  total: number
  busy: number
  /** Time the hypervisor gave to others; null where the system does not tell. */
  steal: number | null
}

interface HostTimes {
  machine: CpuTimes
  /** The processors that this process may run on; null where they are all there are. */
  allowed: CpuTimes | null
  quota: Quota | null
  atMs: number
}

/**
 * What bounds the work here: `host.cpu_share` (0 to 1) and, on Linux, `host.steal_share`, each since the last read. The
 * first read gives nothing. The share is that of the fullest: the whole machine, the processors this process may run on,
 * or its quota. Containers of a daemon elsewhere on the machine are bound by the machine, a stack of processes inside of a
 * container by all three.
 */
export function hostProbe(intervalMs = 1_000, files: ProcessorFiles = LINUX): Probe {
  let last: HostTimes | null = null
  return {
    name: 'host',
    intervalMs,
    async read() {
      const current = await hostTimes(files)
      const before = last
      last = current
      if (before === null) return []
      const machine = since(before.machine, current.machine)
      const allowed = since(before.allowed, current.allowed)
      const shares = [machine?.busy, allowed?.busy, quotaShare(before, current)].filter((share) => share !== undefined)
      const steal = [machine?.steal, allowed?.steal].flatMap((share) => share ?? [])
      return [
        ...(shares.length === 0 ? [] : [reading('host.cpu_share', Math.max(...shares))]),
        ...(steal.length === 0 ? [] : [reading('host.steal_share', Math.max(...steal))]),
      ]
    },
  }
}

function reading(kind: string, value: number): Reading {
  return { kind, value, unit: 'share' }
}

/** Shares of the time between two looks; undefined where none has passed, or none is known. */
function since(before: CpuTimes | null, now: CpuTimes | null): { busy: number; steal: number | null } | undefined {
  if (before === null || now === null) return undefined
  const total = now.total - before.total
  if (total <= 0) return undefined
  const steal = now.steal === null || before.steal === null ? null : (now.steal - before.steal) / total
  return { busy: (now.busy - before.busy) / total, steal }
}

function quotaShare(before: HostTimes, now: HostTimes): number | undefined {
  const [first, second] = [before.quota?.usedUs, now.quota?.usedUs]
  const elapsedMs = now.atMs - before.atMs
  if (first == null || second == null || now.quota === null || elapsedMs <= 0) return undefined
  return Math.min(1, (second - first) / (elapsedMs * 1_000 * now.quota.cores))
}

async function hostTimes(files: ProcessorFiles): Promise<HostTimes> {
  const [stat, processors, quota] = await Promise.all([
    readFile(join(files.proc, 'stat'), 'utf8').catch(() => null),
    allowedProcessors(files),
    processorQuota(files),
  ])
  const atMs = performance.now()
  if (stat === null) return { machine: cpuTimesOfOs(), allowed: null, quota, atMs }
  return { ...parseProcStat(stat, processors), quota, atMs }
}

/**
 * /proc/stat: "cpu" or "cpu3", then user nice system idle iowait irq softirq steal guest guest_nice (proc(5)).
 * @param processors those to add up beside the whole; null for none
 */
export function parseProcStat(
  text: string,
  processors: ReadonlySet<number> | null = null,
): { machine: CpuTimes; allowed: CpuTimes | null } {
  const lines = text.split('\n')
  const of = lines.flatMap((line) => {
    const number = /^cpu(\d+) /.exec(line)?.[1]
    return number === undefined ? [] : [{ number: Number(number), times: cpuTimes(line) }]
  })
  const machine = cpuTimes(lines[0] ?? '')
  const mine = of.filter(({ number }) => processors?.has(number))
  if (processors === null || mine.length === 0 || mine.length === of.length) return { machine, allowed: null }
  return {
    machine,
    allowed: mine
      .map(({ times }) => times)
      .reduce((a, b) => ({
        total: a.total + b.total,
        busy: a.busy + b.busy,
        steal: (a.steal ?? 0) + (b.steal ?? 0),
      })),
  }
}

function cpuTimes(line: string): CpuTimes {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  const busy = user + nice + system + irq + softirq + steal
  return { total: busy + idle + iowait, busy, steal }
}

function cpuTimesOfOs(): CpuTimes {
  const sums = cpus().map(({ times }) => ({ idle: times.idle, busy: times.user + times.nice + times.sys + times.irq }))
  const busy = sums.reduce((sum, cpu) => sum + cpu.busy, 0)
  return { total: busy + sums.reduce((sum, cpu) => sum + cpu.idle, 0), busy, steal: null }
}
