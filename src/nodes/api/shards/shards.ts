import type { IncomingHttpHeaders } from 'node:http'
import { readShardsFile } from '../database/login-files.js'
import type { Databases } from '../server.js'
import type { Resource } from '../shop.js'
import { Router } from './router.js'
import { ShardShop } from './shard-shop.js'

/**
 * The shop over the shards of a file, polled from now on.
 * @param instanceId what its sessions are called in pg_stat_activity
 * @param patienceMs how long a request waits for slots that move and, if it is a write, for a shard that is down
 * @throws Error when the file is not as it should be
 */
export function openShards(
  path: string,
  instanceId: string,
  patienceMs: number,
): { shop: (path: string, query: string, headers: IncomingHttpHeaders) => Resource | undefined; databases: Databases } {
  const router = new Router(readShardsFile(path), instanceId)
  router.start()
  const shop = new ShardShop(router, patienceMs)
  shop.sweep()
  return {
    shop: (...request) => shop.resource(...request),
    databases: { view: () => ({ ...router.view() }), unready: async () => router.unready() },
  }
}
