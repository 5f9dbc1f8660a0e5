import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ShardsFile } from '../../../core/shard-map.js'
import { askUntil, type Running, start } from './program.js'

/** Starts the bundled API over shards, and waits until it knows the map and all its shards answer. */
export async function startShardsApi(
  program: string,
  folder: string,
  file: ShardsFile,
  env: Record<string, string> = {},
): Promise<Running> {
  const path = join(mkdtempSync(join(folder, 'api-')), 'shards.json')
  writeFileSync(path, JSON.stringify(file))
  const api = await start(program, { INSTANCE_ID: 'api-1', WORK: 'none', SHARDS_FILE: path, ...env })
  await askUntil(`${api.url}/ready`, ({ status }) => status === 200)
  return api
}
