import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { linkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentError } from '../core/errors.js'
import { writeError } from './atomic-file.js'
import { makeFolder } from './folders.js'
import { isMissing, readTextNow } from './read-file.js'

const KEY_FILE = 'secret'
const KEY_BYTES = 32
const ELSEWHERE = 'set SCALELAB_STATE to another folder'
const EXPECTED = { noun: 'a key', most: 1_024 }
/** Hexadecimal digits of a password: 128 bits. */
const PASSWORD_DIGITS = 32

/**
 * Passwords of database roles, made of a key that this state folder alone has: every command computes them again, and
 * none of them is kept with a stack. They are the same for all stacks of the folder.
 * @param stateDir "$XDG_STATE_HOME/scalelab"; the key is made in it when the first password is asked for
 * @returns the first half of HMAC-SHA256(key, role) in hexadecimal
 */
export function secrets(stateDir: string): (role: string) => string {
  let key: Buffer | undefined
  return (role) => {
    key ??= keyOf(stateDir)
    return createHmac('sha256', key).update(role).digest('hex').slice(0, PASSWORD_DIGITS)
  }
}

/** @throws LabError (environment) when the key cannot be written, or is none */
function keyOf(stateDir: string): Buffer {
  const path = join(stateDir, KEY_FILE)
  const text = readIfThere(path) ?? make(stateDir, path)
  if (!new RegExp(`^[0-9a-f]{${2 * KEY_BYTES}}\\n$`).test(text)) {
    throw environmentError(
      `${path} does not hold a key`,
      'Take the stacks with databases down (scalelab clean), then remove the file: a new one is made',
    )
  }
  return Buffer.from(text.trim(), 'hex')
}

function make(stateDir: string, path: string): string {
  const draft = `${path}.${randomUUID()}`
  makeFolder(stateDir, { mode: 0o700, elsewhere: ELSEWHERE })
  try {
    writeFileSync(draft, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600 })
    // Whole, and of two commands that make one at the same time the first one's.
    linkSync(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw writeError(error, path, ELSEWHERE)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return readTextNow(path, EXPECTED)
}

function readIfThere(path: string): string | undefined {
  try {
    return readTextNow(path, EXPECTED)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw environmentError(
      `${path} cannot be read: ${error instanceof Error ? error.message : error}`,
      'It must be a file that you can read, and nobody else should',
    )
  }
}
