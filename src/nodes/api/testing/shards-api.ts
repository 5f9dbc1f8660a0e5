import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ShardsFile } from '../../../core/shard-map.js'
import { askUntil, type Running, start } from './program.js'

/** The environment of an API over shards. */
export function shardsEnv(folder: string, file: ShardsFile, env: Record<string, string> = {}): Record<string, string> {
  const path = join(mkdtempSync(join(folder, 'api-')), 'shards.json')
  writeFileSync(path, JSON.stringify(file))
  return { INSTANCE_ID: 'api-1', WORK: 'none', SHARDS_FILE: path, ...env }
}

/** Starts the bundled API over shards, and waits until it knows the map and all its shards answer. */
export async function startShardsApi(
  program: string,
  folder: string,
  file: ShardsFile,
  env: Record<string, string> = {},
): Promise<Running> {
  const api = await start(program, shardsEnv(folder, file, env))
  await askUntil(`${api.url}/ready`, ({ status }) => status === 200)
  return api
}
