import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessTable } from './process-table.js'

const DRAFT = /\.(\d+)-[0-9a-f-]{36}\.draft$/
/** How long what makes a draft may take to go after SIGKILL, in milliseconds. */
const KILL_LIMIT_MS = 5_000

/** A name for what is made beside its final place: it tells which process makes it. */
export function draftName(name: string): string {
  return `${name}.${process.pid}-${randomUUID()}.draft`
}

export function isDraft(name: string): boolean {
  return name.endsWith('.draft')
}

/**
 * What commands that were killed have left half-made in the cache, with what still works on it.
 * @param remove false: only looked for
 * @returns the paths
 */
export async function sweepDrafts(cache: string, table: ProcessTable, remove: boolean): Promise<string[]> {
  const found: string[] = []
  for (const folder of ['templates', 'servers'].map((name) => join(cache, name))) {
    for (const name of await readdir(folder).catch(() => [])) {
      const maker = DRAFT.exec(name)?.[1]
      // Without a maker: of an older version.
      if (!isDraft(name) || (maker !== undefined && lives(Number(maker)))) continue
      found.push(join(folder, name))
    }
  }
  if (!remove) return found
  for (const draft of found) {
    await endMakers(draft, table)
    await rm(draft, { recursive: true, force: true, maxRetries: 3 })
  }
  return found
}

/** The script goes on when its command was killed, and so does the server that it has started. */
async function endMakers(draft: string, table: ProcessTable): Promise<void> {
  const mark = { variable: `DATA=${draft}`, folder: draft }
  for (const deadline = performance.now() + KILL_LIMIT_MS; performance.now() < deadline; await sleep(20)) {
    const rows = await table.rows()
    const carries = await Promise.all(rows.map(({ pid }) => table.carries(pid, mark)))
    const makers = rows.filter((_, index) => carries[index])
    if (makers.length === 0) return
    for (const { pid } of makers) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Ended in the meantime.
      }
    }
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
