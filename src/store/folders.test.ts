import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkWritable, makeFolder } from './folders.js'
import { asNobody } from './testing/as-nobody.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scalelab-folders-'))
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'file'), '')
  await mkdir(join(folder, 'closed'), { mode: 0o555 })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a folder', () => {
  it('is made with those above it, and told', async () => {
    const path = join(folder, 'a', 'b')
    expect(makeFolder(path, { mode: 0o700 })).toEqual([join(folder, 'a'), path])
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    expect(makeFolder(path)).toEqual([])
  })

  it('that can be written leaves no trace of the question', async () => {
    checkWritable(join(folder, 'a', 'b'))
    checkWritable(folder)
    expect((await readdir(folder)).toSorted()).toEqual(['closed', 'file'])
  })

  // Below /proc mkdir says ENOENT for ever, where Node's own `recursive` never ends.
  it.each(['file', 'file/below/it', 'closed/below', '/proc/scalelab/x', '/dev/null/x'])(
    '%s cannot be made: the surroundings are at fault',
    async (name) => {
      const path = name.startsWith('/') ? name : join(folder, name)
      await asNobody(async () => {
        for (const act of [() => makeFolder(path), () => checkWritable(path)]) {
          expect(act).toThrow(expect.objectContaining({ name: 'LabError', exitCode: 3 }))
        }
      })
    },
  )

  it('that is there and closed is no place to write to', async () => {
    await asNobody(async () => {
      const act = () => checkWritable(join(folder, 'closed'))
      expect(act).toThrow(expect.objectContaining({ exitCode: 3, message: expect.stringContaining('EACCES') }))
    })
  })
})
