import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runError } from '../../core/errors.js'
import type { ProcessIdentity } from '../../core/process-identity.js'
import { descendants, type Mark, type ProcessRow, type ProcessTable } from './process-table.js'
import { serversIn } from './server-processes.js'

/** In a node's folder: "<pid> <identity>", written by the process itself before it becomes the program. */
export const PID_FILE = 'pid'

/** How long a process may take to go after SIGKILL, in milliseconds: it may hang in the kernel. */
const KILL_LIMIT_MS = 5_000
/** How long the id may be missing from a pid file that exists, in milliseconds: between a shell's open and its write. */
const ENTRY_LIMIT_MS = 1_000

/** How long a signal to freeze or thaw may take to show, in milliseconds. */
const SETTLE_LIMIT_MS = 2_000

/** What lives of a node. */
export interface Living {
  /** The process that the node was started as, leader of its group; it may have ended before the others. */
  leader: number
  leaderLives: boolean
  processes: ProcessRow[]
}

/** Whether all that lives is stopped by a signal. */
export function isFrozen({ processes }: Living): boolean {
  return processes.every(({ state }) => state === 'T')
}

/** The processes of one node, found by its folder. No process is signalled that is not proven to be the node's. */
export class NodeProcess {
  /**
   * @param folder the node's folder, where the pid file is
   * @param mark what every process of the node carries
   * @param hurry fires when a grace is cut short
   * @param clusters where its server processes work, when it has a data server, and the names of such processes
   */
  constructor(
    private readonly id: string,
    private readonly folder: string,
    private readonly mark: Mark,
    private readonly identity: ProcessIdentity,
    private readonly table: ProcessTable,
    private readonly clusters: { folders: readonly string[]; programs: readonly string[] } = {
      folders: [],
      programs: [],
    },
    private readonly hurry?: AbortSignal,
  ) {}

  /** Undefined when nothing of the node lives. @param rows a table just read, when there is one */
  async living(rows?: ProcessRow[]): Promise<Living | undefined> {
    const entry = await this.entry()
    if (entry === undefined) return undefined
    // Most nodes that are asked about twice are gone, and this tells without reading the table. The children of a
    // database server are in groups of their own.
    if (!groupExists(entry.pid) && this.clusters.folders.length === 0) return undefined
    // In this order: of a leader that ended in between the table still shows what it has left behind.
    const all = rows ?? (await this.table.rows())
    const leaderLives = (await this.identity.of(entry.pid)) === entry.identity
    const group = all.filter((row) => row.group === entry.pid)
    // While the leader lives its group and its descendants are the node's. Without it the numbers may be others' by now.
    const processes = leaderLives
      ? [...group, ...descendants(group, all)]
      : [
          ...(await this.marked(group)),
          ...(await serversIn(this.clusters.folders, this.clusters.programs, this.table, all)),
        ]
    return processes.length === 0 ? undefined : { leader: entry.pid, leaderLives, processes }
  }

  /** To the group that the node was started as, or to each of what is left of the node. */
  private async signal(name: NodeJS.Signals): Promise<void> {
    const living = await this.living()
    if (living?.leaderLives) send(-living.leader, name)
    else for (const { pid } of living?.processes ?? []) send(pid, name)
  }

  /** To every process of the node, the leader first: what stands still or is gone starts no others. */
  private forceAll({ leader, leaderLives, processes }: Living, name: NodeJS.Signals): void {
    if (leaderLives) send(-leader, name)
    for (const { pid, group } of processes) if (!leaderLives || group !== leader) send(pid, name)
  }

  /** To the process it was started as, and to no other. */
  async signalLeader(name: NodeJS.Signals): Promise<void> {
    const living = await this.living()
    if (living?.leaderLives) send(living.leader, name)
  }

  /** A request to end, then SIGKILL after so many milliseconds; returns when nothing lives. */
  async stop(graceMs: number, request: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const before = await this.living()
    // What is left of a server that has died serves nobody, and a busy one of them would never look up.
    if (before?.leaderLives === false && this.clusters.folders.length > 0) return this.kill()
    await this.signal(request)
    const living = await this.living()
    // Frozen processes take no request until they are thawed.
    if (living !== undefined) this.forceAll(living, 'SIGCONT')
    if (!(await this.gone(graceMs, this.hurry))) await this.kill()
  }

  /** SIGKILL; returns when nothing lives. */
  async kill(): Promise<void> {
    const deadline = performance.now() + KILL_LIMIT_MS
    for (;;) {
      // Again and again: a process may have forked between the table was read and the signal was sent.
      const living = await this.living()
      if (living === undefined) return
      this.forceAll(living, 'SIGKILL')
      await this.ended(living.processes, 100)
      if (performance.now() > deadline) {
        const pids = living.processes.map(({ pid }) => pid)
        throw runError(`${this.id} does not end after SIGKILL (pid ${pids.join(', ')})`, 'Look at it with: ps -fp PID')
      }
    }
  }

  /** Freezes every process; returns when all stand still, which takes a busy machine a moment. */
  async freeze(): Promise<void> {
    await this.until(isFrozen, 'SIGSTOP')
  }

  /** Undoes `freeze`. */
  async thaw(): Promise<void> {
    await this.until((living) => !living.processes.some(({ state }) => state === 'T'), 'SIGCONT')
  }

  /** Sends a signal to every process until all are as they should be: one may be started while the table is read. */
  private async until(as: (living: Living) => boolean, name: NodeJS.Signals): Promise<void> {
    const deadline = performance.now() + SETTLE_LIMIT_MS
    for (;;) {
      const living = await this.living()
      if (living === undefined || as(living) || performance.now() > deadline) return
      this.forceAll(living, name)
      await sleep(2)
    }
  }

  private async gone(limitMs: number, hurry?: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + limitMs
    for (let pauseMs = 2; ; pauseMs = Math.min(2 * pauseMs, 25)) {
      if ((await this.living()) === undefined) return true
      if (performance.now() > deadline || hurry?.aborted === true) return false
      await sleep(pauseMs)
    }
  }

  /** Returns when none of these lives, or when the time is up: cheaper to ask again and again than who lives. */
  private async ended(processes: readonly ProcessRow[], limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs
    const pids = processes.map(({ pid }) => pid)
    while ((await this.table.rows(pids)).length > 0 && performance.now() < deadline) await sleep(2)
  }

  private async marked(rows: ProcessRow[]): Promise<ProcessRow[]> {
    const carries = await Promise.all(rows.map((row) => this.table.carries(row.pid, this.mark)))
    return rows.filter((_, index) => carries[index])
  }

  private async entry(): Promise<{ pid: number; identity: string } | undefined> {
    const deadline = performance.now() + ENTRY_LIMIT_MS
    for (;;) {
      const text = textOf(join(this.folder, PID_FILE))
      const match = /^(\d+) (.+)\n/.exec(text ?? '')
      if (match?.[1] !== undefined && match[2] !== undefined) return { pid: Number(match[1]), identity: match[2] }
      if (text === undefined || performance.now() > deadline) return undefined
      await sleep(2)
    }
  }
}

/** Undefined where there is none. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Whether a group of this number has a process, zombies included. */
function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** Sends a signal to a process, or with a negative id to a group; one that has ended meanwhile is no error. */
function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error
  }
}
