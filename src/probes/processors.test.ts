import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { hostProbe } from './host.js'
import type { ProbeContext } from './port.js'
import { allowedProcessors, type ProcessorFiles, processorQuota } from './processors.js'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

/** A machine whose kernel says this, by path below /proc and /sys/fs/cgroup. */
async function machine(says: Record<string, string>): Promise<ProcessorFiles & { say: typeof say }> {
  const folder = await mkdtemp(join(tmpdir(), 'scalelab-processors-'))
  folders.push(folder)
  const say = async (texts: Record<string, string>): Promise<void> => {
    for (const [path, text] of Object.entries(texts)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
  }
  await say(says)
  return { proc: join(folder, 'proc'), cgroup: join(folder, 'cgroup'), say }
}

const context: ProbeContext = {
  nodes: async () => [],
  usage: async () => [],
  databases: async () => [],
  shards: async () => [],
  signal: new AbortController().signal,
}

describe('a processor quota', () => {
  it.each<[string, Record<string, string>, { cores: number; usedUs: number | null } | null]>([
    ['none, as there is no such system', {}, null],
    ['none of version 2', { 'proc/self/cgroup': '0::/\n', 'cgroup/cpu.max': 'max 100000\n' }, null],
    [
      'of version 2, seen from inside of a container',
      {
        'proc/self/cgroup': '0::/\n',
        'cgroup/cpu.max': '150000 100000\n',
        'cgroup/cpu.stat': 'usage_usec 7000000\nuser_usec 1\n',
      },
      { cores: 1.5, usedUs: 7_000_000 },
    ],
    [
      'of a group above, where it is tighter',
      {
        'proc/self/cgroup': '0::/user.slice/lab.scope\n',
        'cgroup/user.slice/cpu.max': '50000 100000\n',
        'cgroup/user.slice/cpu.stat': 'usage_usec 5\n',
        'cgroup/user.slice/lab.scope/cpu.max': '400000 100000\n',
      },
      { cores: 0.5, usedUs: 5 },
    ],
    [
      'of version 1',
      {
        'proc/self/cgroup': '9:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n0::/\n',
        'cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us': '200000\n',
        'cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us': '100000\n',
        'cgroup/cpu,cpuacct/docker/x/cpuacct.usage': '3000000\n',
      },
      { cores: 2, usedUs: 3_000 },
    ],
    [
      'of version 1, mounted apart, its path that of the host',
      {
        'proc/self/cgroup': '2:cpuacct:/docker/x\n1:cpu:/docker/x\n',
        'cgroup/cpu/cpu.cfs_quota_us': '25000\n',
        'cgroup/cpu/cpu.cfs_period_us': '100000\n',
        'cgroup/cpuacct/cpuacct.usage': '9000\n',
      },
      { cores: 0.25, usedUs: 9 },
    ],
    [
      'none of version 1',
      {
        'proc/self/cgroup': '1:cpu:/\n',
        'cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        'cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
      null,
    ],
  ])('is %s', async (_, says, quota) => {
    expect(await processorQuota(await machine(says))).toEqual(quota)
  })
})

describe('the processors that a process may run on', () => {
  it.each([
    ['0-1', [0, 1]],
    ['0,2-4,7', [0, 2, 3, 4, 7]],
    ['5', [5]],
  ])('%s', async (list, numbers) => {
    const files = await machine({ 'proc/self/status': `Name:\tnode\nCpus_allowed_list:\t${list}\nMems:\t0\n` })
    expect([...((await allowedProcessors(files)) ?? [])]).toEqual(numbers)
  })

  it('are not known everywhere', async () => {
    expect(await allowedProcessors(await machine({}))).toBeNull()
  })
})

describe('the host of a container', () => {
  const stat = (busy: readonly number[], idle: readonly number[]): string => {
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
    const line = (name: string, b: number, i: number): string => `${name} ${b} 0 0 ${i} 0 0 0 0 0 0`
    return [line('cpu ', sum(busy), sum(idle)), ...busy.map((b, n) => line(`cpu${n}`, b, idle[n] ?? 0))].join('\n')
  }
  const shareOf = async (
    before: Record<string, string>,
    after: Record<string, string>,
    waitMs = 1,
  ): Promise<number | undefined> => {
    const files = await machine(before)
    const probe = hostProbe(1_000, files)
    expect(await probe.read(context)).toEqual([])
    await pause(waitMs)
    await files.say(after)
    return (await probe.read(context)).find(({ kind }) => kind === 'host.cpu_share')?.value
  }

  it('is full when the processors that it may use are', async () => {
    const status = { 'proc/self/status': 'Cpus_allowed_list:\t2-3\n' }
    const share = await shareOf(
      { ...status, 'proc/stat': stat([0, 0, 0, 0], [0, 0, 0, 0]) },
      { 'proc/stat': stat([0, 0, 100, 90], [100, 100, 0, 10]) },
    )
    expect(share).toBeCloseTo(0.95)
  })

  it('is full when its quota is used up', async () => {
    const group = { 'proc/self/cgroup': '0::/\n', 'cgroup/cpu.max': '10000 100000\n' }
    const idle = { 'proc/stat': stat([0, 0], [0, 0]), 'cgroup/cpu.stat': 'usage_usec 1000000\n' }
    // A second's worth of processor time in a moment: more than a tenth of a processor has.
    const used = { 'proc/stat': stat([10, 0], [90, 100]), 'cgroup/cpu.stat': 'usage_usec 2000000\n' }
    expect(await shareOf({ ...group, ...idle }, used, 20)).toBe(1)
    expect(await shareOf({ ...group, ...idle }, { ...used, 'cgroup/cpu.stat': 'usage_usec 1000000\n' }, 20)).toBe(0.05)
  })

  it('is as busy as the machine, where that is more', async () => {
    const status = { 'proc/self/status': 'Cpus_allowed_list:\t0\n' }
    const share = await shareOf(
      { ...status, 'proc/stat': stat([0, 0], [0, 0]) },
      { 'proc/stat': stat([0, 100], [100, 0]) },
    )
    expect(share).toBeCloseTo(0.5)
  })
})
