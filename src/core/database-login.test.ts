import pg from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { clientSettings } from './database-login.js'

afterEach(() => vi.unstubAllEnvs())

const LOGIN = { host: 'h', port: 5, user: 'u', password: 'p', database: 'd', application: 'a' }
/** What pg asks the environment for: PG and a setting's name, and some by other names. */
const NAMES = [
  ...[
    'HOST',
    'PORT',
    'USER',
    'PASSWORD',
    'DATABASE',
    'BINARY',
    'OPTIONS',
    'SSLMODE',
    'SSLNEGOTIATION',
    'CLIENT_ENCODING',
  ],
  ...['CLIENTENCODING', 'REPLICATION', 'APPNAME', 'CONNECT_TIMEOUT', 'PASSFILE', 'SERVICE', 'TZ', 'DATESTYLE'],
]

describe('the settings of a client', () => {
  it.each([
    ['without', LOGIN],
    ['with', { ...LOGIN, options: '-c enable_seqscan=off' }],
  ])('%s options are the same in every environment', (_, login) => {
    const plain = settingsOf(login)
    for (const name of NAMES) vi.stubEnv(`PG${name}`, '7')
    vi.stubEnv('PGSSLMODE', 'require')
    vi.stubEnv('PGSSLNEGOTIATION', 'direct')
    expect(settingsOf(login)).toEqual(plain)
    expect(plain).toMatchObject({ ssl: false, host: 'h', application_name: 'a' })
  })
})

function settingsOf(login: Parameters<typeof clientSettings>[0]): unknown {
  const client = new pg.Client(clientSettings(login)) as unknown as Record<string, object>
  // Of PGBINARY the parameters take notice, and the client does not read it there.
  return { ...client.connectionParameters, binary: client.binary, password: client.password }
}
