import { existsSync } from 'node:fs'
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../parts/postgres/postgres.js'
import { commandLine, lackOf, type ProgramPlaces } from './programs.js'
import { checkOwned, serverFolders } from './server-folders.js'
import { packagedServer, usableCopy } from './server-package.js'
import { findServer, isLack, type ServerPlaces } from './server-programs.js'
import { databaseTopology } from './testing/database-stack.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'scalelab-binaries-'))
  // The server's user has to pass.
  await chmod(root, 0o755)
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** A folder with programs that only tell a version. */
async function programs(version: string, ...more: string[]): Promise<string> {
  const bin = await mkdtemp(join(root, 'bin-'))
  await chmod(bin, 0o755)
  for (const name of ['postgres', 'initdb', ...more]) {
    await writeFile(join(bin, name), `#!/bin/sh\n[ "$1" = --version ] && echo '${name} (PostgreSQL) ${version}'\n`)
    await chmod(join(bin, name), 0o755)
  }
  return bin
}

const places = (serverBin: string | undefined): ServerPlaces => ({
  serverBin,
  path: process.env.PATH ?? '',
  cache: root,
})

describe('PostgreSQL in a folder that was asked for', () => {
  it('is taken as it is', async () => {
    const bin = await programs('17.2')
    expect(await findServer(postgres.program, places(bin))).toMatchObject({ bin, version: '17.2', canCopy: false })
    const whole = await programs('16.1 (Debian 16.1-1)', 'pg_basebackup', 'pg_rewind')
    expect(await findServer(postgres.program, places(whole))).toMatchObject({
      bin: whole,
      version: '16.1',
      canCopy: true,
    })
  })

  it.each<[string, () => Promise<string>, RegExp]>([
    ['is not there', async () => join(root, 'nowhere'), /there is no program postgres in .*nowhere/],
    [
      'has no initdb',
      async () => {
        const bin = await programs('17.2')
        await rm(join(bin, 'initdb'))
        return bin
      },
      /there is no program initdb/,
    ],
    ['is too old', () => programs('14.9'), /PostgreSQL 14\.9 in .* is too old: 15 or newer/],
    [
      'does not run',
      async () => {
        const bin = await programs('17.2')
        await writeFile(join(bin, 'postgres'), '#!/bin/sh\necho "libpq.so.5: cannot open" >&2\nexit 127\n')
        return bin
      },
      /does not run.*: libpq\.so\.5: cannot open/,
    ],
  ])('is refused when it %s, with what to do', async (_, make, reason) => {
    expect(await findServer(postgres.program, places(await make()))).toMatchObject({
      reason: expect.stringMatching(reason),
      fix: expect.stringContaining('--pg-bin'),
    })
  })

  it.skipIf(process.getuid?.() !== 0)('is refused when the user that servers run as cannot enter it', async () => {
    const bin = await programs('17.2')
    await chmod(bin, 0o700)
    expect(await findServer(postgres.program, places(bin))).toMatchObject({
      reason: expect.stringMatching(/does not run as user \w+/),
    })
  })
})

describe('the PostgreSQL of the package', async () => {
  const packaged = await packagedServer(postgres.program.server)

  it.skipIf(packaged === undefined)('works as a copy with its links, made once, also by two at once', async () => {
    if (packaged === undefined) throw new Error('no package')
    const cache = join(root, 'cache')
    const [bin, again] = await Promise.all([usableCopy(packaged, cache), usableCopy(packaged, cache)])
    expect(again).toBe(bin)
    expect(await readdir(join(cache, 'servers'))).toEqual([packaged.version])
    const links: { target: string }[] = JSON.parse(await readFile(join(packaged.native, 'pg-symlinks.json'), 'utf8'))
    for (const { target } of links) {
      const link = join(bin, '..', ...target.split('/').slice(1))
      expect((await lstat(link)).isSymbolicLink() || (await lstat(link)).isFile(), link).toBe(true)
      expect(existsSync(link), link).toBe(true)
    }
    expect((await stat(join(bin, 'initdb'))).mode & 0o777).toBe(0o755)
    const found = await findServer(postgres.program, places(bin))
    expect(found).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+$/), canCopy: false })
    const before = (await stat(join(bin, 'postgres'))).ctimeMs
    await usableCopy(packaged, cache)
    expect((await stat(join(bin, 'postgres'))).ctimeMs).toBe(before)
  })
})

