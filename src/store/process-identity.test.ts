import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { ProcessIdentity } from '../core/process-identity.js'
import { processIdentity, procIdentity, psIdentity } from './process-identity.js'

const run = promisify(execFile)
const noProc = !existsSync('/proc/self/stat')
const noPs = await run('ps', ['-o', 'pid=', '-p', String(process.pid)]).then(
  () => false,
  () => true,
)

const kinds: [string, ProcessIdentity, boolean][] = [
  ['/proc', procIdentity(), noProc],
  ['ps', psIdentity(), noPs],
]

describe.each(kinds)('process identity by %s', (_, identity, missing) => {
  it.skipIf(missing)('stays the same for one process and is told by its own shell, after exec too', async () => {
    const script = `${identity.shell}\necho "$lab_identity"; exec sleep 60`
    const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [told] = await once(child.stdout, 'data')
      const seen = await identity.of(child.pid ?? 0)
      expect(seen).toMatch(/\d/)
      expect(String(told)).toBe(`${seen}\n`)
    } finally {
      child.kill('SIGKILL')
    }
    await once(child, 'exit')
    expect(await identity.of(child.pid ?? 0)).toBeUndefined()
  })

  it.skipIf(missing)('is none for a number that no process has', async () => {
    expect(await identity.of(2 ** 22 + 1)).toBeUndefined()
  })
})

it.skipIf(noProc)('counts a zombie as dead', async () => {
  // sleep takes the shell's place and never waits for the child it got, which so stays a zombie.
  const script = 'sh -c "sleep 0.1" & echo $!; exec sleep 60'
  const parent = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [pid] = await once(parent.stdout, 'data')
    await expect.poll(() => processIdentity().of(Number(pid))).toBeUndefined()
    expect(existsSync(`/proc/${Number(pid)}`)).toBe(true)
  } finally {
    parent.kill('SIGKILL')
  }
})
