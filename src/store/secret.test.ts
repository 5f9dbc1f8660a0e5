import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT } from '../core/errors.js'
import { secrets } from './secret.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'scalelab-secret-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('secrets', () => {
  it('are made of a key of the state folder that only its owner may read', async () => {
    const state = join(root, 'first')
    const password = secrets(state)('ecomarket')
    const key = await readFile(join(state, 'secret'), 'utf8')
    expect(key).toMatch(/^[0-9a-f]{64}\n$/)
    expect((await stat(join(state, 'secret'))).mode & 0o777).toBe(0o600)
    expect((await stat(state)).mode & 0o077).toBe(0)
    const mac = createHmac('sha256', Buffer.from(key.trim(), 'hex')).update('ecomarket').digest('hex')
    expect(password).toBe(mac.slice(0, 32))
    expect(await readdir(state)).toEqual(['secret'])
  })

  it('are the same in every command, and others for another role and another folder', () => {
    const state = join(root, 'second')
    const secret = secrets(state)
    expect(secrets(state)('ecomarket')).toBe(secret('ecomarket'))
    expect(secret('replicator')).not.toBe(secret('ecomarket'))
    expect(secrets(join(root, 'third'))('ecomarket')).not.toBe(secret('ecomarket'))
  })

  it('are the same for commands that ask for the first one at the same time', async () => {
    const program = join(root, 'ask.mjs')
    await build({
      stdin: {
        contents: `import { secrets } from './secret.js'; console.log(secrets(process.argv[2] ?? '')('ecomarket'))`,
        resolveDir: fileURLToPath(new URL('.', import.meta.url)),
        loader: 'ts',
      },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
    })
    const state = join(root, 'race')
    const run = promisify(execFile)
    const told = await Promise.all(Array.from({ length: 8 }, () => run(process.execPath, [program, state])))
    expect(new Set(told.map(({ stdout }) => stdout)).size).toBe(1)
    expect(await readdir(state)).toEqual(['secret'])
  })

  it('are not made of a damaged key', async () => {
    const state = join(root, 'damaged')
    secrets(state)('ecomarket')
    await writeFile(join(state, 'secret'), 'abc\n')
    expect(() => secrets(state)('ecomarket')).toThrow(
      expect.objectContaining({ exitCode: EXIT.environment, message: expect.stringContaining(join(state, 'secret')) }),
    )
  })

  it('say where they cannot be kept', async () => {
    await writeFile(join(root, 'file'), '')
    expect(() => secrets(join(root, 'file', 'state'))('ecomarket')).toThrow(
      expect.objectContaining({ exitCode: EXIT.environment }),
    )
  })
})
