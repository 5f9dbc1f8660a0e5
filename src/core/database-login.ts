/** Where a PostgreSQL server is reached, and as whom. */
export interface DatabaseLogin {
  host: string
  port: number
  user: string
  password: string
  database: string
  /** Shown in pg_stat_activity. */
  application: string
  /** Settings of the session, as in "-c name=value". */
  options?: string
}

/**
 * The settings of a client of pg, all of them. What is missing, or empty, pg takes from the caller's environment
 * (PGSSLMODE, PGOPTIONS, PGREPLICATION, ...), which is about the caller's own databases: it would ask ours for TLS, which
 * they do not speak, or for settings that they do not know. Every client of this tree is made with these.
 */
export function clientSettings({ application, options, ...login }: DatabaseLogin) {
  return {
    ...login,
    application_name: application,
    ssl: false,
    sslnegotiation: 'postgres',
    client_encoding: 'UTF8',
    // The empty text would not count as given; a server takes this for no option.
    options: options ?? ' ',
    replication: 'false',
    connectionTimeoutMillis: 0,
  } as const
}
