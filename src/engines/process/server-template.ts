import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { environmentError } from '../../core/errors.js'
import type { ServerPrograms } from '../../core/topology.js'
import { draftName, isDraft } from './drafts.js'
import { checkOwned, makePassable } from './server-folders.js'

/** Templates that are kept: each is some 40 MB. */
const KEPT = 8
/** A template that was used so recently may be in use: no command takes as long to copy one, in milliseconds. */
const IN_USE_MS = 5 * 60_000
export interface TemplateRequest {
  server: Pick<ServerPrograms, 'title' | 'template'>
  cache: string
  /** The node's files, references filled in. */
  files: Readonly<Record<string, string>>
  /** Their folder. */
  dir: string
  /** Says which programs make it: folder and version. */
  programs: string
  /** Environment of the script. */
  env: Record<string, string | undefined>
  timeoutMs: number
  signal: AbortSignal
}

const making = new Map<string, Promise<string>>()

/**
 * A cluster to begin from, made by the server's script and kept: nodes that begin from copies of the same one can stream
 * from one another at once, without initdb and base backup. Two commands may make the same one at the same time: each
 * makes its own under another name, the first to be done gives it the right one, and the other takes that.
 * @returns its folder
 * @throws LabError (environment) when it cannot be made, the abort reason when the signal fires
 */
export async function serverTemplate(request: TemplateRequest): Promise<string> {
  const { server, cache, files, programs } = request
  const deciding = server.template.deciding.map((name) => files[name] ?? '')
  const key = createHash('sha256')
    .update(JSON.stringify([programs, deciding]))
    .digest('hex')
    .slice(0, 24)
  const templates = join(cache, 'templates')
  const folder = join(templates, key)
  if (existsSync(folder)) {
    checkOwned(templates)
    // When it was used last. That another command has just put it away is noticed when it is copied.
    await utimes(folder, new Date(), new Date()).catch(() => undefined)
    return folder
  }
  const known = making.get(folder) ?? make(templates, folder, request).finally(() => making.delete(folder))
  making.set(folder, known)
  return known
}

async function make(
  templates: string,
  folder: string,
  { server, dir, env, timeoutMs, signal }: TemplateRequest,
): Promise<string> {
  signal.throwIfAborted()
  await makePassable(templates)
  checkOwned(templates)
  await prune(templates)
  const draft = draftName(folder)
  // A group of its own, so that all it has started ends with it.
  const child = execa('sh', [join(dir, server.template.script), 'template', draft], {
    detached: true,
    stdin: 'ignore',
    all: true,
    cwd: dir,
    env: Object.fromEntries(Object.entries({ ...env, DATA: draft }).filter(([, value]) => value !== undefined)),
    extendEnv: false,
    reject: false,
  })
  const end = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Ended in the meantime.
    }
  }
  const timer = setTimeout(end, timeoutMs)
  signal.addEventListener('abort', end)
  try {
    const { exitCode, all } = await child
    signal.throwIfAborted()
    if (exitCode !== 0) {
      const lines = (all ?? '').trim().split('\n').slice(-20)
      throw environmentError(
        `a new ${server.title} cluster could not be made`,
        `Is the disk full? See: df -h ${templates}`,
        lines,
      )
    }
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
    return folder
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    await rm(draft, { recursive: true, force: true })
  }
}

/** Removes drafts that were cut off, and the templates that were not used for longest. */
async function prune(templates: string): Promise<void> {
  const aged = await Promise.all(
    (await readdir(templates)).map(async (name) => {
      const usedMs = (await stat(join(templates, name)).catch(() => undefined))?.mtimeMs ?? Date.now()
      return { name, usedMs, idle: Date.now() - usedMs > IN_USE_MS }
    }),
  )
  const [drafts, whole] = [true, false].map((draft) => aged.filter(({ name }) => isDraft(name) === draft))
  const oldest = (whole ?? []).sort((a, b) => b.usedMs - a.usedMs).slice(KEPT - 1)
  for (const { name, idle } of [...(drafts ?? []), ...oldest]) {
    if (!idle) continue
    // Moved aside first: half a template must not pass for one.
    const aside = draftName(join(templates, 'aside'))
    await rename(join(templates, name), aside).catch(() => undefined)
    await rm(aside, { recursive: true, force: true })
  }
}
