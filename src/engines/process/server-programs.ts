import { constants, existsSync } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import type { DataServer, ServerPrograms } from '../../core/topology.js'
import type { Lack } from './lack.js'
import { packagedServer, usableCopy } from './server-package.js'
import { type ServerUser, serverUser } from './server-user.js'

/** Programs of a data server that work here. */
export interface ServerBinaries {
  /** Their folder. */
  bin: string
  /** "18.4". */
  version: string
  /** Whether those that copy its data are among them. */
  canCopy: boolean
  user: ServerUser
}

export interface ServerPlaces {
  /** The folder to take them from, and no other. */
  serverBin: string | undefined
  /** The PATH to look in. */
  path: string
  /** Where a private copy may be made. */
  cache: string
}

const found = new Map<string, Promise<ServerBinaries | Lack>>()

/**
 * Finds a data server: in the folder that was asked for, else what came with scalelab, else the newest of this machine.
 * What is found has been run once, as the user that servers run as.
 */
export function findServer({ server, fix }: DataServer, places: ServerPlaces): Promise<ServerBinaries | Lack> {
  const key = JSON.stringify([server.programs, places.serverBin, places.path, places.cache])
  const known = found.get(key) ?? find(server, fix, places)
  found.set(key, known)
  return known
}

/**
 * Which server would run, in one sentence for a reader of the report.
 * @param standbys whether there are any, to take a primary's place
 */
export function describeServer(
  { title, copying }: ServerPrograms,
  { bin, version, canCopy }: ServerBinaries,
  { cache }: ServerPlaces,
  standbys: boolean,
): string {
  const from = bin.startsWith(cache) ? 'which comes with scalelab' : `from ${bin}`
  return canCopy || !standbys
    ? `${title}: ${version}, ${from}.`
    : `${title}: ${version}, ${from}; without ${copying.programs.at(-1)}, so an old primary comes back as a fresh copy.`
}

export function isLack(result: ServerBinaries | Lack): result is Lack {
  return 'reason' in result
}

async function find(
  server: ServerPrograms,
  fix: string,
  { serverBin, path, cache }: ServerPlaces,
): Promise<ServerBinaries | Lack> {
  const { title, programs } = server
  const user = await serverUser(server.user, path)
  if (user === undefined) {
    return {
      reason: `${title} refuses to run as root, and neither setpriv nor gosu is there to become another user`,
      fix: 'apt-get install util-linux, or run scalelab as another user than root',
    }
  }
  if (serverBin !== undefined) {
    const result = await tried(server, serverBin, user, path)
    if (!isLack(result)) return result
    return { ...result, fix: `Give the folder that holds ${programs.join(' and ')}: ${server.choose}` }
  }
  const problems: string[] = []
  for (const candidate of [() => copyOfPackage(server, cache), () => newestInstalled(server, path)]) {
    try {
      const bin = await candidate()
      if (bin === undefined) continue
      const result = await tried(server, bin, user, path)
      if (!isLack(result)) return result
      problems.push(result.reason)
    } catch (error) {
      problems.push(`no copy of the ${title} programs could be made: ${error instanceof Error ? error.message : error}`)
    }
  }
  return {
    reason: problems[0] ?? `${title} is not installed`,
    fix,
  }
}

async function copyOfPackage(server: ServerPrograms, cache: string): Promise<string | undefined> {
  const packaged = await packagedServer(server)
  return packaged === undefined ? undefined : usableCopy(packaged, cache)
}

async function newestInstalled(
  { versions: home, programs }: ServerPrograms,
  path: string,
): Promise<string | undefined> {
  const versions = (await readdir(home).catch(() => [])).filter((name) => /^\d+$/.test(name))
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a))
  const folders = [...newestFirst.map((version) => join(home, version, 'bin')), ...path.split(delimiter)]
  return folders.find((folder) => folder !== '' && programs.every((name) => existsSync(join(folder, name))))
}

/** The programs in a folder, after the server was asked its version as its user, or what is wrong with them. */
async function tried(
  { title, programs, copying, oldest }: ServerPrograms,
  bin: string,
  user: ServerUser,
  path: string,
): Promise<ServerBinaries | Lack> {
  const fix = `See: ls -l ${bin}`
  for (const name of programs) {
    if (!(await can(join(bin, name)))) return { reason: `there is no program ${name} in ${bin}`, fix }
  }
  const server = join(bin, programs[0])
  const [program = '', ...args] = [...user.prefix, server, '--version']
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
    return { reason: `${server} does not run${who}: ${why}`, fix }
  }
  if (Number.parseInt(version, 10) < oldest) {
    return { reason: `${title} ${version} in ${bin} is too old: ${oldest} or newer is needed`, fix }
  }
  const copies = await Promise.all(copying.programs.map((name) => can(join(bin, name))))
  return { bin, version, canCopy: !copies.includes(false), user }
}

async function can(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
