import { existsSync, realpathSync } from 'node:fs'
import { rm, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runError } from '../../core/errors.js'
import { descendants, type ProcessRow, type ProcessTable } from './process-table.js'

/** How long servers may take to go after SIGKILL, in milliseconds. */
const KILL_LIMIT_MS = 5_000

/**
 * Processes of data servers that work in one of the folders, or below. A server's children have sessions of their
 * own and write over their environment: when the server is gone nothing else tells whose they were.
 * @param programs names of such servers' processes
 */
export async function serversIn(
  folders: readonly string[],
  programs: readonly string[],
  table: ProcessTable,
  rows?: ProcessRow[],
): Promise<ProcessRow[]> {
  const all = (rows ?? (await table.rows())).filter(({ name }) => programs.includes(name))
  // Whoever has a living server for its parent is of that server: one question for each server, and for each orphan.
  let eldest = all.filter(({ parent }) => !all.some(({ pid }) => pid === parent))
  const found: ProcessRow[] = []
  while (eldest.length > 0) {
    const places = await Promise.all(eldest.map(({ pid }) => table.cwd(pid)))
    found.push(...eldest.filter((_, index) => folders.some((folder) => `${places[index]}/`.startsWith(`${folder}/`))))
    // One that has ended since the table was read works nowhere any more: its children are asked themselves.
    const gone = eldest.filter((_, index) => places[index] === undefined)
    eldest = all.filter(({ parent }) => gone.some(({ pid }) => pid === parent))
  }
  return [...found, ...descendants(found, all)]
}

/** Removes the data below a folder, and ends servers that still run on it first. */
export async function removeData(
  folder: string,
  { table, serverPrograms }: { table: ProcessTable; serverPrograms: readonly string[] },
): Promise<void> {
  if (!existsSync(folder)) return
  const place = realpathSync(folder)
  const deadline = performance.now() + KILL_LIMIT_MS
  for (;;) {
    const living = await serversIn([place], serverPrograms, table)
    if (living.length === 0) break
    if (performance.now() > deadline) {
      const pids = living.map(({ pid }) => pid).join(', ')
      throw runError(`the servers in ${folder} do not end after SIGKILL (pid ${pids})`, 'Look at them with: ps -fp PID')
    }
    for (const { pid } of living) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Ended in the meantime.
      }
    }
    await sleep(10)
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  // The last one to leave; another stack in it is no error.
  await rmdir(dirname(folder)).catch(() => undefined)
}
