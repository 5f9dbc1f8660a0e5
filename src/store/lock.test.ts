import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EXIT, LabError } from '../core/errors.js'
import { withLock } from './lock.js'
import { processIdentity } from './process-identity.js'

const identity = processIdentity()
let stateDir: string
let other: ChildProcess

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'scalelab-lock-'))
  other = spawn('sleep', ['60'], { stdio: 'ignore' })
  await once(other, 'spawn')
})
afterEach(async () => {
  other.kill('SIGKILL')
  await rm(stateDir, { recursive: true, force: true })
})

const locks = () => readdir(join(stateDir, 'locks'))

/** A lock as a command with this id and identity would have left it. */
async function leaveLock(pid: number | undefined, holderIdentity: string | undefined): Promise<void> {
  await mkdir(join(stateDir, 'locks'), { recursive: true })
  const lock = JSON.stringify({ pid, identity: holderIdentity, since: '2024-05-06T07:08:09.000Z' })
  await writeFile(join(stateDir, 'locks', 'lb-3@left.lock'), lock)
}

it('gives the result and frees the lock, whether the work succeeds or fails', async () => {
  expect(await withLock(stateDir, 'lb-3', async () => 7)).toBe(7)
  const failure = new Error('no')
  await expect(withLock(stateDir, 'lb-3', () => Promise.reject(failure))).rejects.toBe(failure)
  expect(await withLock(stateDir, 'lb-3', async () => 8)).toBe(8)
  expect(await locks()).toEqual([])
})

it('names a living holder, and locks one name only', async () => {
  await leaveLock(other.pid, await identity.of(other.pid ?? 0))
  const error = await withLock(stateDir, 'lb-3', async () => 'both').catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(LabError)
  expect(error).toMatchObject({
    exitCode: EXIT.environment,
    message: `another scalelab command (pid ${other.pid}, since 2024-05-06T07:08:09.000Z) is working on stack lb-3`,
  })
  expect(await withLock(stateDir, 'single', async () => 'other name')).toBe('other name')
  expect(await locks()).toEqual(['lb-3@left.lock'])
})

it('takes over from a holder that has died', async () => {
  const before = await identity.of(other.pid ?? 0)
  other.kill('SIGKILL')
  await once(other, 'exit')
  await leaveLock(other.pid, before)
  expect(await withLock(stateDir, 'lb-3', async () => 'taken over')).toBe('taken over')
})

it('takes over when the number of the holder is another process by now', async () => {
  await leaveLock(other.pid, 'an earlier boot/1')
  expect(await withLock(stateDir, 'lb-3', async () => 'taken over')).toBe('taken over')
})

it('takes over from a file that says nothing', async () => {
  await mkdir(join(stateDir, 'locks'), { recursive: true })
  await writeFile(join(stateDir, 'locks', 'lb-3@left.lock'), '')
  expect(await withLock(stateDir, 'lb-3', async () => 'taken over')).toBe('taken over')
})

it('lets one of many in, also over a dead lock', async () => {
  for (const dead of [false, true]) {
    if (dead) await leaveLock(other.pid, 'an earlier boot/1')
    let inside = 0
    let most = 0
    const work = async (): Promise<string> => {
      inside += 1
      most = Math.max(most, inside)
      await new Promise((resolve) => setTimeout(resolve, 900))
      inside -= 1
      return 'in'
    }
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () =>
        withLock(stateDir, 'lb-3', work).catch((error: unknown) => (error instanceof LabError ? 'refused' : error)),
      ),
    )
    expect(most).toBe(1)
    expect(outcomes.filter((outcome) => outcome === 'in')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'refused')).toHaveLength(7)
  }
  expect(await locks()).toEqual([])
})
