import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { LOG_FILE } from './node-log.js'
import { PID_FILE } from './node-process.js'

/** Exit code of a process that could not enter its id, and so never became the program. */
const NOT_ENTERED = 97

/**
 * Starts a program detached, in a session of its own, with its output in the node's log, so that it outlives us.
 *
 * The new process itself enters its id into the node's folder before it becomes the program: however we end, no program
 * runs that the folder does not know, and when the folder is gone the program never starts.
 * @param shellIdentity sh commands that set `lab_identity`, see ProcessIdentity
 * @returns settles, never rejects, when the process has ended, with how ("exit code 7")
 */
export async function launch(options: {
  nodeFolder: string
  argv: readonly string[]
  cwd: string
  env: Record<string, string | undefined>
  shellIdentity: string
}): Promise<{ ended: Promise<string> }> {
  const { nodeFolder, argv, cwd, env, shellIdentity } = options
  const pidFile = join(nodeFolder, PID_FILE)
  await rm(pidFile, { force: true })
  const script = [
    shellIdentity,
    `echo "$$ $lab_identity" > "$1" || exit ${NOT_ENTERED}`,
    'exec >> "$2" 2>&1',
    'cd "$3" || exit 1',
    'shift 3',
    'exec "$@"',
  ].join('\n')
  const child = execa('/bin/sh', ['-c', script, 'scalelab', pidFile, join(nodeFolder, LOG_FILE), cwd, ...argv], {
    detached: true,
    cwd: '/',
    stdio: 'ignore',
    env: Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    extendEnv: false,
    buffer: false,
    reject: false,
  })
  child.unref()
  return { ended: child.then(describeEnd) }
}

function describeEnd(result: {
  exitCode?: number | undefined
  signal?: string | undefined
  shortMessage?: string | undefined
}): string {
  if (result.exitCode === NOT_ENTERED) return 'its folder is gone or the disk is full'
  if (result.signal !== undefined) return result.signal
  return result.exitCode === undefined ? (result.shortMessage ?? 'not started') : `exit code ${result.exitCode}`
}
