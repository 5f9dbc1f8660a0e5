import { type FileHandle, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** In a node's folder: what its program writes, stdout and stderr as they come, over all its starts. */
export const LOG_FILE = 'log'

const CHUNK = 64 * 1_024
const POLL_MS = 50

/** Size of a node's log in bytes, 0 when there is none yet. */
export async function logSize(nodeFolder: string): Promise<number> {
  return stat(join(nodeFolder, LOG_FILE)).then(
    ({ size }) => size,
    () => 0,
  )
}

/**
 * The last lines of a node's log, oldest first; reads no more of the file than it must.
 * @param from offset in bytes; what is before it is left out
 */
export async function lastLines(nodeFolder: string, count: number, from = 0): Promise<string[]> {
  const file = await open(join(nodeFolder, LOG_FILE), 'r').catch(() => undefined)
  if (file === undefined || count <= 0) {
    await file?.close()
    return []
  }
  try {
    let start = (await file.stat()).size
    let tail: Buffer = Buffer.alloc(0)
    // One newline more than lines: the last one ends the file, the first one is where the first line begins.
    while (start > from && newlines(tail) <= count) {
      const length = Math.min(CHUNK, start - from)
      start -= length
      tail = Buffer.concat([await readAt(file, start, length), tail])
    }
    const lines = tail.toString('utf8').split(/\r?\n/)
    if (lines.at(-1) === '') lines.pop()
    return lines.slice(-count)
  } finally {
    await file.close()
  }
}

/** Lines that are written from now on, until the signal fires or the log is gone. */
export async function* newLines(nodeFolder: string, signal: AbortSignal): AsyncGenerator<string> {
  const path = join(nodeFolder, LOG_FILE)
  let position = await logSize(nodeFolder)
  let rest: Buffer = Buffer.alloc(0)
  while (!signal.aborted) {
    const file = await open(path, 'r').catch(() => undefined)
    if (file === undefined) return
    try {
      for (;;) {
        const read = await readAt(file, position, CHUNK)
        if (read.length === 0) break
        position += read.length
        rest = Buffer.concat([rest, read])
        for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
          yield rest.toString('utf8', 0, end).replace(/\r$/, '')
          if (signal.aborted) return
          rest = rest.subarray(end + 1)
        }
      }
    } finally {
      await file.close()
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined)
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

function newlines(buffer: Buffer): number {
  let count = 0
  for (const byte of buffer) if (byte === 10) count += 1
  return count
}
