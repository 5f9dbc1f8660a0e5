import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentError } from '../core/errors.js'
import type { ProcessIdentity } from '../core/process-identity.js'
import { writeError } from './atomic-file.js'
import { processIdentity } from './process-identity.js'

interface Holder {
  pid: number
  identity: string
  /** ISO 8601. */
  since: string
}

let attempts = 0

/**
 * Runs `fn` while no other command does the same for this stack name. The lock of a command that no longer lives is
 * taken over; a process that got its id since does not keep it alive.
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
  const lock = join(folder, `${encodeURIComponent(name)}.lock`)
  const own = await identity.of(process.pid)
  if (own === undefined) throw new Error('this process has no identity')
  const text = JSON.stringify({ pid: process.pid, identity: own, since: new Date().toISOString() } satisfies Holder)
  // Written aside and linked into place, so that nobody ever reads half a lock.
  attempts += 1
  const mine = `${lock}.${process.pid}-${attempts}`
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(mine, text, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    throw writeError(error, mine, 'set XDG_STATE_HOME to another folder')
  }
  try {
    while (!(await linked(mine, lock))) {
      const found = await readFile(lock, 'utf8').catch(() => undefined)
      // Released between the two: try again.
      if (found === undefined) continue
      const holder = await livingHolder(found, identity)
      if (holder !== undefined) throw heldError(name, holder)
      await takeAway(lock, found, `${mine}.dead`)
    }
  } finally {
    await rm(mine, { force: true })
  }
  try {
    return await fn()
  } finally {
    await rm(lock, { force: true })
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function livingHolder(text: string, identity: ProcessIdentity): Promise<Holder | undefined> {
  let holder: Holder
  try {
    holder = JSON.parse(text)
  } catch {
    return undefined
  }
  return (await identity.of(holder.pid)) === holder.identity ? holder : undefined
}

/**
 * Removes a dead holder's lock. Two commands may get here with the same dead lock, and the slower one would remove the
 * faster one's new lock: a rename hands the file to one of them, which looks at what it got and puts a living one back.
 */
async function takeAway(lock: string, dead: string, aside: string): Promise<void> {
  try {
    await rename(lock, aside)
  } catch {
    return
  }
  if ((await readFile(aside, 'utf8')) !== dead) await linked(aside, lock)
  await rm(aside, { force: true })
}

function heldError(name: string, holder: Holder): Error {
  return environmentError(
    `another scalelab command (pid ${holder.pid}, since ${holder.since}) is working on stack ${name}`,
    `Wait until it has ended, or end it: kill ${holder.pid}`,
  )
}
