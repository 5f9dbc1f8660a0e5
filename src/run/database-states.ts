import { waitsForStandby } from '../core/parameters/database.js'
import { databaseParametersOf } from '../core/record-parameters.js'
import type { ReplicationRecord } from '../core/replication.js'
import type { DatabaseRow } from '../core/snapshot.js'
import type { Journal } from '../load/port.js'
import type { Reading } from '../probes/port.js'
import { DatabaseState } from './database-state.js'

/** The database servers of a run, as far as probes have told of them. */
export class DatabaseStates {
  private readonly servers = new Map<string, DatabaseState>()

  /** @param tMs on the run clock */
  addReadings(readings: readonly Reading[], tMs: number): void {
    const ofServers = new Map<string, Reading[]>()
    for (const reading of readings) {
      if (reading.node === undefined || !reading.kind.startsWith('replication.')) continue
      ofServers.set(reading.node, [...(ofServers.get(reading.node) ?? []), reading])
    }
    for (const [id, own] of ofServers) {
      const server = this.servers.get(id) ?? new DatabaseState(id)
      this.servers.set(id, server)
      server.add(own, tMs)
    }
  }

  /** @param nodes answers of a tick by server and kind */
  addTick(nodes: Journal['nodes']): void {
    for (const server of this.servers.values()) {
      server.requests += Object.values(nodes[server.id] ?? {}).reduce((sum, count) => sum + count, 0)
      server.tick()
    }
  }

  startCounting(): void {
    for (const server of this.servers.values()) server.startCounting()
  }

  stopCounting(): void {
    for (const server of this.servers.values()) server.stopCounting()
  }

  /** The primary first, then by id; null where there are no servers. */
  rows(): DatabaseRow[] | null {
    if (this.servers.size === 0) return null
    return this.inOrder().map((server) => server.row())
  }

  ids(): string[] {
    return this.inOrder().map(({ id }) => id)
  }

  /** @param parameters what the stack was made from */
  record(parameters: Record<string, unknown>): ReplicationRecord | null {
    if (this.servers.size === 0) return null
    const primary = this.primary()
    const others = this.inOrder().filter((server) => server !== primary)
    const database = databaseParametersOf({ parameters })
    return {
      durability: database?.durability ?? 'unknown',
      synchronous_standby_names: database !== null && waitsForStandby(database) ? database.sync_standbys : '',
      primary: primary?.id ?? null,
      timeline: primary?.timeline ?? null,
      standbys: others.map((server) => server.record()),
      // Also of one that was a standby for a while.
      series: this.inOrder().flatMap((server) => server.series.rows().map((point) => ({ id: server.id, ...point }))),
    }
  }

  /** Of those that claim to be the primary the one with the highest timeline. */
  private primary(): DatabaseState | null {
    const claiming = [...this.servers.values()].filter(({ state }) => state === 'primary')
    return claiming.sort((a, b) => (b.timeline ?? 0) - (a.timeline ?? 0))[0] ?? null
  }

  private inOrder(): DatabaseState[] {
    const primary = this.primary()
    const rank = (server: DatabaseState): number => (server === primary ? 0 : 1)
    return [...this.servers.values()].sort(
      (a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id, 'en', { numeric: true }),
    )
  }
}
