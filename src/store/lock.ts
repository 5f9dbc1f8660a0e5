import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { environmentError } from '../core/errors.js'
import type { ProcessIdentity } from '../core/process-identity.js'
import { writeError } from './atomic-file.js'
import { makeFolder } from './folders.js'
import { processIdentity } from './process-identity.js'

interface Holder {
  pid: number
  identity: string
  /** ISO 8601. */
  since: string
}

const ELSEWHERE = 'set SCALELAB_STATE to another folder'

/** How long a command tries before it says who holds the lock, in milliseconds. */
const PATIENCE_MS = 400

/**
 * Runs `fn` while no other command does the same for this stack name. The lock of a command that no longer lives does
 * not count; a process that got its number since does not keep it alive.
 *
 * Every command that wants the lock puts a file of its own into the lock's folder and then looks at the others' files.
 * The later of two always sees the earlier one's, so never do both go on; when both see each other both take theirs
 * back and try again after a random pause. No file is ever shared or taken over: that of a dead command can be removed
 * by anybody at any moment.
 * @param stateDir "$XDG_STATE_HOME/scalelab"; made when needed
 * @throws LabError (environment) when another command that lives holds the lock, or the lock cannot be written
 */
export async function withLock<T>(
  stateDir: string,
  name: string,
  fn: () => Promise<T>,
  identity: ProcessIdentity = processIdentity(),
): Promise<T> {
  const folder = join(stateDir, 'locks')
  // An encoded name holds no @, so that no name's files pass for another's.
  const prefix = `${encodeURIComponent(name)}@`
  const own = await identity.of(process.pid)
  if (own === undefined) throw new Error('this process has no identity')
  const mine = `${prefix}${randomUUID()}.lock`
  const holder: Holder = { pid: process.pid, identity: own, since: new Date().toISOString() }
  const deadline = performance.now() + PATIENCE_MS
  try {
    for (;;) {
      await put(folder, mine, holder)
      const other = await livingOther(folder, prefix, mine, identity)
      if (other === undefined) return await fn()
      await rm(join(folder, mine), { force: true })
      if (performance.now() > deadline) throw heldError(name, other)
      await sleep(5 + 35 * Math.random())
    }
  } finally {
    await rm(join(folder, mine), { force: true })
  }
}

async function put(folder: string, file: string, holder: Holder): Promise<void> {
  const path = join(folder, file)
  try {
    makeFolder(folder, { mode: 0o700, elsewhere: ELSEWHERE })
    // Written aside and renamed into place, so that nobody ever reads half a file.
    await writeFile(`${path}.tmp`, JSON.stringify(holder), { mode: 0o600 })
    await rename(`${path}.tmp`, path)
  } catch (error) {
    throw writeError(error, path, ELSEWHERE)
  }
}

async function livingOther(
  folder: string,
  prefix: string,
  mine: string,
  identity: ProcessIdentity,
): Promise<Holder | undefined> {
  for (const file of await readdir(folder)) {
    if (!file.startsWith(prefix) || !file.endsWith('.lock') || file === mine) continue
    const path = join(folder, file)
    const text = await readFile(path, 'utf8').catch(() => undefined)
    // Taken back in the meantime.
    if (text === undefined) continue
    const holder = parsed(text)
    if (holder !== undefined && (await identity.of(holder.pid)) === holder.identity) return holder
    await rm(path, { force: true })
  }
  return undefined
}

/** Undefined for what no living command has written: a file that a crash of the machine left empty, say. */
function parsed(text: string): Holder | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function heldError(name: string, holder: Holder): Error {
  return environmentError(
    `another scalelab command (pid ${holder.pid}, since ${holder.since}) is working on stack ${name}`,
    `Wait until it has ended, or end it: kill ${holder.pid}`,
  )
}
