import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabasesFile } from '../../../core/databases-file.js'
import { ask, askUntil, type Reply, type Running, start } from './program.js'

/** Starts the bundled API over databases, and waits until it knows the primary and sees so many standbys stream. */
export async function startDatabaseApi(
  program: string,
  folder: string,
  file: DatabasesFile,
  streaming: number,
  env: Record<string, string> = {},
): Promise<Running> {
  const path = join(mkdtempSync(join(folder, 'api-')), 'databases.json')
  writeFileSync(path, JSON.stringify(file))
  const api = await start(program, { INSTANCE_ID: 'api-1', WORK: 'none', DATABASES_FILE: path, ...env })
  await askUntil(`${api.url}/ready?streaming=${streaming}`, ({ status }) => status === 200)
  return api
}

/** A write, under an idempotency key if there is one. */
export function change(method: 'POST' | 'PUT', url: string, body: unknown, key?: string): Promise<Reply> {
  const headers = key === undefined ? {} : { 'Idempotency-Key': key }
  return ask(url, { method, headers, body: JSON.stringify(body) })
}
