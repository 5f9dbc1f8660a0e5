import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AddressBook, fillReferences } from '../../core/references.js'
import type { NodeState } from '../../core/stack.js'
import type { StackRecord } from '../../core/stack-folders.js'
import { type NodeSpec, schemeOf, serverOf } from '../../core/topology.js'
import { answers, notReadyError, untilReady } from '../readiness.js'
import { addressBook, addressOf } from './addresses.js'
import { dataFolder, filesFolder, markVariables, type ProcessHost, placesOf } from './host.js'
import { launch } from './launch.js'
import { lastLines, logSize } from './node-log.js'
import { isFrozen, type Living } from './node-process.js'
import { commandLine } from './programs.js'
import { serverEnv } from './server-env.js'

/** In a node's folder while its program has told that it is ready. */
const READY_FILE = 'ready'
/** Lines of a node's log that an error shows. */
const SHOWN_LINES = 20

/**
 * Writes a node's files, starts it and returns when it is ready.
 * @throws LabError (environment) when it is not within the time, the abort reason when the signal fires; what was
 * started still runs then
 */
export async function startNode(
  host: ProcessHost,
  record: StackRecord,
  spec: NodeSpec,
  signal: AbortSignal,
): Promise<void> {
  await writeFiles(host, record, spec)
  signal.throwIfAborted()
  const { folders, identity } = host
  const stack = record.meta.name
  const nodeFolder = folders.nodeFolder(stack, spec.id)
  await rm(join(nodeFolder, READY_FILE), { force: true })
  const book = bookOf(host, record, spec)
  const env = await environmentOf(host, record, spec, signal)
  const logStart = await logSize(nodeFolder)
  const { ended } = await launch({
    nodeFolder,
    argv: await commandLine(spec, visible(book, spec), placesOf(host, record)),
    // A user's command is meant to be run where the user called it; our own need no place.
    cwd: spec.program.kind === 'command' ? record.cwd : nodeFolder,
    env,
    shellIdentity: identity.shell,
  })
  const url = `${schemeOf(spec.readiness)}://${addressOf(record, spec.id, spec.readiness.port)}`
  const outcome = await untilReady(url, spec.readiness, { timeoutMs: record.readyTimeoutMs, signal, ended })
  if (!outcome.ready) {
    throw notReadyError(spec.id, outcome.why, await lastLines(nodeFolder, SHOWN_LINES, logStart))
  }
  // Without it the node is asked again whenever its state is: no reason to fail.
  await writeFile(join(nodeFolder, READY_FILE), '').catch(() => undefined)
}

/** Writes the files of a node, references filled in. @throws LabError (environment) when that cannot be */
export async function writeFiles(host: ProcessHost, record: StackRecord, spec: NodeSpec): Promise<void> {
  await host.folders.writeNode(record.meta.name, spec.id, filesOf(host, record, spec))
}

function filesOf(host: ProcessHost, record: StackRecord, spec: NodeSpec): Record<string, string> {
  const book = bookOf(host, record, spec)
  return Object.fromEntries(Object.entries(spec.files).map(([path, text]) => [path, fillReferences(text, book)]))
}

/** The whole environment of a node. A database server's data folder is made, and its template when it has no data. */
async function environmentOf(
  host: ProcessHost,
  record: StackRecord,
  spec: NodeSpec,
  signal: AbortSignal,
): Promise<Record<string, string | undefined>> {
  const book = bookOf(host, record, spec)
  const own = Object.entries(spec.env).map(([name, value]) => [name, fillReferences(value, visible(book, spec))])
  const env = {
    ...(spec.program.kind === 'command' ? host.env : ownEnvironment(host.env)),
    PATH: record.path,
    HOST: book.host,
    PORT: String(book.port(spec.readiness.port)),
    INSTANCE_ID: spec.id,
    ...Object.fromEntries(own),
    ...markVariables(host.folders, record.meta.name, spec.id),
  }
  await mkdir(join(host.folders.nodeFolder(record.meta.name, spec.id), 'data'), { mode: 0o700 }).catch(() => undefined)
  const program = serverOf(spec)
  if (program === undefined) return env
  const places = placesOf(host, record)
  const files = filesOf(host, record, spec)
  return {
    ...env,
    ...(await serverEnv({ program, places, env, files, timeoutMs: record.readyTimeoutMs, signal, ...book })),
  }
}

/** Where files and libraries are. */
const KEPT = ['HOME', 'TMPDIR', 'USER', 'LOGNAME', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH']

/**
 * What of the caller's environment our own programs get: all else is about the caller's programs, and would change what
 * ours do (NODE_OPTIONS, PGOPTIONS, http_proxy) or write (LANG, TZ). The user's own command gets the whole of it.
 */
function ownEnvironment(env: ProcessHost['env']): ProcessHost['env'] {
  const kept = KEPT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' }
}

/** For texts that every user of this machine can see. */
function visible(book: AddressBook, { id }: NodeSpec): AddressBook {
  const secret = (role: string): never => {
    throw new Error(`${id} refers to the secret ${role} outside of a file`)
  }
  return { ...book, secret }
}

/** The state of a node of which something lives. */
export async function nodeStateOf(
  { folders }: ProcessHost,
  record: StackRecord,
  spec: NodeSpec,
  living: Living,
): Promise<NodeState> {
  if (isFrozen(living)) return 'paused'
  const marked = await access(join(folders.nodeFolder(record.meta.name, spec.id), READY_FILE)).then(
    () => true,
    () => false,
  )
  if (marked) return 'running'
  // Not marked: it is being started, or the command that started it was killed before it saw the node ready.
  const url = `${schemeOf(spec.readiness)}://${addressOf(record, spec.id, spec.readiness.port)}`
  const ready = await answers(url, spec.readiness, 200, new AbortController().signal)
  return ready ? 'running' : 'starting'
}

function bookOf(host: ProcessHost, record: StackRecord, spec: NodeSpec): AddressBook {
  const stack = record.meta.name
  const dir = filesFolder(host, stack, spec.id)
  return addressBook(record, spec, { dir, data: dataFolder(host, stack, spec), secret: host.secret })
}
