import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDocument } from './document.js'
import { readText, readTextNow } from './read-file.js'
import { RUN_DOCUMENT } from './run-folder.js'
import { readScalingData } from './scaling-data.js'
import { readScenario } from './scenario-files.js'
import { asNobody } from './testing/as-nobody.js'

const LIMIT = 1_000
const expected = { noun: 'a file of tests', most: LIMIT }
let folder: string
const at = (name: string): string => join(folder, name)
const socket = createServer()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scalelab-read-'))
  await chmod(folder, 0o755)
  execFileSync('mkfifo', [at('fifo')])
  await new Promise<void>((resolve) => socket.listen(at('socket'), resolve))
  await mkdir(at('folder'))
  await symlink('circle', at('circle'))
  for (const name of ['secret', 'latin']) await writeFile(at(name), Buffer.from('a\xf1o', 'latin1'))
  await chmod(at('secret'), 0)
  await writeFile(at('huge'), '')
  await truncate(at('huge'), 2 ** 40)
})
afterAll(async () => {
  socket.close()
  await rm(folder, { recursive: true, force: true })
})

/** What is odd, and with which exit code it is refused. */
const ODD: [what: string, exitCode: number, message: RegExp][] = [
  ['fifo', 2, /no regular file/],
  ['socket', 2, /no regular file/],
  ['folder', 2, /is a folder/],
  ['circle', 2, /links lead in a circle/],
  ['nothing', 2, /there is no/],
  ['huge/below', 2, /there is no/],
  ['secret', 3, /EACCES/],
  ['latin', 2, /not UTF-8/],
  ['huge', 2, /larger than/],
  [`${'n'.repeat(300)}`, 2, /too long/],
  ['/dev/zero', 2, /no regular file/],
  ['/dev/null', 2, /no regular file/],
]

describe('a file that is read', () => {
  it.each(ODD)('%s is refused with exit code %i', async (name, exitCode, message) => {
    const path = name.startsWith('/') ? name : at(name)
    const refusal = expect.objectContaining({ exitCode, message: expect.stringMatching(message) })
    await asNobody(async () => {
      await expect(readText(path, expected)).rejects.toEqual(refusal)
      expect(() => readTextNow(path, expected)).toThrow(refusal)
    })
  })

  it.each(ODD)('%s ends each reader in order', async (name) => {
    const path = name.startsWith('/') ? name : at(name)
    const readers = [() => readScalingData(path), () => readScenario(path), () => readDocument(path, [RUN_DOCUMENT])]
    await asNobody(async () => {
      for (const read of readers) {
        await expect(read()).rejects.toMatchObject({
          name: 'LabError',
          exitCode: expect.toSatisfy((c) => c === 2 || c === 3),
        })
      }
    })
  })

  it.each([
    ['UTF-8', Buffer.from('año')],
    ['UTF-8 with a mark', Buffer.from('\ufeffaño')],
    ['UTF-16, little end first', Buffer.from('\ufeffaño', 'utf16le')],
    ['UTF-16, big end first', Buffer.from('\ufeffaño', 'utf16le').swap16()],
  ])('is a text in %s', async (_, bytes) => {
    await writeFile(at('text'), bytes)
    expect(await readText(at('text'), expected)).toBe('año')
    expect(readTextNow(at('text'), expected)).toBe('año')
  })

  it('is not read any more once the signal has fired', async () => {
    await writeFile(at('text'), 'x')
    const reason = new Error('enough')
    await expect(readText(at('text'), { ...expected, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})
