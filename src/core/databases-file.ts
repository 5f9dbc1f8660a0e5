/** Where reads that may lag go. */
export const READ_TARGETS = ['standbys', 'primary'] as const
export type ReadTarget = (typeof READ_TARGETS)[number]

/** What an API instance is told about the database servers: the JSON file that DATABASES_FILE names. */
export interface DatabasesFile {
  database: string
  user: string
  password: string
  /** Every server, whatever its role at the moment; address is "host:port". */
  nodes: { id: string; address: string }[]
  reads: ReadTarget
  /** Connections to each server, at most. */
  pool: number
  /** Added inside the database to every read of an entity, in milliseconds: a stated capacity (0: real work alone). */
  query_ms: number
}

/** PostgreSQL roles of a stack and what they are for. */
export const DATABASE_ROLES = { admin: 'scalelab', replication: 'replicator', app: 'ecomarket' } as const
/** Name of the sample application's database. */
export const DATABASE_NAME = 'ecomarket'

/** POST at an API instance: it asks every database server anew who the primary is, instead of at its next poll. */
export const LOOK_PATH = '/databases/look'
