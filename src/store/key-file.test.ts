import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyBatches, surveyKeyFile } from './key-file.js'
import { SeenKeys } from './seen-keys.js'

describe('a file of keys', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scalelab-keys-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const signal = new AbortController().signal
  const options = { sample: 100, seed: 1, signal }
  const written = async (content: string | Buffer): Promise<string> => {
    const path = join(folder, 'keys.txt')
    await writeFile(path, content)
    return path
  }
  const read = async (path: string, size = 2): Promise<string[][]> => {
    const batches: string[][] = []
    for await (const batch of keyBatches(path, size, signal)) batches.push(batch)
    return batches
  }

  it.each([
    ['with a last line end', 'a\nb\nc\n', [['a', 'b'], ['c']]],
    ['without one', 'a\nb', [['a', 'b']]],
    ['of Windows, with a byte order mark', '\ufeffa\r\nb\r\n', [['a', 'b']]],
    [
      'with spaces in keys, and other scripts',
      ' a\nb c\nключ\n鍵\n',
      [
        [' a', 'b c'],
        ['ключ', '鍵'],
      ],
    ],
    ['with one key', 'a', [['a']]],
  ])('%s', async (_, content, batches) => {
    const path = await written(content)
    expect(await read(path)).toEqual(batches)
    expect(await surveyKeyFile(path, options)).toEqual({ count: batches.flat().length, sample: batches.flat().sort() })
  })

  it.each([
    ['an empty line', 'a\nb\n\nc\n', /empty key in .*keys\.txt, line 3$/],
    ['a line of spaces', 'a\n \t\r\n', /empty key in .*line 2$/],
    ['a second line end at the end', 'a\n\n', /empty key in .*line 2$/],
    ['a repeated key', 'a\nb\nc\nb\n', /repeated key in .*lines 2 and 4: "b"$/],
    ['a repeated key without a last line end', 'a\r\na', /repeated key in .*lines 1 and 2: "a"$/],
    ['nothing', '', /is empty$/],
    ['a byte order mark alone', '\ufeff', /is empty$/],
    ['another encoding', Buffer.from('a\ncaf\xe9\n', 'latin1'), /is not UTF-8, line 2$/],
    ['a line that is no key', `a\n${'x'.repeat(5_000)}\nb\n`, /line 2: longer than 4,096 bytes$/],
    ['no line ends at all', 'x'.repeat(2_000_000), /line 1: longer than 4,096 bytes$/],
  ])('with %s is refused with the line', async (_, content, message) => {
    await expect(surveyKeyFile(await written(content), options)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
    })
  })

  it('that is none is refused', async () => {
    await expect(surveyKeyFile(join(folder, 'none'), options)).rejects.toThrow(/there is no file/)
    await expect(surveyKeyFile(folder, options)).rejects.toThrow(/is a folder/)
    await expect(surveyKeyFile('/dev/null', options)).rejects.toThrow(/no regular file/)
    await expect(surveyKeyFile(await written('a\nb\nc\n'), { ...options, most: 2 })).rejects.toThrow(/more than 2 keys/)
  })

  it('of many blocks keeps every key, and finds a repeated one far behind', async () => {
    const keys = Array.from({ length: 200_000 }, (_, index) => `customer-${index}-${'é'.repeat(index % 7)}`)
    const path = await written(`${keys.join('\n')}\n`)
    const { count, sample } = await surveyKeyFile(path, { ...options, sample: 1_000 })
    expect(count).toBe(keys.length)
    expect(new Set(sample).size).toBe(1_000)
    const all = new Set(keys)
    expect(sample.every((key) => all.has(key))).toBe(true)
    expect((await read(path, 8_192)).flat()).toEqual(keys)
    await writeFile(path, `${keys.join('\n')}\n${keys[70_000]}\nlast`)
    await expect(surveyKeyFile(path, options)).rejects.toThrow(/lines 70001 and 200001/)
  })

  it('stops when it is interrupted', async () => {
    const path = await written('a\nb\n')
    const reason = new Error('enough')
    await expect(surveyKeyFile(path, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('SeenKeys', () => {
  it('knows every line where the same bytes were, through all its growth', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 300 }), (keys) => {
        const seen = new SeenKeys(1)
        const lines = new Map<string, number[]>()
        keys.forEach((key, index) => {
          const bytes = Buffer.from(`<${key}>`)
          const before = lines.get(key) ?? []
          expect([...seen.add(bytes, 1, bytes.length - 1, index + 1)].sort((a, b) => a - b)).toEqual(before)
          lines.set(key, [...before, index + 1])
        })
      }),
    )
  })
})
