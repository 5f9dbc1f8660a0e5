import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { BIN } from '../command.js'
import { faultsOfRecords, parsed } from './kept-records.js'
import { childOf, processesOf, until, untilGone, untilListening } from './process-tree.js'
import type { Way } from './ways.js'

/** A command that runs for a while. */
export interface LongCommand {
  /** Without --json and --out. */
  args: readonly string[]
  /** About how long it runs, in milliseconds: it is ended at a moment within. */
  spanMs: number
  /** The stack that it works on, by the arguments of `up`. */
  on?: readonly string[]
  /** Whether what it brings up is to stay when it comes to its end. */
  keeps?: boolean
  /** False where there is no --out. */
  reports?: boolean
}

export interface Ended {
  /** Whether it was ended, or had come to its end before. */
  cut: boolean
  /** What was not as it should be, one sentence each. */
  faults: string[]
}

/** What the longest command may take, in milliseconds. */
const OWN_END_MS = 600_000
/** What a generator may take to see that its command is gone, in milliseconds. */
const LINGER_MS = 5_000

/** A state folder of its own, with the stacks that commands work on. */
export class Stage {
  private readonly kept = new Set<string>()

  constructor(private readonly folder: string) {}

  private get state(): string {
    return join(this.folder, 'state')
  }

  private get env(): Record<string, string | undefined> {
    return { ...process.env, SCALELAB_STATE: this.state, NO_COLOR: '1', CI: undefined }
  }

  /** Begins a command, ends it after so many milliseconds, and looks at what is left. */
  async end({ args, on, keeps, reports }: LongCommand, way: Way, afterMs: number, json: boolean): Promise<Ended> {
    if (on !== undefined) await this.ready(on)
    const out = await mkdtemp(join(this.folder, 'out-'))
    const argv = [...args, ...(reports === false ? [] : ['--out', out]), ...(json ? ['--json'] : [])]
    const outcome = await this.run(argv, way, afterMs)
    const { cut, gone, code, stdout, stderr } = outcome
    const faults: string[] = []
    const killed = way.kills === true && cut
    if (killed) faults.push(...(await this.cleaned(on)))
    if (!gone) faults.push('it did not end')
    if (stderr.includes('This is a bug') || /^ {4}at /m.test(stderr)) faults.push(`a bug: ${stderr.slice(0, 600)}`)
    if (!killed && code !== null && ![0, 2, 3, 4, 5, 130].includes(code)) faults.push(`exit code ${code}`)
    const read = way.breaks !== 'stdout' && !killed
    if (json && read && parsed(stdout) === undefined)
      faults.push(`no document, but ${JSON.stringify(stdout.slice(0, 200))}`)
    if (!killed) faults.push(...(await faultsOfRecords(out)))
    faults.push(...(await this.leftovers(keeps === true)))
    if (on !== undefined) faults.push(...(await this.brokenNodes(on)))
    if (keeps === true) {
      await this.scalelab('down', '--all')
      this.kept.clear()
    }
    if (faults.length > 0) faults.push(`stderr: ${stderr.slice(-800)}`)
    else await rm(out, { recursive: true, force: true })
    return { cut, faults }
  }

  async dispose(): Promise<void> {
    await this.scalelab('down', '--all')
    await rm(this.folder, { recursive: true, force: true })
  }

