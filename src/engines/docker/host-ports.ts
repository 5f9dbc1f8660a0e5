import { createServer } from 'node:net'
import { environmentError } from '../../core/errors.js'

/** Below the ranges from which Linux, macOS and Windows take ports of outgoing connections. */
const FIRST = 20_000
const LAST = 31_999
const ATTEMPTS = 100

/**
 * Chooses ports of the host for published ports. We choose, not Docker, because Docker would choose anew at each restart
 * of a container, and a node keeps its URL. Someone may take a port between our look and Docker's: then ask again.
 */
export class HostPorts {
  readonly #given = new Set<number>()
  readonly #isFree: (port: number) => Promise<boolean>
  readonly #random: () => number

  /** @param isFree whether nobody listens there; a daemon elsewhere cannot be asked, and is believed to be free */
  constructor(isFree: (port: number) => Promise<boolean>, random: () => number = Math.random) {
    this.#isFree = isFree
    this.#random = random
  }

  /** A free port that was not given before. */
  async take(): Promise<number> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const port = FIRST + Math.floor(this.#random() * (LAST - FIRST + 1))
      if (this.#given.has(port)) continue
      this.#given.add(port)
      if (await this.#isFree(port)) return port
    }
    throw environmentError(
      `no free port between ${FIRST} and ${LAST}`,
      'Take down stacks that are not needed: scalelab ps',
    )
  }

  /**
   * A port that the user asked for.
   * @throws LabError (environment) when it is taken
   */
  async claim(port: number): Promise<number> {
    if (this.#given.has(port) || !(await this.#isFree(port))) throw portTaken(port)
    this.#given.add(port)
    return port
  }
}

export function portTaken(port: number): Error {
  return environmentError(
    `port ${port} is taken`,
    `Choose another with --port, or see who has it: ss -ltnp sport = :${port}`,
  )
}

/** Whether a listener on this address of this machine would succeed. */
export function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
