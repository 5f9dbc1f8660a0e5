import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type ProcessTable, parsePsTime, procTable, psTable } from './process-table.js'

const noPs = await promisify(execFile)('ps', ['-o', 'pid=', '-p', String(process.pid)]).then(
  () => false,
  () => true,
)
const noLsof = await promisify(execFile)('lsof', ['-v']).then(
  () => false,
  () => true,
)
const kinds: [string, ProcessTable, boolean][] = [
  ['/proc', procTable(), !existsSync('/proc/self/stat')],
  ['ps', psTable(), noPs],
]

describe.each(kinds)('the process table read from %s', (_, table, missing) => {
  it.skipIf(missing)('shows a process with its group, state, use and marks', async () => {
    const cwd = await realpath(tmpdir())
    // A name that looks like fields must not shift them, so the program's file has one where the system keeps it.
    const script = `process.title = 'a) Z 1 (b'; const end = Date.now() + 300; while (Date.now() < end); console.log('burnt'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['-e', script], {
      detached: true,
      cwd,
      env: { ...process.env, LAB_MARK: 'x1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const pid = child.pid ?? 0
    const row = async () => (await table.rows()).find((candidate) => candidate.pid === pid)
    try {
      await once(child.stdout, 'data')
      expect(await row()).toMatchObject({ pid, parent: process.pid, group: pid, name: 'a) Z 1 (b' })
      expect((await table.memory(pid)).own).toBeGreaterThan(5 * 1_024 * 1_024)
      process.kill(pid, 'SIGSTOP')
      await expect.poll(async () => (await row())?.state).toBe('T')
    } finally {
      process.kill(pid, 'SIGKILL')
    }
    await once(child, 'exit')
    expect(await row()).toBeUndefined()
    expect(await table.memory(pid)).toEqual({ own: 0, shared: 0 })
  })

  it.skipIf(missing)('tells whose a process is by its environment', async () => {
    const child = spawn('sleep', ['60'], { env: { PATH: '/bin:/usr/bin', LAB_MARK: 'x1' }, stdio: 'ignore' })
    try {
      const pid = child.pid ?? 0
      await expect.poll(() => table.carries(pid, { variable: 'LAB_MARK=x1' })).toBe(true)
      expect(await table.carries(pid, { variable: 'LAB_MARK=x' })).toBe(false)
      expect(await table.carries(pid, { variable: 'LAB_MARK=x2', folder: '/nowhere' })).toBe(false)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it.skipIf(missing || (table === kinds[1]?.[1] && noLsof))('knows where a process works', async () => {
    const cwd = await realpath(tmpdir())
    const child = spawn('sleep', ['60'], { cwd, stdio: 'ignore' })
    try {
      const pid = child.pid ?? 0
      await expect.poll(() => table.cwd(pid), { timeout: 10_000 }).toBe(cwd)
      expect((await table.rows()).find((row) => row.pid === pid)).toMatchObject({ parent: process.pid, name: 'sleep' })
    } finally {
      child.kill('SIGKILL')
    }
    await once(child, 'exit')
    expect(await table.cwd(child.pid ?? 0)).toBeUndefined()
  })

  it.skipIf(missing)('adds up the processor time', async () => {
    const child = spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' })
    try {
      const used = async () => (await table.rows()).find(({ pid }) => pid === child.pid)?.cpuSeconds ?? 0
      // ps tells whole seconds.
      await expect.poll(used, { timeout: 15_000, interval: 100 }).toBeGreaterThanOrEqual(0.5)
    } finally {
      child.kill('SIGKILL')
    }
  })
})

it.skipIf(!existsSync('/proc/self/stat'))(
  'knows a process by its working folder when its environment is gone',
  async () => {
    const cwd = await realpath(tmpdir())
    const child = spawn('sleep', ['60'], { cwd, stdio: 'ignore' })
    try {
      const pid = child.pid ?? 0
      await expect.poll(() => procTable().carries(pid, { variable: 'NONE=1', folder: cwd })).toBe(true)
      expect(await procTable().carries(pid, { variable: 'NONE=1', folder: `${cwd}/deeper` })).toBe(false)
      expect(await procTable().carries(pid, { variable: 'NONE=1', folder: cwd.slice(0, -1) })).toBe(false)
    } finally {
      child.kill('SIGKILL')
    }
  },
)

it.each([
  ['00:00:01', 1],
  ['01:02:03', 3_723],
  ['2-03:04:05', 183_845],
  ['12:34.56', 754.56],
])('reads the time %s of ps', (text, seconds) => {
  expect(parsePsTime(text)).toBeCloseTo(seconds)
})
