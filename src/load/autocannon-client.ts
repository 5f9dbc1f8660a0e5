import autocannon from 'autocannon'
import type { AutocannonClient } from './autocannon-private.js'
import type { Connections } from './connections.js'
import { KnownAnswers } from './known-answers.js'
import { Lane, type LaneOptions } from './lane.js'
import type { Mix } from './mix.js'
import type { RequestTemplate } from './port.js'
import { requestBytes } from './request-bytes.js'
import type { RequestFraming } from './response-parser.js'

export interface ConnectOptions extends Omit<LaneOptions, 'known'> {
  connections: number
  mix: Mix
}

/** The tasks of a workload ask for nothing that frames their answers in a special way. */
const TASK: RequestFraming = { method: 'GET', upgrade: false }

function askedBy({ method, headers }: RequestTemplate): RequestFraming {
  return { method, upgrade: headers.some(([name]) => name.toLowerCase() === 'upgrade') }
}

/**
 * Opens connections that autocannon's clients carry, without its rates, time-outs, reconnects and counts: each of those
 * is wrong for measuring latency at a rate (src/load/README.md). What stays is the client that stands for a connection:
 * requests, sockets and the parser are its own no more.
 */
export function connectWithAutocannon(options: ConnectOptions): Connections {
  const lanes: Lane[] = []
  const buffers: Buffer[] = []
  const bytesOf = (variant: number): Buffer => {
    const known = buffers[variant]
    if (known !== undefined) return known
    const built = requestBytes(options.mix.request(variant), options.origin)
    buffers[variant] = built
    return built
  }
  const asked = Array.from({ length: options.mix.variants }, (_, variant) => askedBy(options.mix.request(variant)))
  const known = new KnownAnswers()
  const tracker = autocannon(
    {
      url: options.origin,
      connections: options.connections,
      duration: 2_000_000,
      setupClient: (client) => {
        lanes.push(new Lane(client as unknown as AutocannonClient, lanes.length, { ...options, known }))
      },
    },
    (error: unknown) => {
      if (error instanceof Error) throw error
    },
  )
  const laneOf = (connection: number): Lane => {
    const lane = lanes[connection]
    if (lane === undefined) throw new Error(`no connection ${connection}`)
    return lane
  }
  return {
    send(connection, variant) {
      const lane = laneOf(connection)
      lane.send(bytesOf(variant), asked[variant] ?? TASK)
    },
    sendBytes(connection, bytes, wantsVersion) {
      laneOf(connection).send(bytes, TASK, wantsVersion)
    },
    abandon(connection) {
      laneOf(connection).abandon()
    },
    close() {
      for (const lane of lanes) lane.close()
      // Its interval timers go on for up to a second more.
      tracker.stop()
    },
  }
}
