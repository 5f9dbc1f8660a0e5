import { execa } from 'execa'
import { LabError, runError } from '../core/errors.js'
import type { FromGenerator, ToGenerator } from './messages.js'
import type { LoadResult, LoadTick } from './port.js'

/** How many lines of a generator's stderr are kept for when it dies. */
const STDERR_LINES = 15

/** How long a process may take to end after its result, in milliseconds. */
const LAST_WORDS_MS = 1_000

/** The command's end of one generator process. */
export class GeneratorProcess {
  onTick: (tick: LoadTick) => void = () => {}

  private finished = false
  private readonly child
  private readonly exited: Promise<void>
  private readonly stderr: string[] = []
  private readonly waiting = new Map<FromGenerator['type'], (message: FromGenerator) => void>()
  private fail: (error: Error) => void = () => {}
  private readonly failed: Promise<never>

  constructor(nodeBinary: string, childEntry: string) {
    this.failed = new Promise((_resolve, reject) => {
      this.fail = reject
    })
    // Whoever waits hears of it; a failure while nobody does is heard of at the next step.
    this.failed.catch(() => {})
    this.child = execa(nodeBinary, [childEntry], {
      cwd: '/',
      ipc: true,
      // Nothing of the caller's: NODE_OPTIONS, say, would change what is measured.
      env: {},
      extendEnv: false,
      serialization: 'advanced',
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
      buffer: false,
      reject: false,
    })
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr.push(...text.split('\n').filter((line) => line.trim() !== ''))
      this.stderr.splice(0, this.stderr.length - STDERR_LINES)
    })
    this.child.on('message', (message: unknown) => this.receive(message as FromGenerator))
    this.exited = this.child.then((result) => {
      const how = result.signal === undefined ? `exit code ${result.exitCode ?? 'unknown'}` : result.signal
      const cause = result.cause instanceof Error && result.exitCode === undefined ? ` (${result.cause.message})` : ''
      this.fail(runError(`the load generator ended unexpectedly: ${how}${cause}`, undefined, this.stderr))
    })
  }

  /** Opens the connections. @throws LabError as Generator.connect, or exit code 4 when the process dies */
  async connect(options: Extract<ToGenerator, { type: 'connect' }>['options']): Promise<void> {
    await this.ask({ type: 'connect', options }, 'connected')
  }

  /** Sends the load, to its end. @throws LabError exit code 4 when the process dies */
  async run(originNs: bigint): Promise<LoadResult> {
    const { result } = await this.ask({ type: 'run', originNs }, 'result')
    this.finished = true
    return result
  }

  /** See Generator.stop. */
  stop(atMs: number, drain: boolean): void {
    this.send({ type: 'stop', atMs, drain })
  }

  /** Returns when the process is gone: by itself after its result, else by force. */
  async end(): Promise<void> {
    const force = setTimeout(() => this.child.kill('SIGKILL'), this.finished ? LAST_WORDS_MS : 0)
    await this.exited
    clearTimeout(force)
  }

  private ask<T extends FromGenerator['type']>(
    message: ToGenerator,
    answer: T,
  ): Promise<Extract<FromGenerator, { type: T }>> {
    const answered = new Promise<Extract<FromGenerator, { type: T }>>((resolve) => {
      this.waiting.set(answer, (received) => resolve(received as Extract<FromGenerator, { type: T }>))
    })
    this.send(message)
    return Promise.race([answered, this.failed])
  }

  private send(message: ToGenerator): void {
    // A process that is gone is reported by its exit.
    if (this.child.connected) this.child.send(message, () => {})
  }

  private receive(message: FromGenerator): void {
    if (message.type === 'tick') this.onTick(message.tick)
    else if (message.type === 'failed') this.fail(new LabError(message.message, { ...optional(message) }))
    else this.waiting.get(message.type)?.(message)
  }
}

function optional({ exitCode, hint, details }: Extract<FromGenerator, { type: 'failed' }>) {
  return { exitCode, details, ...(hint === undefined ? {} : { hint }) }
}
