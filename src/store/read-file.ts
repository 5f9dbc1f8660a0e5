import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Socket } from 'node:net'
import { ReadStream as TerminalStream } from 'node:tty'
import { environmentError, LabError, SHORTAGES, usageError } from '../core/errors.js'

/** A FIFO is opened without waiting for its writer, so that it can be refused. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK
const CHUNK = 256 * 1_024
/** What the shell hands over: "/dev/stdin", and what `<(command)` becomes. */
const HANDED_OVER = /^\/(?:dev\/stdin|dev\/fd\/(\d{1,4})|proc\/self\/fd\/(\d{1,4}))$/

/** What is expected of a file. */
export interface Expected {
  /** As in "a file of measurements". */
  noun: string
  /** The most bytes. */
  most: number
  signal?: AbortSignal | undefined
  /** Whether what the shell hands over may be a pipe: it can be read once only. */
  pipe?: boolean
}

/**
 * The text of a file of the user's, or of one that an earlier command has left: UTF-8, or UTF-16 with a byte order mark,
 * which is left out. Regular files only, so that nothing waits for a writer that never comes or reads a device without end.
 * @throws LabError (usage) for what is not there, no regular file, too large, or no text; (environment) where the machine
 * refuses to read; the signal's reason when it is aborted
 */
export async function readText(path: string, expected: Expected): Promise<string> {
  const handed = HANDED_OVER.exec(path)
  if (expected.pipe === true && handed !== null) {
    const fd = Number(handed[1] ?? handed[2] ?? 0)
    if (!isRegular(fd)) return decoded(await readStream(streamOf(fd, path, expected), path, expected), path)
  }
  const handle = await open(path, FLAGS).catch((error: unknown) => {
    throw readError(error, path, expected.noun)
  })
  try {
    refuseOdd(await handle.stat(), path, expected)
    return decoded(await contentOf(handle, path, expected), path)
  } catch (error) {
    throw readError(error, path, expected.noun)
  } finally {
    await handle.close().catch(() => undefined)
  }
}

/** The same where nothing may be waited for: of small files. */
export function readTextNow(path: string, expected: Expected): string {
  let fd: number | undefined
  try {
    fd = openSync(path, FLAGS)
    refuseOdd(fstatSync(fd), path, expected)
    const chunks: Buffer[] = []
    for (let size = 0; ; ) {
      const chunk = Buffer.alloc(CHUNK)
      const bytes = readSync(fd, chunk)
      if (bytes === 0) return decoded(Buffer.concat(chunks), path)
      size += bytes
      if (size > expected.most) throw tooLarge(path, expected)
      chunks.push(chunk.subarray(0, bytes))
    }
  } catch (error) {
    throw readError(error, path, expected.noun)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/**
 * What kept a file from being read, as an error with a way out; what is no error of the file system comes back as it is.
 * @param noun as in "a file of measurements"
 */
export function readError(error: unknown, path: string, noun: string): unknown {
  const code = codeOf(error)
  if (error instanceof LabError || code === undefined) return error
  if (code === 'ENOENT' || code === 'ENOTDIR') return withCause(usageError(`there is no file ${path}`), error)
  if (code === 'ELOOP') return usageError(`${path} cannot be read: its links lead in a circle`)
  if (code === 'ENAMETOOLONG') return usageError(`the name of ${noun} is too long: ${path.slice(0, 60)}…`)
  if (code === 'EISDIR') return isFolder(path, noun)
  // A socket, or a device without a driver.
  if (code === 'ENXIO' || code === 'ENODEV') return notRegular(path, noun)
  if (code === 'EACCES' || code === 'EPERM') {
    return environmentError(`${path} cannot be read (${code})`, `See whose it is: ls -ld ${path}`)
  }
  return environmentError(`${path} cannot be read (${code})`, SHORTAGES[code])
}

/** Whether what a path leads to is not there, as the reason of an error of `readText`. */
export function isMissing(error: unknown): boolean {
  return error instanceof LabError && ['ENOENT', 'ENOTDIR'].includes(codeOf(error.cause) ?? '')
}

/** @throws LabError (usage) unless it is a regular file, no larger than expected */
export function refuseOdd(stats: Stats, path: string, expected: Pick<Expected, 'noun' | 'most'>): void {
  if (stats.isDirectory()) throw isFolder(path, expected.noun)
  if (!stats.isFile()) throw notRegular(path, expected.noun)
  if (stats.size > expected.most) throw tooLarge(path, expected)
}

async function contentOf(handle: FileHandle, path: string, { signal, ...expected }: Expected): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let size = 0; ; ) {
    signal?.throwIfAborted()
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, null)
    if (bytesRead === 0) return Buffer.concat(chunks)
    size += bytesRead
    // It may grow while it is read, and files of /proc say that they are empty.
    if (size > expected.most) throw tooLarge(path, expected)
    chunks.push(buffer.subarray(0, bytesRead))
  }
}

function isRegular(fd: number): boolean {
  try {
    return fstatSync(fd).isFile()
  } catch {
    return true
  }
}

function streamOf(fd: number, path: string, { noun }: Expected): Socket {
  const stats = fstatSync(fd)
  if (stats.isFIFO() || stats.isSocket()) return new Socket({ fd, readable: true, writable: false })
  try {
    return new TerminalStream(fd)
  } catch {
    throw notRegular(path, noun)
  }
}

async function readStream(stream: Socket, path: string, { signal, ...expected }: Expected): Promise<Buffer> {
  const end = (): void => void stream.destroy()
  signal?.addEventListener('abort', end)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      size += (chunk as Buffer).length
      if (size > expected.most) throw tooLarge(path, expected)
      chunks.push(chunk as Buffer)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    signal?.throwIfAborted()
    throw readError(error, path, expected.noun)
  } finally {
    signal?.removeEventListener('abort', end)
    stream.destroy()
  }
}

function decoded(bytes: Buffer, path: string): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw usageError(`${path} is not ${encoding.toUpperCase()}`, 'Convert it, as in: iconv -f latin1 -t utf-8')
  }
}

function isFolder(path: string, noun: string): LabError {
  return usageError(`${path} is a folder, not ${noun}`)
}

function notRegular(path: string, noun: string): LabError {
  return usageError(`${path} is no regular file, as ${noun} must be`, 'Write what it gives into a file first')
}

function tooLarge(path: string, { noun, most }: Pick<Expected, 'noun' | 'most'>): LabError {
  const size = most >= 2 ** 20 ? `${Math.round(most / 2 ** 20)} MiB` : `${Math.round(most / 2 ** 10)} KiB`
  return usageError(`${path} is larger than ${size}, the most that ${noun} may have`)
}

function withCause({ message, exitCode }: LabError, cause: unknown): LabError {
  return new LabError(message, { exitCode, cause })
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}
