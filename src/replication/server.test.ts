import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { followStatement, until, upstreamOf } from './server.js'

/** As boot.sh writes it. */
const CONNINFO =
  "host=127.0.0.1 port=20003 user=replicator passfile='/var/lib/a b/it''s/pgpass' application_name=standby-2 sslmode=disable connect_timeout=2"

/** The value in ALTER SYSTEM SET primary_conninfo = '...', as PostgreSQL reads it. */
function settingOf(statement: string): string {
  const text = /^ALTER SYSTEM SET primary_conninfo = '((?:[^']|'')*)'$/.exec(statement)?.[1]
  if (text === undefined) throw new Error(`no statement: ${statement}`)
  return text.replaceAll("''", "'")
}

describe('whom a standby follows', () => {
  it('is changed, and nothing else with it', () => {
    const statement = followStatement(CONNINFO, { host: 'standby-1', port: 5432 })
    expect(settingOf(statement)).toBe(
      CONNINFO.replace('host=127.0.0.1', 'host=standby-1').replace('port=20003', 'port=5432'),
    )
  })

  it.each([
    ['', null],
    ['user=replicator', null],
    ['host=a', null],
    ['port=1', null],
    ['hostaddr=1 host=a port=2', 'a:2'],
    [CONNINFO, '127.0.0.1:20003'],
  ])('%s', (conninfo, upstream) => {
    expect(upstreamOf(conninfo)).toBe(upstream)
  })

  it('is read back as it was said, again and again', () => {
    const host = fc.oneof(fc.ipV4(), fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/))
    const upstream = fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) })
    fc.assert(
      fc.property(fc.array(upstream, { minLength: 1, maxLength: 4 }), (path) => {
        let conninfo = CONNINFO
        for (const next of path) {
          conninfo = settingOf(followStatement(conninfo, next))
          expect(upstreamOf(conninfo)).toBe(`${next.host}:${next.port}`)
        }
        const rest = (text: string): string => text.replace(/^host=\S+ port=\S+/, '')
        expect(rest(conninfo)).toBe(rest(CONNINFO))
      }),
    )
  })
})

describe('waiting until it is so', () => {
  const signal = new AbortController().signal

  it('looks again after a look that failed', async () => {
    let looks = 0
    await until(
      async () => {
        looks += 1
        if (looks < 3) throw new Error('gone')
        return true
      },
      'never',
      10_000,
      signal,
    )
    expect(looks).toBe(3)
  })

  it('says what it waited for, how long, and why the last look failed', async () => {
    const failing = until(
      () => Promise.reject(new Error('gone')),
      () => 'a did not come',
      20,
      signal,
    )
    await expect(failing).rejects.toThrow('a did not come within 0.02 s (gone)')
    await expect(until(async () => false, 'b did not', 20, signal)).rejects.toThrow(/^b did not within 0.02 s$/)
  })

  it('ends with the reason of the signal', async () => {
    const reason = new Error('enough')
    await expect(until(async () => false, 'never', 10_000, AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})
