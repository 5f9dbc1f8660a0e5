import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import type { ServerPrograms } from '../../core/topology.js'
import { draftName } from './drafts.js'
import { checkOwned, makePassable } from './server-folders.js'

/**
 * The server that came with scalelab, if this platform has one: an optional dependency.
 * @returns its `native` folder and the package's version
 */
export async function packagedServer({
  packages,
  programs,
}: Pick<ServerPrograms, 'packages' | 'programs'>): Promise<{ native: string; version: string } | undefined> {
  try {
    // Its package.json cannot be asked for by name; the main file is dist/index.js.
    const home = join(
      dirname(createRequire(import.meta.url).resolve(`${packages}/${process.platform}-${process.arch}`)),
      '..',
    )
    const { version }: { version: string } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))
    const native = join(home, 'native')
    return existsSync(join(native, 'bin', programs[0])) ? { native, version } : undefined
  } catch {
    return undefined
  }
}

/**
 * A copy of the packaged server that works: with the links between its libraries, which npm cannot pack and the
 * package's install script makes (npm may run without those), and in a folder that the server's user may enter, which
 * somebody's node_modules need not be. Made once; of two commands that make it at once the second finds it there.
 * @param cache folder for it, for everybody to read
 * @returns the folder of its programs
 */
export async function usableCopy(
  { native, version }: { native: string; version: string },
  cache: string,
): Promise<string> {
  const copies = join(cache, 'servers')
  const copy = join(copies, version)
  if (existsSync(copy)) {
    checkOwned(join(copy, 'bin'))
    return join(copy, 'bin')
  }
  await makePassable(copies)
  checkOwned(copies)
  const draft = draftName(join(copies, `.${version}`))
  try {
    await mkdir(draft)
    await cp(native, draft, { recursive: true })
    await linkLibraries(draft)
    await letEverybodyRead(draft)
    await rename(draft, copy)
  } catch (error) {
    if (!existsSync(copy)) throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return join(copy, 'bin')
}

/** Makes the links that the package lists as [{source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5"}]. */
async function linkLibraries(copy: string): Promise<void> {
  const list = await readFile(join(copy, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: { source: string; target: string }[] = JSON.parse(list)
  for (const { source, target } of links) {
    // Both are in the same folder.
    const link = join(copy, ...target.split('/').slice(1))
    if (!existsSync(link)) await symlink(basename(source), link)
  }
}

async function letEverybodyRead(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await letEverybodyRead(path)
    else if (entry.isFile()) await chmod(path, basename(folder) === 'bin' ? 0o755 : 0o644)
  }
}
