import { fileURLToPath } from 'node:url'
import type { Load } from '../core/load.js'
import type { Percentiles } from '../core/record.js'
import { createLoadGenerator } from '../load/child-process-generator.js'
import type { LoadResult, LoadTick } from '../load/port.js'
import { Histogram } from '../stats/histogram.js'

export interface Generated {
  result: LoadResult
  response: Percentiles
  ticks: LoadTick[]
}

/** Sends a load with the product's own generator, from one process. */
export async function generate(
  origin: string,
  load: Partial<Load> & { rps: number; durationMs: number; connections: number },
  onTick: (tick: LoadTick) => void = () => {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Generated> {
  const { rps, durationMs, connections, warmupMs = 1_000, workload = null } = load
  const ticks: LoadTick[] = []
  const generator = createLoadGenerator({
    nodeBinary: process.execPath,
    childEntry: fileURLToPath(new URL('../load/generator-child.js', import.meta.url)),
  })
  const result = await generator.run({
    load: {
      mode: 'open',
      arrival: 'uniform',
      stages: [{ durationMs, rps }],
      warmupMs,
      connections,
      timeoutMs: 10_000,
      generators: 1,
      clients: 0,
      seed: 1,
      workload,
    },
    target: { origin, requests: [{ method: 'GET', path: '/', headers: [] }] },
    signal,
    drainMs: 5_000,
    tickMs: 500,
    onStart: () => {},
    onTick: (tick) => {
      ticks.push(tick)
      onTick(tick)
    },
  })
  return { result, response: Histogram.decode(result.response).percentiles(), ticks }
}

/** Percentiles over the ticks of a stretch of the run clock, in milliseconds. */
export function responseBetween(ticks: readonly LoadTick[], fromMs: number, toMs: number): Percentiles {
  const sum = new Histogram()
  for (const tick of ticks) {
    if (tick.from >= fromMs && tick.to <= toMs) sum.add(tick.response)
  }
  return sum.percentiles()
}
