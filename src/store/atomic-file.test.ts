import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LabError } from '../core/errors.js'
import { labErrorOfAsync } from '../core/testing/thrown.js'
import { writeError, writeFileAtomically } from './atomic-file.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scalelab-atomic-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('writeFileAtomically', () => {
  it('leaves one whole text under the name, however many write at once', async () => {
    const file = join(folder, 'contended')
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`.repeat(50_000))
    await Promise.all(texts.map((text) => writeFileAtomically(file, text)))
    expect(texts).toContain(await readFile(file, 'utf8'))
    expect(await readdir(folder)).toEqual(['contended'])
  })

  it('leaves the old text, and nothing else, when it fails', async () => {
    const below = join(folder, 'contended', 'below')
    const error = await labErrorOfAsync(writeFileAtomically(below, 'x', '--state DIR'))
    expect(error).toMatchObject({ exitCode: 3, hint: 'Write elsewhere: --state DIR' })
    expect(error.message).toContain('contended is not a folder')
    await writeFile(join(folder, 'old'), 'old')
    await expect(writeFileAtomically(folder, 'x')).rejects.toThrow(`${folder} cannot be written`)
    expect((await readdir(folder)).toSorted()).toEqual(['contended', 'old'])
  })
})

describe('writeError', () => {
  const failed = (code: string) => Object.assign(new Error(code), { code })

  it.each([
    ['ENOSPC', 'no space left to write /a/b', 'df -h /a'],
    ['EDQUOT', 'no space left to write /a/b', 'df -h /a'],
    ['EACCES', '/a/b cannot be written (EACCES)', '--out DIR'],
    ['EROFS', '/a/b cannot be written (EROFS)', '--out DIR'],
    ['EMFILE', '/a/b cannot be written (EMFILE)', 'ulimit -n 4096'],
    ['ENOTDIR', '/a is not a folder that can be written to', '--out DIR'],
  ])('says what %s means and what to do', (code, message, hint) => {
    const error = writeError(failed(code), '/a/b')
    expect(error).toBeInstanceOf(LabError)
    expect(error).toMatchObject({ message, exitCode: 3, hint: expect.stringContaining(hint) })
  })

  it('leaves bugs as they are', () => {
    for (const bug of [new TypeError('x'), failed('ERR_INVALID_ARG_TYPE'), 'text', undefined]) {
      expect(writeError(bug, '/a/b')).toBe(bug)
    }
  })
})
