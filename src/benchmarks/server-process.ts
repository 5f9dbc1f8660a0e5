import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type ServerCommand =
  /** Answer at once and count nothing but arrivals: for the cost of a request. */
  | { type: 'plain' }
  /** Stand still for so long, at this interval. */
  | { type: 'freeze'; everyMs: number; forMs: number }
  /** Close the listener and reset every connection, and come back. */
  | { type: 'outage'; forMs: number }
  | { type: 'count-from-now' }
  | { type: 'counts' }

export type ServerAnswer = { type: 'listening'; origin: string } | ({ type: 'counts' } & Counts)

export interface Counts {
  /** Requests that came, answered or not. */
  arrivals: number
  answers: number
  /** Most arrivals in any 10 ms. */
  largestBucket: number
}

/** The benchmark's end of its server. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly origin: string,
  ) {}

  static async start(): Promise<ServerProcess> {
    const child = fork(fileURLToPath(new URL('./server.js', import.meta.url)))
    const answer = await next(child)
    if (answer.type !== 'listening') throw new Error(`the server said ${answer.type} before it listened`)
    return new ServerProcess(child, answer.origin)
  }

  tell(command: Exclude<ServerCommand, { type: 'counts' }>): void {
    this.child.send(command)
  }

  async counts(): Promise<Counts> {
    this.child.send({ type: 'counts' } satisfies ServerCommand)
    const answer = await next(this.child)
    if (answer.type !== 'counts') throw new Error(`the server said ${answer.type} instead of its counts`)
    return answer
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill('SIGKILL')
    await gone
  }
}

function next(child: ChildProcess): Promise<ServerAnswer> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as ServerAnswer))
    child.once('exit', (code) => reject(new Error(`the server ended with exit code ${code}`)))
  })
}
