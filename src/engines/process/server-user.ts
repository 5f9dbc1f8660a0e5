import { execa } from 'execa'

/** Whom database servers run as. */
export interface ServerUser {
  /** The name; undefined: whoever runs scalelab. */
  name: string | undefined
  /** What to put before a command so that it runs as that user; needs root. */
  prefix: string[]
}

/**
 * A data server refuses to run as root: then it is its own user where there is that user, else `nobody`.
 * @param wanted its own user
 * @param path the PATH to find programs on
 * @returns undefined when there is no program to become another user with
 */
export async function serverUser(
  wanted: string,
  path: string,
  root = process.getuid?.() === 0,
): Promise<ServerUser | undefined> {
  if (!root) return { name: undefined, prefix: [] }
  const run = (...argv: [string, ...string[]]) =>
    execa(argv[0], argv.slice(1), { reject: false, cwd: '/', env: { PATH: path, LC_ALL: 'C' }, extendEnv: false })
  // The same choice as in the server's script. Busybox has a setpriv of its own, which cannot do this.
  const [known, help] = await Promise.all([run('id', '-u', wanted), run('setpriv', '--help')])
  const name = known.exitCode === 0 ? wanted : 'nobody'
  if (`${help.stdout}${help.stderr}`.includes('--reuid')) {
    const group = (await run('id', '-g', name)).stdout ?? ''
    return { name, prefix: ['setpriv', `--reuid=${name}`, `--regid=${group.trim()}`, '--clear-groups', '--'] }
  }
  return (await run('gosu', '--version')).exitCode === 0 ? { name, prefix: ['gosu', name] } : undefined
}
