import type { Server } from 'node:http'

/** Counts of the balancer's own connections, shown in the text format of nginx's stub_status. */
export class ConnectionStats {
  #active = 0
  #accepted = 0
  #requests = 0
  #writing = 0

  /** Counts the connections and requests of this server from now on. */
  watch(server: Server): void {
    server.on('connection', (socket) => {
      this.#accepted++
      this.#active++
      socket.on('close', () => this.#active--)
    })
    // before the handler, so that the request for the status counts itself as nginx's does
    server.prependListener('request', (_, response) => {
      this.#requests++
      this.#writing++
      response.on('close', () => this.#writing--)
    })
  }

  /**
   * As stub_status writes it. Node hands a request over when its header has come whole, so none is ever "Reading";
   * a connection without a request counts as waiting.
   */
  text(): string {
    const waiting = Math.max(0, this.#active - this.#writing)
    return (
      `Active connections: ${this.#active} \nserver accepts handled requests\n` +
      ` ${this.#accepted} ${this.#accepted} ${this.#requests} \nReading: 0 Writing: ${this.#writing} Waiting: ${waiting} \n`
    )
  }
}
