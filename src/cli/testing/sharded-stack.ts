import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import { type Audit, audit } from '../../sharding/audit.js'
import { Fleet, type ShardControl } from '../../sharding/fleet.js'
import { countShards } from '../../sharding/shard-count.js'
import type { CommandLine } from './command-line.js'
import { type NodeRow, Nodes } from './database-nodes.js'

export const CLEAN = { misplaced: 0, misslotted: 0, duplicated: 0, misowned: 0, agreed: true }

/** The shards of the one stack that runs, asked past its commands. */
export class ShardedStack {
  readonly nodes: Nodes

  constructor(cli: CommandLine) {
    this.nodes = new Nodes(cli)
  }

  async rows(): Promise<NodeRow[]> {
    return (await this.nodes.rows()).filter(({ role }) => role === 'database')
  }

  async ids(): Promise<string[]> {
    return (await this.rows()).map(({ id }) => id)
  }

  /** Of all shards together. */
  async audit(): Promise<Audit> {
    return this.asked(audit)
  }

  /** Users by shard, and rows of each table over all shards. */
  async counted(): Promise<{ keys: Record<string, number>; rows: Record<string, number> }> {
    const { counts, tables } = await this.asked(countShards)
    return {
      keys: Object.fromEntries(counts.map(({ id, keys }) => [id, keys])),
      rows: Object.fromEntries(tables.map(({ table, rows }) => [table, rows])),
    }
  }

  private async asked<Answer>(question: (fleet: Fleet) => Promise<Answer>): Promise<Answer> {
    const fleet = await Fleet.of(this.control())
    return question(fleet).finally(() => fleet.close())
  }

  private control(): ShardControl {
    const place = (url: string) => {
      const { hostname: host, port } = new URL(url)
      return { host, port: Number(port) }
    }
    const access = {
      user: DATABASE_ROLES.admin,
      password: this.nodes.password(DATABASE_ROLES.admin),
      database: DATABASE_NAME,
    }
    return {
      members: async () =>
        (await this.rows()).map(({ id, url }) => ({
          id,
          state: url === null ? 'stopped' : 'running',
          endpoint: url === null ? null : { id, ...place(url), ...access },
          inside: url === null ? { host: '', port: 0 } : place(url),
        })),
    }
  }
}
