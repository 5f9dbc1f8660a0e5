import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** A command that runs below a shell of its own, in a session of its own. */
export interface Running {
  /** The shell: leader of the session and of the only process group in it. */
  shell: ChildProcess
  /** The command itself. */
  pid: number
}

/** How a command is ended from outside. */
export interface Way {
  name: string
  end(running: Running): Promise<void> | void
  /** What takes the shell along, so that nobody is left to see the exit code. */
  takesShell?: boolean
  /** What leaves no time for anything: `clean` is asked for the rest. */
  kills?: boolean
  /** The stream that nobody reads any more. */
  breaks?: 'stdout' | 'stderr'
}

/** Between two keys of somebody in a hurry, in milliseconds. */
const KEYS_MS = 600

export const WAYS: readonly Way[] = [
  { name: 'INT', end: ({ pid }) => signal(pid, 'SIGINT') },
  { name: 'TERM', end: ({ pid }) => signal(pid, 'SIGTERM') },
  { name: 'HUP', end: ({ pid }) => signal(pid, 'SIGHUP') },
  {
    name: 'INT twice',
    async end({ pid }) {
      signal(pid, 'SIGINT')
      await sleep(KEYS_MS)
      signal(pid, 'SIGINT')
    },
  },
  { name: 'broken stdout', breaks: 'stdout', end: ({ shell }) => void shell.stdout?.destroy() },
  { name: 'broken stderr', breaks: 'stderr', end: ({ shell }) => void shell.stderr?.destroy() },
  { name: 'TERM to the group', takesShell: true, end: ({ shell }) => signal(-(shell.pid ?? 0), 'SIGTERM') },
  { name: 'KILL', kills: true, end: ({ pid }) => signal(pid, 'SIGKILL') },
  { name: 'parent killed', takesShell: true, end: ({ shell }) => signal(shell.pid ?? 0, 'SIGKILL') },
]

/** One that has ended meanwhile is no error. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
