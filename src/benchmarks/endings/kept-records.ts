import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { runRecordSchema } from '../../core/record.js'

/**
 * What is wrong with the records below a reports folder, one sentence each: wherever a load had begun there must be a record that
 * can be read, and its report there or above it.
 */
export async function faultsOfRecords(out: string): Promise<string[]> {
  if (!existsSync(out)) return []
  const files = (await readdir(out, { recursive: true })).filter((file) => !file.split('/').includes('latest'))
  const faults: string[] = []
  for (const file of files.filter((name) => name.endsWith('samples.ndjson'))) {
    const folder = dirname(file)
    const record = await readFile(join(out, folder, 'run.json'), 'utf8').catch(() => undefined)
    if (record === undefined) faults.push(`${folder} has samples and no record`)
    else if (!runRecordSchema.safeParse(parsed(record)).success) faults.push(`${folder}/run.json cannot be read`)
    if (!files.some((name) => name.endsWith('report.md') && !relative(dirname(name), folder).startsWith('..'))) {
      faults.push(`${folder} has no report, nor what is above it`)
    }
  }
  for (const file of files.filter((name) => name.endsWith('.tmp'))) faults.push(`${file} is half a file`)
  return faults
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
