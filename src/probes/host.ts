import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import type { Probe, Reading } from './port.js'

interface CpuTimes {
  total: number
  busy: number
  /** Time the hypervisor gave to others; null where the system does not tell. */
  steal: number | null
}

/**
 * The whole machine: `host.cpu_share` (0 to 1 of all processors) and, on Linux, `host.steal_share`, each since the last
 * read. The first read gives nothing.
 * @param statFile where Linux tells; without it the system's own times are taken, which know no steal
 */
export function hostProbe(intervalMs = 1_000, statFile = '/proc/stat'): Probe {
  let last: CpuTimes | null = null
  return {
    name: 'host',
    intervalMs,
    async read() {
      const current = await cpuTimes(statFile)
      const before = last
      last = current
      const total = before === null ? 0 : current.total - before.total
      if (before === null || total <= 0) return []
      const readings: Reading[] = [
        { kind: 'host.cpu_share', value: (current.busy - before.busy) / total, unit: 'share' },
      ]
      if (current.steal !== null && before.steal !== null) {
        readings.push({ kind: 'host.steal_share', value: (current.steal - before.steal) / total, unit: 'share' })
      }
      return readings
    },
  }
}

async function cpuTimes(statFile: string): Promise<CpuTimes> {
  const stat = await readFile(statFile, 'utf8').catch(() => null)
  if (stat === null) return cpuTimesOfOs()
  return parseProcStat(stat)
}

/** The first line of /proc/stat: cpu user nice system idle iowait irq softirq steal guest guest_nice (proc(5)). */
export function parseProcStat(text: string): CpuTimes {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = (
    text.split('\n', 1)[0] ?? ''
  )
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
