import { isUtf8 } from 'node:buffer'
import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { LabError, usageError } from '../core/errors.js'
import { seededRandom } from '../core/random.js'
import { SeenKeys } from './seen-keys.js'

/** A file with more keys is refused: looking for repeated ones takes about 20 bytes of memory per key. */
export const MOST_FILE_KEYS = 50_000_000
/** Bytes of a key; a longer line is no list of keys. */
const LONGEST_KEY = 4_096
const CHUNK = 256 * 1_024
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** What a file of keys holds. */
export interface KeyFileSurvey {
  count: number
  /** Some of the keys (all, if there are few), each as likely as any other; sorted by code unit. */
  sample: string[]
}

export interface SurveyOptions {
  sample: number
  seed: number
  signal: AbortSignal
  /** How far it is, 0 to 1. */
  onProgress?: (done: number) => void
  /** The most keys; smaller in tests. */
  most?: number
}

/** Whole lines of a file. */
interface Block {
  bytes: Buffer
  /** Of the first of them, from 1. */
  line: number
}

/**
 * Reads a file of keys, one per line, and looks whether it can be planned with: it is UTF-8, and no key is empty or
 * occurs twice. Lines end with LF or CRLF; everything else belongs to the key. What looks repeated by its hash is read
 * again and compared, so that the answer is exact.
 * @throws LabError (usage) that says what is wrong, with the line; the signal's reason when it is aborted
 */
export async function surveyKeyFile(path: string, options: SurveyOptions): Promise<KeyFileSurvey> {
  const { size } = await regularFile(path)
  if (size === 0) throw usageError(`${path} is empty`, 'Write one key per line')
  const { sample: wanted, seed, signal, onProgress, most = MOST_FILE_KEYS } = options
  const random = seededRandom(seed)
  const sample: string[] = []
  const seen = new SeenKeys()
  let count = 0
  let read = 0
  for await (const block of blocksOf(path, signal)) {
    checkUtf8(path, block)
    const suspects: { key: string; line: number; before: readonly number[] }[] = []
    eachLine(block, (start, end, line) => {
      const { bytes } = block
      if (isBlank(bytes, start, end))
        throw usageError(`empty key in ${path}, line ${line}`, 'Every line is a key: leave none blank')
      count += 1
      if (count > most) throw tooMany(path, most)
      const before = seen.add(bytes, start, end, line)
      if (before.length > 0) suspects.push({ key: bytes.toString('utf8', start, end), line, before })
      // Reservoir sampling (algorithm R, J. S. Vitter, 1985).
      const place = count <= wanted ? count - 1 : Math.floor(random() * count)
      if (place < wanted) sample[place] = bytes.toString('utf8', start, end)
    })
    for (const { key, line, before } of suspects) await refuseRepeated(path, key, line, before, signal)
    read += block.bytes.length
    onProgress?.(Math.min(1, read / size))
  }
  if (count === 0) throw usageError(`${path} is empty`, 'Write one key per line')
  return { count, sample: sample.sort() }
}

/**
 * The keys of a file that was surveyed, in batches of at most so many.
 * @throws LabError (usage) when it can no longer be read; the signal's reason when it is aborted
 */
export async function* keyBatches(path: string, size: number, signal: AbortSignal): AsyncGenerator<string[]> {
  let batch: string[] = []
  for await (const block of blocksOf(path, signal)) {
    const full: string[][] = []
    eachLine(block, (start, end) => {
      batch.push(block.bytes.toString('utf8', start, end))
      if (batch.length < size) return
      full.push(batch)
      batch = []
    })
    yield* full
  }
  if (batch.length > 0) yield batch
}

async function regularFile(path: string): Promise<Stats> {
  const found = await stat(path).catch((error: unknown) => {
    throw readError(error, path)
  })
  if (found.isDirectory()) throw usageError(`${path} is a folder, not a file of keys`)
  if (!found.isFile())
    throw usageError(`${path} is no regular file`, 'It is read twice: write what it gives into a file')
  return found
}

function readError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') return usageError(`there is no file ${path}`)
  return typeof code === 'string' ? usageError(`${path} cannot be read (${code})`) : error
}

/** The file as blocks of whole lines, the byte order mark left out. */
async function* blocksOf(path: string, signal: AbortSignal): AsyncGenerator<Block> {
  let rest: Buffer = Buffer.alloc(0)
  let line = 1
  let first = true
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) {
      signal.throwIfAborted()
      let bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
      if (first && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) bytes = bytes.subarray(3)
      first = false
      const end = bytes.lastIndexOf(LINE_FEED) + 1
      rest = bytes.subarray(end)
      if (end > 0) {
        const block = { bytes: bytes.subarray(0, end), line }
        line += checkLengths(path, block)
        yield block
      }
      if (rest.length > LONGEST_KEY) throw tooLong(path, line)
    }
    if (rest.length > 0) yield { bytes: rest, line }
  } catch (error) {
    throw error instanceof LabError ? error : readError(error, path)
  }
}

/** @returns how many lines there are */
function checkLengths(path: string, block: Block): number {
  let lines = 0
  eachLine(block, (start, end, line) => {
    if (end - start > LONGEST_KEY) throw tooLong(path, line)
    lines += 1
  })
  return lines
}

/** Calls with the bytes of every line, without its end. */
function eachLine({ bytes, line }: Block, visit: (start: number, end: number, line: number) => void): void {
  let start = 0
  let number = line
  while (start < bytes.length) {
    const found = bytes.indexOf(LINE_FEED, start)
    const stop = found === -1 ? bytes.length : found
    visit(start, stop > start && bytes[stop - 1] === CARRIAGE_RETURN ? stop - 1 : stop, number)
    start = stop + 1
    number += 1
  }
}

function checkUtf8(path: string, block: Block): void {
  if (isUtf8(block.bytes)) return
  eachLine(block, (start, end, line) => {
    if (isUtf8(block.bytes.subarray(start, end))) return
    throw usageError(`${path} is not UTF-8, line ${line}`, 'Convert it, as in: iconv -f latin1 -t utf-8')
  })
}

/** Nothing, or nothing but spaces and tabs. */
function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i] !== 0x20 && bytes[i] !== 0x09) return false
  }
  return true
}

async function refuseRepeated(
  path: string,
  key: string,
  line: number,
  before: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  for (const other of before) {
    if ((await keyAt(path, other, signal)) !== key) continue
    throw usageError(
      `repeated key in ${path}, lines ${other} and ${line}: ${JSON.stringify(key)}`,
      "Leave one of them out; without the repeated ones, in their order: awk '!seen[$0]++'",
    )
  }
}

async function keyAt(path: string, wanted: number, signal: AbortSignal): Promise<string | null> {
  for await (const block of blocksOf(path, signal)) {
    let key: string | null = null
    eachLine(block, (start, end, line) => {
      if (line === wanted) key = block.bytes.toString('utf8', start, end)
    })
    if (key !== null) return key
  }
  return null
}

function tooLong(path: string, line: number): LabError {
  return usageError(
    `${path}, line ${line}: longer than ${LONGEST_KEY.toLocaleString('en-US')} bytes`,
    'Write one key per line',
  )
}

function tooMany(path: string, most: number): LabError {
  return usageError(
    `${path} has more than ${most.toLocaleString('en-US')} keys`,
    'To find repeated keys all are remembered, in about 20 bytes each. Plan with a part of them, or with --keys and --distribution',
  )
}
