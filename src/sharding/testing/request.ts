import { setTimeout as sleep } from 'node:timers/promises'
import type { ReshardProgress } from '../../core/sharding.js'
import type { ShardControl } from '../fleet.js'
import type { MoveOptions } from '../migration-store.js'
import type { Order, ReshardRequest } from '../reshard.js'
import { type Target, targetOf } from '../target.js'
import type { TestShards } from './test-shards.js'

export const OPTIONS: MoveOptions = { maxRowsPerSecond: null, chunkRows: 25, batchRows: 60 }

/** As a stack's engine would tell it. */
export function controlOf(shards: Pick<TestShards, 'shards' | 'endpoint'>): ShardControl {
  return {
    members: async () =>
      shards.shards.map(({ id, address }) => {
        const [host = '', port = ''] = address.split(':')
        return { id, state: 'running' as const, endpoint: shards.endpoint(id), inside: { host, port: Number(port) } }
      }),
  }
}

/** The first so many shards, as a scheme wants them. */
export function targetFor(shards: TestShards, count: number, scheme: string): Target {
  const wanted = shards.shards.slice(0, count).map((shard) => ({ ...shard, weight: 1 }))
  return targetOf(shards.map, scheme, wanted)
}

export interface Told {
  request: ReshardRequest
  events: string[]
  progress: ReshardProgress[]
  abort: AbortController
}

export function requestFor(shards: TestShards, order: Order, change: Partial<ReshardRequest> = {}): Told {
  const events: string[] = []
  const progress: ReshardProgress[] = []
  const abort = new AbortController()
  return {
    events,
    progress,
    abort,
    request: {
      control: controlOf(shards),
      order,
      who: `process ${process.pid}`,
      id: 'test',
      clock: () => performance.now(),
      signal: abort.signal,
      onProgress: (now) => progress.push(now),
      onEvent: (level, text) => events.push(`${level}: ${text}`),
      ...change,
    },
  }
}

export async function until(look: () => boolean | Promise<boolean>, what: string, timeoutMs = 10_000): Promise<void> {
  for (const limit = performance.now() + timeoutMs; !(await look()); await sleep(10)) {
    if (performance.now() > limit) throw new Error(`${what}: not within ${timeoutMs} ms`)
  }
}
