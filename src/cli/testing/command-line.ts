import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The command as `npm install` would link it. */
export const BIN = fileURLToPath(new URL('../../../bin/scalelab.js', import.meta.url))

/** In CI everything a test needs must be there: what is skipped elsewhere fails there. */
export const REQUIRED = process.env.SCALELAB_REQUIRE === '1'

export interface Outcome {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  env?: Record<string, string | undefined> | undefined
  /** Ends a command that runs in the process of the test. */
  signal?: AbortSignal | undefined
  /** Called with the process once it runs, to interrupt or kill it. */
  onStart?: (child: ChildProcess) => void
}

/** A command line with a state folder and a working folder of its own, so that tests run side by side. */
export abstract class Commands {
  constructor(readonly folder: string) {}

  get stateDir(): string {
    return join(this.folder, 'state')
  }

  get env(): Record<string, string | undefined> {
    // Debian keeps nginx where only root looks.
    const path = [process.env.PATH, '/usr/sbin', '/usr/local/sbin'].join(delimiter)
    return { ...process.env, PATH: path, SCALELAB_STATE: this.stateDir, NO_COLOR: '1', CI: undefined }
  }

  /** Runs one command to its end. */
  abstract run(args: readonly string[], options?: RunOptions): Promise<Outcome>

  /** Runs a command that must succeed. @returns what it wrote to stdout */
  async ok(...args: string[]): Promise<string> {
    const outcome = await this.run(args)
    if (outcome.code !== 0) {
      const logs = await this.run(['logs', '--tail', '20'])
      throw new Error(
        `scalelab ${args.join(' ')} ended with ${outcome.code ?? outcome.signal}\n${outcome.stdout}\n${outcome.stderr}\nlogs:\n${logs.stdout}`,
      )
    }
    return outcome.stdout
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.ok(...args)) as T
  }
}

/** The built command line, as a process of its own. */
export class CommandLine extends Commands {
  static async create(): Promise<CommandLine> {
    return new CommandLine(await mkdtemp(join(tmpdir(), 'scalelab-e2e-')))
  }

  /** Runs one command to its end. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [BIN, ...args], {
        cwd: this.folder,
        env: { ...this.env, ...options.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let stdout = ''
      let stderr = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text
      })
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
      options.onStart?.(child)
    })
  }

  /** Processes of stacks of this state folder that still live, by the mark in their environment. Linux only. */
  async survivors(): Promise<number[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
    const marked = await Promise.all(
      pids.map(async (pid) => {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
        return environment.includes(`SCALELAB_STACK=${this.stateDir}/`) ? [pid] : []
      }),
    )
    return marked.flat()
  }

  /** Takes everything down, and the folder away. @returns processes of its stacks that live all the same */
  async dispose(): Promise<number[]> {
    await this.run(['down', '--all'])
    const survivors = await this.survivors()
    await rm(this.folder, { recursive: true, force: true })
    return survivors
  }
}