describe('a database node', () => {
  it('lacks the base backup where neither PostgreSQL nor we have one', async () => {
    const nodesDir = join(root, 'nodes')
    await mkdir(nodesDir)
    const all: ProgramPlaces = { ...places(await programs('17.2')), nodesDir, nodeBinary: process.execPath }
    expect(await lackOf(databaseTopology(1), all)).toEqual({
      reason: `${nodesDir}/clone.mjs is missing`,
      fix: 'npm run build',
    })
    await writeFile(join(nodesDir, 'clone.mjs'), '')
    expect(await lackOf(databaseTopology(1), all)).toBeUndefined()
    const [node] = databaseTopology(1).nodes
    if (node === undefined) throw new Error('no node')
    const book = { host: '', dir: '/n', data: '/d', port: () => 1, address: () => '', secret: String }
    expect(await commandLine(node, book, all)).toEqual(['sh', '/n/boot.sh'])
  })

  it('is run by what can be found', async () => {
    const found = await findServer(postgres.program, places(undefined))
    if (isLack(found)) expect(found.fix).toContain('--pg-bin')
    else expect(Number.parseInt(found.version, 10)).toBeGreaterThanOrEqual(15)
  })
})

describe('checkOwned', () => {
  const FOLDER = ['cache', 'programs']
  it.each([
    ['a folder of ours', 0o755, 0o755, true],
    ['one that others write', 0o755, 0o777, false],
    ['one below such a one', 0o777, 0o755, false],
    ['one below such a one, where each has what is his', 0o1777, 0o755, true],
    ['one where everybody has what is his', 0o755, 0o1777, false],
  ])('of %s', async (_, outer, inner, trusted) => {
    const root = await mkdtemp(join(tmpdir(), 'scalelab-owned-'))
    try {
      const [above, path] = [join(root, FOLDER[0] ?? ''), join(root, ...FOLDER)]
      await mkdir(path, { recursive: true })
      await chmod(above, outer)
      await chmod(path, inner)
      if (trusted) expect(() => checkOwned(path)).not.toThrow()
      else expect(() => checkOwned(path)).toThrow(expect.objectContaining({ exitCode: 3 }))
      // Somebody else's; what is root's is trusted by everybody.
      const asRoot = userInfo().uid === 0
      if (asRoot) await chown(path, 54_321, 54_321)
      expect(() => checkOwned(path, asRoot ? 0 : 54_321)).toThrow(expect.objectContaining({ exitCode: 3 }))
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })
})

describe('serverFolders', () => {
  it("are root's own, where others may pass, and apart for every state folder", () => {
    const { cache, data } = serverFolders('/root/state', {}, true)
    expect(cache).toBe('/var/lib/scalelab')
    expect(data).toMatch(/^\/var\/lib\/scalelab\/stacks\/[0-9a-f]{12}$/)
    expect(serverFolders('/root/other', {}, true).data).not.toBe(data)
    expect(serverFolders('/root/x/../state', {}, true).data).toBe(data)
  })

  it.each([
    [{ XDG_CACHE_HOME: '/cache', HOME: '/home/ana' }, '/cache/scalelab'],
    [{ HOME: '/home/ana' }, '/home/ana/.cache/scalelab'],
    [{ XDG_CACHE_HOME: 'cache', HOME: '/home/ana' }, '/home/ana/.cache/scalelab'],
    [{ XDG_CACHE_HOME: '', HOME: 'ana' }, `${userInfo().homedir}/.cache/scalelab`],
    [{}, `${userInfo().homedir}/.cache/scalelab`],
  ])("are the user's cache and the node's own folder: %j", (env, cache) => {
    expect(serverFolders('/home/ana/state', env, false)).toEqual({ cache, data: undefined })
  })
})
