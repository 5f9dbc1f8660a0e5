import type { ContainerStats } from 'dockerode'
import { expect, it } from 'vitest'
import { usageOf } from './usage.js'

const stats = (cpu: unknown, memory: unknown): ContainerStats =>
  ({ cpu_stats: { cpu_usage: { total_usage: cpu } }, memory_stats: memory }) as ContainerStats

it.each([
  ['cgroup v1', { usage: 900, stats: { total_inactive_file: 100, inactive_file: 30 } }, 800],
  ['cgroup v2', { usage: 900, stats: { inactive_file: 100 } }, 800],
  ['no detail', { usage: 900 }, 900],
  ['a cache larger than the use', { usage: 900, stats: { inactive_file: 1_000 } }, 900],
])('on %s, memory is without the cache that would be given back', (_name, memory, bytes) => {
  expect(usageOf('a', stats(1_500_000_000, memory))).toEqual({ id: 'a', cpuSeconds: 1.5, memoryBytes: bytes })
})

it('of a container that has just ended is nothing', () => {
  expect(usageOf('a', stats(0, {}))).toBeNull()
  expect(usageOf('a', {} as ContainerStats)).toBeNull()
})