  private async run(argv: readonly string[], way: Way, afterMs: number) {
    // The shell stays beside the command, so that there is a parent to be killed, and says how the command ended.
    const script = '"$@"; echo $? >&3'
    const shell = spawn('/bin/sh', ['-c', script, 'sh', process.execPath, BIN, ...argv], {
      cwd: this.folder,
      env: this.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    const texts = [1, 2, 3].map((fd) => {
      const collected = { text: '' }
      shell.stdio[fd as 1]?.on('data', (chunk) => {
        collected.text += String(chunk)
      })
      return collected
    })
    const pid = await childOf(shell.pid ?? 0)
    let cut = false
    let gone = true
    if (pid !== undefined) {
      await untilListening(pid, constants.signals.SIGHUP)
      // Who writes nothing to a stream does not find out that it is closed, and comes to its own end.
      const early = untilGone(pid, way.breaks === undefined ? undefined : OWN_END_MS)
      const over = await Promise.race([sleep(afterMs).then(() => false), early])
      cut = !over
      if (cut) await way.end({ shell, pid })
      gone = await early
      if (!gone) process.kill(pid, 'SIGKILL')
    }
    // What it wrote last may still be in the pipes.
    await until(() => (way.takesShell === true || texts[2]?.text !== '' ? true : null), LINGER_MS)
    await sleep(50)
    const [stdout = '', stderr = '', code = ''] = texts.map(({ text }) => text)
    return { cut, gone, stdout, stderr, code: code.trim() === '' ? null : Number(code) }
  }

  /** What `clean` leaves of a command that was killed; the stack that it worked on is brought up again, as one would. */
  private async cleaned(on: readonly string[] | undefined): Promise<string[]> {
    await this.scalelab('clean', '--leftovers')
    if (on !== undefined) {
      await this.scalelab('up', ...on, '--name', nameOf(on))
      await this.putBack(nameOf(on))
    }
    const { stacks, swept } = JSON.parse(await this.scalelab('clean', '--leftovers', '--dry-run', '--json')) as {
      stacks: unknown[]
      swept: unknown[]
    }
    return [...stacks, ...swept].map((left) => `clean left ${JSON.stringify(left)}`)
  }

  /** Processes and stacks that nobody asked to keep. @param any whether a whole stack may be there */
  private async leftovers(any: boolean): Promise<string[]> {
    const folders = [...this.kept].map((name) => join(this.state, 'stacks', name))
    const stray = () =>
      processesOf(this.state).filter(({ stack }) => (stack === null ? true : !any && !folders.includes(stack)))
    await until(() => (stray().length === 0 ? true : null), LINGER_MS)
    const processes = stray().map(({ pid, stack }) => `process ${pid} was left${stack === null ? '' : ` of ${stack}`}`)
    const rows = await this.nodes()
    const stacks = new Map(rows.map(({ stack, complete }) => [stack, complete]))
    const left = [...stacks].filter(([name, complete]) => !this.kept.has(name) && !(any && complete))
    return [...processes, ...left.map(([name]) => `the stack ${name} was left`)]
  }

  /** Nodes of a kept stack that do not run as before. */
  private async brokenNodes(on: readonly string[]): Promise<string[]> {
    const name = nameOf(on)
    const broken = (await this.nodes()).filter(({ stack, state }) => stack === name && state !== 'running')
    const faults = broken.map(({ id, state }) => `${id} of ${name} is ${state}`)
    if (faults.length > 0) await this.scalelab('down', name).finally(() => this.kept.delete(name))
    return faults
  }

  private async ready(on: readonly string[]): Promise<void> {
    const name = nameOf(on)
    if (!this.kept.has(name)) {
      await this.scalelab('up', ...on, '--name', name)
      this.kept.add(name)
      return
    }
    await this.putBack(name)
  }

  /** A stack as it was first, for the next command: where there is nothing to be taken back, that is refused. */
  private async putBack(name: string): Promise<void> {
    const back = (...args: string[]): Promise<unknown> => this.scalelab(...args, '--stack', name).catch(() => undefined)
    if (name.startsWith('shard')) {
      await back('reshard', '--rollback', '--no-load')
      await back('reshard', '--to', name.replace(/\D/g, ''), '--no-load')
    }
    if (name.startsWith('repl')) await back('failover', '--resume')
    if (name.startsWith('lb')) await back('scale', name.replace(/\D/g, ''))
  }

  private async nodes(): Promise<{ stack: string; id: string; state: string; complete: boolean }[]> {
    return JSON.parse(await this.scalelab('ps', '--json'))
  }

  /** @throws ExecaError when it fails */
  private async scalelab(...args: string[]): Promise<string> {
    const { stdout } = await execa(process.execPath, [BIN, ...args], {
      cwd: this.folder,
      env: this.env,
      stdin: 'ignore',
    })
    return stdout
  }
}

function nameOf([scenario = '']: readonly string[]): string {
  return `${scenario}-kept`
}
