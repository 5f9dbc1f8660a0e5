import autocannon from 'autocannon'
import type { Client } from './autocannon-private.js'
import type { Connections } from './connections.js'
import { Lane, type LaneOptions } from './lane.js'
import type { Mix } from './mix.js'
import { requestBytes } from './request-bytes.js'

export interface ConnectOptions extends LaneOptions {
  connections: number
  mix: Mix
}

/**
 * Opens connections that autocannon's clients carry, without its rates, time-outs, reconnects and counts: each of those
 * is wrong for measuring latency at a rate (src/load/README.md). What stays is its parser.
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
  const heads = Array.from({ length: options.mix.variants }, (_, v) => options.mix.request(v).method === 'HEAD')
  const tracker = autocannon(
    {
      url: options.origin,
      connections: options.connections,
      duration: 2_000_000,
      setupClient: (client) => {
        lanes.push(new Lane(client as unknown as Client, lanes.length, options))
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
      lane.send(bytesOf(variant), heads[variant] === true)
    },
    sendBytes(connection, bytes, wantsVersion) {
      laneOf(connection).send(bytes, false, wantsVersion)
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
