import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { type AddressBook, fillReferences } from '../../core/references.js'
import type { NodeSpec, Program, Topology } from '../../core/topology.js'
import type { Lack } from './lack.js'
import { findPostgres, isLack, type PostgresPlaces } from './postgres-binaries.js'

/** Where system administrators' programs are, which a user's PATH may lack. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']

const CLONE = 'clone'

export interface ProgramPlaces extends PostgresPlaces {
  /** Folder of our own programs: api.mjs, balancer.mjs, clone.mjs. */
  nodesDir: string
  nodeBinary: string
}

/** What the topology needs and this machine lacks; undefined when it has all. */
export async function lackOf(topology: Topology, places: ProgramPlaces): Promise<Lack | undefined> {
  for (const { id, program } of topology.nodes) {
    const lack = await lackOfProgram(id, program, places)
    if (lack !== undefined) return lack
  }
  return undefined
}

async function lackOfProgram(id: string, program: Program, places: ProgramPlaces): Promise<Lack | undefined> {
  switch (program.kind) {
    case 'command':
      return undefined
    case 'image':
      return {
        reason: `${id} is an image, which needs the Docker engine`,
        fix: 'Use --engine docker, or give a command',
      }
    case 'nginx':
      if ((await nginxBinary(places)) !== undefined) return undefined
      return {
        reason: 'nginx is not installed',
        fix: 'apt-get install nginx or brew install nginx, or use the built-in balancer: --balancer builtin',
      }
    case 'bundle':
      return lackOfBundle(places, program.bundle)
    case 'postgres': {
      const found = await findPostgres(places)
      if (isLack(found)) return found
      return found.canCopy ? undefined : lackOfBundle(places, CLONE)
    }
  }
}

async function lackOfBundle(places: ProgramPlaces, bundle: string): Promise<Lack | undefined> {
  const file = bundleFile(places, bundle)
  if (await can(file, constants.R_OK)) return undefined
  return { reason: `${file} is missing`, fix: 'npm run build' }
}

/** Program and arguments of a node, references filled in. */
export async function commandLine(spec: NodeSpec, book: AddressBook, places: ProgramPlaces): Promise<string[]> {
  const { program } = spec
  switch (program.kind) {
    case 'bundle':
      return [places.nodeBinary, bundleFile(places, program.bundle)]
    case 'nginx':
      // Before it has read its configuration nginx would log to a file that only root may write.
      return [
        (await nginxBinary(places)) ?? 'nginx',
        '-e',
        'stderr',
        '-p',
        `${book.dir}/`,
        '-c',
        `${book.dir}/nginx.conf`,
      ]
    case 'postgres':
      return ['sh', join(book.dir, 'boot.sh')]
    case 'command': {
      const command = fillReferences(program.command, book)
      return ['sh', '-c', isSimple(command) ? `exec ${command}` : command]
    }
    case 'image':
      throw new Error(`${spec.id} is an image, which the process engine cannot run`)
  }
}

/**
 * Whether a shell command is one program with arguments, which can take the shell's place: then the program itself gets
 * the signals, and no shell stands between.
 */
export function isSimple(command: string): boolean {
  const firstWord = command.trim().split(/\s/)[0] ?? ''
  return !/[;&|(){}\n]/.test(command) && !/[=!]/.test(firstWord)
}

/** Versions of the programs of a topology. Of a user's own command nothing is known. */
export async function versionsOf(topology: Topology, places: ProgramPlaces): Promise<Record<string, string>> {
  const kinds = new Set(topology.nodes.map(({ program }) => program.kind))
  const versions: Record<string, string> = {}
  if (kinds.has('bundle')) versions.node = await nodeVersion(places)
  const nginx = kinds.has('nginx') ? await nginxBinary(places) : undefined
  if (nginx !== undefined) {
    const { stderr } = await execa(nginx, ['-v'], { reject: false, cwd: '/' })
    versions.nginx = versionIn(stderr)
  }
  if (kinds.has('postgres')) {
    const found = await findPostgres(places)
    if (!isLack(found)) versions.postgresql = found.version
  }
  return versions
}

async function nodeVersion({ nodeBinary }: ProgramPlaces): Promise<string> {
  // Asking it takes as long as starting a node does.
  if (nodeBinary === process.execPath) return process.versions.node
  const { stdout } = await execa(nodeBinary, ['--version'], { reject: false, cwd: '/' })
  return versionIn(stdout)
}

function versionIn(text: string | undefined): string {
  return /\d+(\.\d+)+/.exec(text ?? '')?.[0] ?? 'unknown'
}

async function nginxBinary({ path }: ProgramPlaces): Promise<string | undefined> {
  for (const folder of [...path.split(delimiter), ...MORE_FOLDERS]) {
    const file = join(folder, 'nginx')
    if (folder !== '' && (await can(file, constants.X_OK))) return file
  }
  return undefined
}

/** The base backup as a command for sh, where PostgreSQL's own programs for that are missing. */
export function cloneCommand(places: ProgramPlaces): string {
  return [places.nodeBinary, bundleFile(places, CLONE)].map(quoted).join(' ')
}

/** A text as one word of sh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function bundleFile({ nodesDir }: ProgramPlaces, bundle: string): string {
  return join(nodesDir, `${bundle}.mjs`)
}

async function can(file: string, mode: number): Promise<boolean> {
  return access(file, mode).then(
    () => true,
    () => false,
  )
}
