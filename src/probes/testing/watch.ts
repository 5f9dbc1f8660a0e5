import { setTimeout as sleep } from 'node:timers/promises'
import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import type { TestServer } from '../../nodes/api/testing/postgres.js'
import type { Endpoint } from '../../replication/session.js'
import type { Probe, ProbeContext, Reading } from '../port.js'

/** A probe that is read on its schedule, as a run does it, and what it read. */
export interface Watch {
  /** Every read, oldest first. */
  reads: { at: number; took: number; readings: Reading[] }[]
  /** The latest value of a kind for a node in the last read; undefined where there was none. */
  now(kind: string, node: string): number | undefined
  /** Values of a kind for a node of reads from `since` on. */
  values(kind: string, node: string, since?: number): number[]
  end(): Promise<void>
}

export function endpointOf({ id, address }: TestServer): Endpoint {
  const [host = '', port = ''] = address.split(':')
  return { id, host, port: Number(port), user: DATABASE_ROLES.admin, password: 'x', database: DATABASE_NAME }
}

export function watch(probe: Probe, servers: readonly TestServer[]): Watch {
  return watchContext(probe, { databases: async () => servers.map(endpointOf) })
}

/** The same of a probe that looks at something else. */
export function watchContext(probe: Probe, looksAt: Partial<ProbeContext>): Watch {
  const ending = new AbortController()
  const reads: Watch['reads'] = []
  const context = {
    nodes: async () => [],
    usage: async () => [],
    databases: async () => [],
    shards: async () => [],
    ...looksAt,
    signal: ending.signal,
  }
  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const at = performance.now()
      const readings = await probe.read(context)
      reads.push({ at, took: performance.now() - at, readings })
      await sleep(probe.intervalMs, undefined, { signal: ending.signal }).catch(() => {})
    }
  }
  const looping = loop()
  const of = (kind: string, node: string) => (reading: Reading) => reading.kind === kind && reading.node === node
  return {
    reads,
    now: (kind, node) => reads.at(-1)?.readings.find(of(kind, node))?.value,
    values: (kind, node, since = 0) =>
      reads.flatMap(({ at, readings }) =>
        at < since ? [] : readings.filter(of(kind, node)).map(({ value }) => value),
      ),
    async end() {
      ending.abort()
      await looping
    },
  }
}
