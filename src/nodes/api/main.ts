import { seededRandom } from '../../core/random.js'
import { type Work, workFromEnv } from '../../core/work.js'
import { drain, listen } from '../drain.js'
import { cpuPerformer } from './cpu-performer.js'
import { openDatabases } from './database/databases.js'
import { startHealthMonitor } from './health.js'
import { modelPerformer } from './model-performer.js'
import type { Performer } from './performer.js'
import { Products } from './products.js'
import { type ApiOptions, apiServer, type ServerPhase } from './server.js'
import { openShards } from './shards/shards.js'
import { shopResource } from './shop.js'

// The EcoMarket sample API. Environment: HOST, PORT, INSTANCE_ID, SEED, the work per request (core/work.ts), and for
// data in PostgreSQL instead of this process: DATABASES_FILE (core/databases-file.ts) or, for shards, SHARDS_FILE
// (core/shard-map.ts), and WRITE_PATIENCE_MS.

const { env } = process
const instanceId = env.INSTANCE_ID ?? 'api'

let phase: ServerPhase = 'starting'
const performer = await performerOf(workFromEnv(env))
const health = await startHealthMonitor()
const server = apiServer({ instanceId, ...data(), performer, health, phase: () => phase })

process.on('SIGTERM', stop)
process.on('SIGINT', stop)

try {
  const url = await listen(server, env.HOST ?? '127.0.0.1', Number(env.PORT ?? 8_000))
  phase = 'serving'
  console.log(`${instanceId} listening on ${url}`)
} catch (error) {
  console.error(`${instanceId} cannot listen: ${error instanceof Error ? error.message : error}`)
  process.exit(3)
}

/** Drains and ends; the second time, or after 10 s, ends at once. */
async function stop(): Promise<void> {
  if (phase === 'draining') process.exit(1)
  phase = 'draining'
  const drained = drain(server)
  console.log(`${instanceId} draining`) // from here on no connection is accepted
  process.exit((await drained) ? 0 : 1)
}

/** The shop's data: in the databases or the shards of a file, or in this process. */
function data(): Pick<ApiOptions, 'shop' | 'databases'> {
  const { DATABASES_FILE, SHARDS_FILE } = env
  try {
    if (SHARDS_FILE !== undefined) return openShards(SHARDS_FILE, instanceId, patience(8_000))
    if (DATABASES_FILE !== undefined) return openDatabases(DATABASES_FILE, instanceId, patience(2_000))
  } catch (error) {
    console.error(`${instanceId} cannot start: ${error instanceof Error ? error.message : error}`)
    process.exit(3)
  }
  const products = new Products()
  return { shop: (path, query) => shopResource(products, path, query) }
}

/** How long a write is tried, in milliseconds. */
function patience(usual: number): number {
  const { WRITE_PATIENCE_MS: text = String(usual) } = env
  if (!/^\d+$/.test(text)) throw new Error(`WRITE_PATIENCE_MS must be a whole number, not ${text}`)
  return Number(text)
}

async function performerOf(work: Work): Promise<Performer | undefined> {
  switch (work.kind) {
    case 'none':
      return undefined
    case 'cpu':
      return cpuPerformer(work.ms)
    case 'model':
      return await modelPerformer(work, seededRandom(instanceSeed(Number(env.SEED ?? 1), instanceId)))
  }
}

/** A seed of its own for every instance of a stack: the stack's, mixed with the id (FNV-1a). */
function instanceSeed(seed: number, id: string): number {
  let hash = 0x811c9dc5 ^ seed
  for (const byte of Buffer.from(id)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash
}
