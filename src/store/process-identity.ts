import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { ProcessIdentity } from '../core/process-identity.js'

const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/** Process identities on this machine: from /proc where there is one, from ps (macOS) elsewhere. */
export function processIdentity(): ProcessIdentity {
  return existsSync('/proc/self/stat') ? procIdentity() : psIdentity()
}

/** "<boot id>/<start time>": field 22 of /proc/<pid>/stat counts clock ticks since boot, see proc(5). */
export function procIdentity(): ProcessIdentity {
  let boot: string | undefined
  return {
    async of(pid) {
      try {
        boot ??= readFileSync(BOOT_ID, 'utf8').trim()
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        // Field 2 is the name in parentheses, and may hold anything: the fields after it are counted from its end.
        const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return state === 'Z' || state === 'X' ? undefined : `${boot}/${fields[18]}`
      } catch {
        return undefined
      }
    },
    // Builtins only: nothing that takes time or may be missing. The name of the shell holds no space. The variables have
    // names that nobody exports, as they would be passed on.
    shell: [
      `read -r lab_boot < ${BOOT_ID}`,
      `read -r ${'lab_skip '.repeat(21)}lab_start lab_skip < "/proc/$$/stat"`,
      'lab_identity="$lab_boot/$lab_start"',
    ].join('\n'),
  }
}

/** The start time in words, as every ps tells it, to the second. */
export function psIdentity(): ProcessIdentity {
  const run = promisify(execFile)
  return {
    async of(pid) {
      try {
        const fixed = { env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' } }
        const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], fixed)
        const [state = 'Z', ...started] = stdout.trim().split(/\s+/)
        return state.startsWith('Z') ? undefined : started.join(' ')
      } catch {
        return undefined
      }
    },
    // echo folds the spaces, which ps uses to align.
    shell: 'lab_identity=$(echo $(PATH=/bin:/usr/bin LC_ALL=C TZ=UTC ps -o lstart= -p "$$"))',
  }
}
