import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { type AddressBook, fillReferences } from '../../core/references.js'
import {
  type Installed,
  type NodeSpec,
  type Program,
  type ServerPrograms,
  serverOf,
  type Topology,
} from '../../core/topology.js'
import type { Lack } from './lack.js'
import { findServer, isLack, type ServerPlaces } from './server-programs.js'

/** Where system administrators' programs are, which a user's PATH may lack. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']

export interface ProgramPlaces extends ServerPlaces {
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
    case 'bundle':
      return lackOfBundle(places, program.bundle)
    case 'installed': {
      const server = serverOf({ program })
      if (server === undefined) {
        if ((await programFile(program, places)) !== undefined) return undefined
        return { reason: `${program.name} is not installed`, fix: program.fix }
      }
      const found = await findServer(server, places)
      if (isLack(found)) return found
      return found.canCopy ? undefined : lackOfBundle(places, server.server.copying.bundle)
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
    case 'installed': {
      const [name = '', ...args] = program.argv.map((text) => fillReferences(text, book))
      // A data server's script finds the server itself, where it is told.
      const file = program.server === undefined ? await programFile(program, places) : undefined
      return [file ?? name, ...args]
    }
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
  const versions: Record<string, string> = {}
  for (const { program } of topology.nodes) {
    if (program.kind === 'bundle') versions.node ??= await nodeVersion(places)
    if (program.kind !== 'installed' || program.name in versions) continue
    const version = await versionOf(program, places)
    if (version !== undefined) versions[program.name] = version
  }
  return versions
}

/** Undefined of a program that is not there. */
async function versionOf(program: Installed, places: ProgramPlaces): Promise<string | undefined> {
  const server = serverOf({ program })
  if (server !== undefined) {
    const found = await findServer(server, places)
    return isLack(found) ? undefined : found.version
  }
  const file = await programFile(program, places)
  if (file === undefined) return undefined
  const { all } = await execa(file, program.version.slice(1), { reject: false, cwd: '/', all: true })
  return versionIn(all)
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

/** Where a program is, as far as the PATH and administrators' folders know it. */
async function programFile({ argv: [name = ''] }: Installed, { path }: ProgramPlaces): Promise<string | undefined> {
  for (const folder of [...path.split(delimiter), ...MORE_FOLDERS]) {
    const file = join(folder, name)
    if (folder !== '' && (await can(file, constants.X_OK))) return file
  }
  return undefined
}

/** The copying of a server's data as a command for sh, where its own programs for that are missing. */
export function cloneCommand({ copying }: ServerPrograms, places: ProgramPlaces): string {
  return [places.nodeBinary, bundleFile(places, copying.bundle)].map(quoted).join(' ')
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
