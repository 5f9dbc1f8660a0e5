import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { usageError } from '../core/errors.js'
import type { Os } from './os.js'

/** More than this is no request body, in MiB. */
const LONGEST_MIB = 16
const LONGEST = LONGEST_MIB * 2 ** 20

export interface Body {
  bytes: Uint8Array
  /** "@file" or "@-" where it was read from there, null where it is the text itself. */
  from: string | null
}

/** Standard input can be read once, and several scenarios may send it. */
const ofStdin = new WeakMap<Os, Promise<Uint8Array>>()

/**
 * The body that --body asks for: the text, or what is in the file after an @, byte by byte.
 * @throws LabError (usage) when it cannot be read, or is too large
 */
export async function readBody(os: Os, text: string): Promise<Body> {
  if (!text.startsWith('@')) return { bytes: Buffer.from(text), from: null }
  if (text !== '@-') return { bytes: await fileBytes(resolve(os.cwd, text.slice(1)), text), from: text }
  const reading = ofStdin.get(os) ?? stdinBytes(os)
  ofStdin.set(os, reading)
  return { bytes: await reading, from: text }
}

async function fileBytes(path: string, given: string): Promise<Uint8Array> {
  const hint = 'Text that begins with @ can be given on standard input: --body @-'
  try {
    // Without waiting for somebody to write into it, should it be a pipe.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = await file.stat()
      if (!stat.isFile())
        throw usageError(`--body ${given}: not a file`, 'What a pipe holds: ... | scalelab ... --body @-')
      if (stat.size > LONGEST) throw tooLarge(given)
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (typeof code !== 'string') throw error
    throw usageError(`--body ${given}: cannot be read (${code})`, hint)
  }
}

async function stdinBytes({ stdin, signal }: Os): Promise<Uint8Array> {
  const parts: Buffer[] = []
  let length = 0
  const abort = (): void => void stdin.destroy()
  signal.addEventListener('abort', abort, { once: true })
  try {
    for await (const part of stdin) {
      const bytes = Buffer.from(part)
      parts.push(bytes)
      length += bytes.length
      if (length > LONGEST) throw tooLarge('@-')
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
  signal.throwIfAborted()
  return Buffer.concat(parts)
}

function tooLarge(given: string): Error {
  return usageError(`--body ${given}: more than ${LONGEST_MIB} MiB`)
}
