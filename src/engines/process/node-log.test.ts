import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LOG_FILE, lastLines, logSize, newLines } from './node-log.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scalelab-log-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('gives the last lines, whatever their length', async () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replaceAll(/[\r\n]/g, ' '))
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.nat(40), fc.boolean(), async (lines, count, ended) => {
      const text = lines.join('\n') + (ended && lines.length > 0 ? '\n' : '')
      await writeFile(join(folder, LOG_FILE), text)
      const whole = text === '' ? [] : text.replace(/\n$/, '').split('\n')
      expect(await lastLines(folder, count)).toEqual(count === 0 ? [] : whole.slice(-count))
    }),
    { numRuns: 60 },
  )
})

it('reads over the borders of its chunks, and from an offset on', async () => {
  const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i} ${'ä'.repeat(i % 7)}`)
  await writeFile(join(folder, LOG_FILE), `${lines.join('\n')}\n`)
  expect(await lastLines(folder, 20_000)).toEqual(lines.slice(-20_000))
  expect(await lastLines(folder, 50_000)).toEqual(lines)
  const size = await logSize(folder)
  await appendFile(join(folder, LOG_FILE), 'new\r\n')
  expect(await lastLines(folder, 10, size)).toEqual(['new'])
})

it('is empty where there is no log', async () => {
  expect(await lastLines(join(folder, 'none'), 10)).toEqual([])
  expect(await logSize(join(folder, 'none'))).toBe(0)
})

it('follows a line that comes in pieces, and ends when the log is gone', async () => {
  const log = join(folder, LOG_FILE)
  await writeFile(log, 'old\n')
  const seen: string[] = []
  const following = (async () => {
    for await (const line of newLines(folder, AbortSignal.timeout(10_000))) seen.push(line)
  })()
  // Every append before the first read of the size would count as old.
  await expect
    .poll(async () => {
      if (seen.length === 0) await appendFile(log, 'begun\n')
      return seen.includes('begun')
    })
    .toBe(true)
  const euro = Buffer.from('€uro\n')
  await appendFile(log, euro.subarray(0, 2))
  await new Promise((resolve) => setTimeout(resolve, 120))
  await appendFile(log, euro.subarray(2))
  await expect.poll(() => seen.at(-1)).toBe('€uro')
  expect(seen).not.toContain('old')
  await rm(log)
  await following
})
