import { constants, existsSync } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import type { Lack } from './lack.js'
import { packagedPostgres, usableCopy } from './postgres-package.js'
import { type ServerUser, serverUser } from './server-user.js'

/** The first whose backups and command-line programs are as we use them. */
const OLDEST_MAJOR = 15
/** Where Debian keeps the programs of each version, outside of any PATH. */
const DEBIAN_FOLDER = '/usr/lib/postgresql'

/** PostgreSQL programs that work here. */
export interface PostgresBinaries {
  /** Folder of `postgres` and `initdb`. */
  bin: string
  /** "18.4". */
  version: string
  /** Whether pg_basebackup and pg_rewind are among them. */
  canCopy: boolean
  user: ServerUser
}

export interface PostgresPlaces {
  /** The folder to take them from, and no other. */
  pgBin: string | undefined
  /** The PATH to look in. */
  path: string
  /** Where a private copy may be made. */
  cache: string
}

const found = new Map<string, Promise<PostgresBinaries | Lack>>()

/**
 * Finds PostgreSQL: in the folder that was asked for, else what came with scalelab, else the newest of this machine.
 * What is found has been run once, as the user that servers run as.
 */
export function findPostgres(places: PostgresPlaces): Promise<PostgresBinaries | Lack> {
  const key = JSON.stringify([places.pgBin, places.path, places.cache])
  const known = found.get(key) ?? find(places)
  found.set(key, known)
  return known
}

/**
 * Which PostgreSQL would run, in one sentence for a reader of the report.
 * @param standbys whether there are any, to take a primary's place
 */
export function describePostgres(
  { bin, version, canCopy }: PostgresBinaries,
  { cache }: PostgresPlaces,
  standbys: boolean,
): string {
  const from = bin.startsWith(cache) ? 'which comes with scalelab' : `from ${bin}`
  return canCopy || !standbys
    ? `PostgreSQL: ${version}, ${from}.`
    : `PostgreSQL: ${version}, ${from}; without pg_rewind, so an old primary comes back as a fresh copy.`
}

export function isLack(result: PostgresBinaries | Lack): result is Lack {
  return 'reason' in result
}

async function find({ pgBin, path, cache }: PostgresPlaces): Promise<PostgresBinaries | Lack> {
  const user = await serverUser(path)
  if (user === undefined) {
    return {
      reason: 'PostgreSQL refuses to run as root, and neither setpriv nor gosu is there to become another user',
      fix: 'apt-get install util-linux, or run scalelab as another user than root',
    }
  }
  if (pgBin !== undefined) {
    const result = await tried(pgBin, user, path)
    if (!isLack(result)) return result
    return { ...result, fix: 'Give the folder that holds postgres and initdb: --pg-bin, or SCALELAB_PG_BIN' }
  }
  const problems: string[] = []
  for (const candidate of [() => copyOfPackage(cache), () => newestInstalled(path)]) {
    try {
      const bin = await candidate()
      if (bin === undefined) continue
      const result = await tried(bin, user, path)
      if (!isLack(result)) return result
      problems.push(result.reason)
    } catch (error) {
      problems.push(
        `no copy of the PostgreSQL programs could be made: ${error instanceof Error ? error.message : error}`,
      )
    }
  }
  return {
    reason: problems[0] ?? 'PostgreSQL is not installed',
    fix: 'npm install --include=optional in the folder of scalelab, or apt-get install postgresql, or --pg-bin with its folder',
  }
}

async function copyOfPackage(cache: string): Promise<string | undefined> {
  const packaged = await packagedPostgres()
  return packaged === undefined ? undefined : usableCopy(packaged, cache)
}

async function newestInstalled(path: string): Promise<string | undefined> {
  const versions = (await readdir(DEBIAN_FOLDER).catch(() => [])).filter((name) => /^\d+$/.test(name))
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a))
  const folders = [...newestFirst.map((version) => join(DEBIAN_FOLDER, version, 'bin')), ...path.split(delimiter)]
  return folders.find(
    (folder) => folder !== '' && ['postgres', 'initdb'].every((name) => existsSync(join(folder, name))),
  )
}

/** The programs in a folder, after `postgres --version` as the server's user, or what is wrong with them. */
async function tried(bin: string, user: ServerUser, path: string): Promise<PostgresBinaries | Lack> {
  const fix = `See: ls -l ${bin}`
  for (const name of ['postgres', 'initdb']) {
    if (!(await can(join(bin, name)))) return { reason: `there is no program ${name} in ${bin}`, fix }
  }
  const [program = '', ...args] = [...user.prefix, join(bin, 'postgres'), '--version']
  const result = await execa(program, args, {
    reject: false,
    cwd: '/',
    env: { PATH: path, LC_ALL: 'C' },
    extendEnv: false,
  })
  const version = /\d+(\.\d+)*/.exec(result.stdout ?? '')?.[0]
  if (result.exitCode !== 0 || version === undefined) {
    const why = (result.stderr ?? '').trim().split('\n').at(-1) || `exit code ${result.exitCode}`
    const who = user.name === undefined ? '' : ` as user ${user.name}`
    return { reason: `${join(bin, 'postgres')} does not run${who}: ${why}`, fix }
  }
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    return { reason: `PostgreSQL ${version} in ${bin} is too old: ${OLDEST_MAJOR} or newer is needed`, fix }
  }
  const canCopy = (await can(join(bin, 'pg_basebackup'))) && (await can(join(bin, 'pg_rewind')))
  return { bin, version, canCopy, user }
}

async function can(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
