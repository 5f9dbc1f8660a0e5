import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CAPACITY_SCHEMA, type CapacityRecord, capacityRecordSchema } from '../core/capacity.js'
import { usageError } from '../core/errors.js'

/** The record of a search, in its folder. */
export const CAPACITY_FILE = 'capacity.json'

/**
 * The capacity.json that a path means: itself, the one in a folder, or that of a scenario's latest search.
 * @returns null where there is none, so that the path may mean something else
 */
export async function findCapacity(path: string): Promise<string | null> {
  const isFile = async (file: string): Promise<boolean> => (await stat(file).catch(() => null))?.isFile() === true
  if (await isFile(path)) return path.endsWith(CAPACITY_FILE) ? path : null
  for (const candidate of [join(path, CAPACITY_FILE), join(path, 'latest', CAPACITY_FILE)]) {
    if (await isFile(candidate)) return candidate
  }
  return null
}

/**
 * Reads the record of a search at a path: a capacity.json, the folder that holds it, or a scenario's folder (its latest).
 * @throws LabError (usage) that says what is wrong with it: missing, damaged, or of a newer version
 */
export async function readCapacity(path: string): Promise<{ record: CapacityRecord; folder: string }> {
  const file = await findCapacity(path)
  if (file === null) {
    const inside = (await readdir(path).catch(() => [])).slice(0, 8).join(', ')
    throw usageError(`${path} holds no ${CAPACITY_FILE}`, inside === '' ? undefined : `It holds: ${inside}`)
  }
  let data: unknown
  try {
    data = JSON.parse(await readFile(file, 'utf8'))
  } catch {
    throw usageError(`${file} is damaged: it is not JSON`, 'The records of its probes, below runs/, may still be whole')
  }
  const schema = typeof data === 'object' && data !== null && 'schema' in data ? data.schema : undefined
  if (schema !== CAPACITY_SCHEMA) {
    throw usageError(
      `${file} has the schema ${JSON.stringify(schema) ?? 'of nothing'}, and this version reads ${CAPACITY_SCHEMA}`,
      'Use the version of scalelab that wrote it (or a newer one)',
    )
  }
  const parsed = capacityRecordSchema.safeParse(data)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw usageError(`${file} is damaged at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? 'unreadable'}`)
  }
  return { record: parsed.data, folder: dirname(file) }
}
