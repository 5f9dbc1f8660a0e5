import { tmpdir } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { DatabaseView } from '../../core/database-view.js'
import { type RunRecord, runRecordSchema } from '../../core/record.js'
import { clustersIn, serverFolders } from '../../engines/process/server-folders.js'
import { findServer, isLack } from '../../engines/process/server-programs.js'
import { postgres } from '../../parts/postgres/postgres.js'
import { CommandLine, REQUIRED } from '../testing/command-line.js'

interface NodeRow {
  id: string
  role: string
  state: string
  url: string | null
  database?: DatabaseView
}

const PROCESS = ['--engine', 'process', '--rows', '200']
const SHORT = ['--duration', '2s', '--warmup', '500ms', '--rps', '100', '--json']

const { cache } = serverFolders(tmpdir(), process.env)
const found = await findServer(postgres.program, {
  serverBin: process.env.SCALELAB_PG_BIN,
  path: process.env.PATH ?? '',
  cache,
})
const why = isLack(found) ? found.reason : `PostgreSQL ${found.version}`

describe.skipIf(isLack(found) && !REQUIRED)(`replicated stacks on processes (${why})`, { timeout: 90_000 }, () => {
  let cli: CommandLine
  beforeAll(async () => {
    cli = await CommandLine.create()
  })
  afterEach(async () => {
    await cli.run(['down', '--all'])
    expect(await cli.survivors()).toEqual([])
  })
  afterAll(() => cli.dispose())

  const ps = (): Promise<NodeRow[]> => cli.json<NodeRow[]>('ps', '--json')
  const databases = async (): Promise<Record<string, DatabaseView | undefined>> =>
    Object.fromEntries((await ps()).filter(({ role }) => role === 'database').map(({ id, database }) => [id, database]))
  /** Process id of a node. */
  const pidOf = async (id: string): Promise<number> =>
    Number(new RegExp(`^${id} .*pid (\\d+)`, 'm').exec(await cli.ok('ps'))?.[1])

  it('come up streaming, say what their servers are, answer, are measured and scaled, and go down whole', async () => {
    const up = await cli.run(['up', 'repl-1', ...PROCESS])
    expect(up.stderr).toContain('PostgreSQL: ')
    expect(up.stdout).toMatch(/repl-1 is up after [\d.]+ s/)
    for (const next of ['scalelab bench', 'scalelab failover standby-1', 'scalelab failover primary']) {
      expect(up.stdout).toContain(next)
    }
    const nodes = await ps()
    expect(nodes.map(({ id, role, state }) => `${id} ${role} ${state}`)).toEqual([
      'balancer balancer running',
      'api-1 api running',
      'api-2 api running',
      'primary database running',
      'standby-1 database running',
    ])
    expect(nodes.find(({ id }) => id === 'primary')?.url).toMatch(/^postgres:\/\/127\.0\.0\.1:\d+$/)
    expect(nodes[0]).not.toHaveProperty('database')
    expect(await databases()).toEqual({
      primary: { role: 'primary', timeline: 1, streaming: null, follows: null, fenced: false, refusal: null },
      'standby-1': { role: 'standby', timeline: 1, streaming: true, follows: 'primary', fenced: false, refusal: null },
    })
    expect(await cli.ok('ps')).toMatch(/standby-1 +standby of primary, streaming +running +postgres:/)

    const entry = nodes[0]?.url ?? ''
    const products = await fetch(`${entry}/api/productos?limit=3`)
    expect(products.headers.get('x-db-node')).toBe('standby-1')
    expect(await products.json()).toHaveLength(3)
    const stock = await fetch(`${entry}/api/inventory/ECO-000001`)
    expect(stock.headers.get('x-db-node')).toBe('primary')

    const record = await cli.json<RunRecord>('bench', '--mix', 'read:60,write:20,order:20', ...SHORT)
    runRecordSchema.parse(record)
    expect(record).toMatchObject({
      scenario: 'repl-1',
      work: 'real database work',
      replication: { durability: 'local', primary: 'primary', timeline: 1 },
      writes: { refused: 0, unknown: 0, lost: [], duplicated: [] },
    })
    expect(record.up_ms).toBeGreaterThan(0)
    expect(record.environment.software.postgresql).toMatch(/^\d+\.\d+/)
    expect(record.replication?.standbys.map(({ id, state }) => `${id} ${state}`)).toEqual(['standby-1 streaming'])
    expect(record.replication?.standbys[0]?.heartbeat_ms.samples).toBeGreaterThan(0)
    expect(record.writes?.acknowledged).toBeGreaterThan(0)
    expect(record.reads?.checked).toBeGreaterThan(0)
    const answered = Object.fromEntries(record.databases?.map(({ id, kinds }) => [id, kinds]) ?? [])
    expect(answered.primary?.write).toBeGreaterThan(0)
    expect(answered['standby-1']).toEqual({ read: expect.any(Number) })

    expect(await cli.ok('scale', '3')).toContain('+api-3')
    expect((await ps()).map(({ id }) => id)).toEqual(['balancer', 'api-1', 'api-2', 'primary', 'standby-1', 'api-3'])
    const api = (await ps()).find(({ id }) => id === 'api-3')?.url
    expect((await fetch(`${api}/api/products?limit=1`)).headers.get('x-db-node')).toBe('standby-1')

    expect(await cli.ok('logs', 'primary', '--tail', '50')).toContain('ready to accept connections')
    expect(await cli.ok('down')).toContain('repl-1 is down')
    expect(await ps()).toEqual([])
    const { data } = serverFolders(`${cli.folder}/state`, process.env)
    if (data !== undefined) expect(clustersIn(['primary', 'standby-1'].map((id) => `${data}/repl-1/${id}`))).toEqual([])
  })

  it('tell a dead and a frozen server, scale without them, and bring them back', async () => {
    await cli.ok('up', 'repl-2', ...PROCESS)
    const [dead, frozen] = await Promise.all([pidOf('standby-1'), pidOf('standby-2')])
    process.kill(dead, 'SIGKILL')
    // The postmaster alone: its processes go on, and it lets nobody in.
    process.kill(frozen, 'SIGSTOP')
    await expect.poll(async () => (await ps()).find(({ id }) => id === 'standby-1')?.state).toBe('stopped')
    const silent = { role: null, timeline: null, streaming: null, follows: null, fenced: false }
    expect(await databases()).toMatchObject({ primary: { role: 'primary' }, 'standby-1': silent, 'standby-2': silent })
    expect(await cli.ok('scale', '3')).toContain('+api-3')
    process.kill(frozen, 'SIGCONT')
    expect((await cli.run(['up', 'repl-2', ...PROCESS])).stderr).toContain('standby-1 had ended and was started again')
    await expect
      .poll(async () => Object.values(await databases()).map((view) => view?.streaming), { timeout: 10_000 })
      .toEqual([null, true, true])
  })

  it('are asked in SQL, as their superuser', async () => {
    await cli.ok('up', 'repl-1', ...PROCESS)
    expect(await cli.ok('sql', 'SELECT application_name, state FROM pg_stat_replication')).toMatch(
      /^application_name +state\n─+\nstandby-1 +streaming\n$/,
    )
    const rows = ['sql', 'SELECT pg_is_in_recovery() AS recovery, count(*)::int AS users FROM user_sessions', '--json']
    expect(await cli.json(...rows)).toEqual([{ recovery: false, users: 200 }])
    expect(await cli.json(...rows, '--node', 'standby-1')).toEqual([{ recovery: true, users: 200 }])
    expect(await cli.ok('sql', "SELECT interval '90 seconds' AS lag, NULL AS nothing")).toContain('00:01:30')
    const mistake = await cli.run(['sql', 'SELECT nonsense'])
    expect([mistake.code, mistake.stderr]).toEqual([4, expect.stringContaining('column "nonsense" does not exist')])
    const unknown = await cli.run(['sql', 'SELECT 1', '--node', 'standby-7'])
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('Did you mean "standby-1"?')])
  })

  it('are shown as the server said, of every type, in any environment', async () => {
    await cli.ok('up', 'repl-1', ...PROCESS)
    const types = `SELECT 9007199254740993 AS n, 1.10::numeric AS d, 'NaN'::float8 AS nan, '-0'::float8 AS zero, 0.1::float4 AS f,
      '{"a":  1, "a": 2}'::json AS j, '\\xff'::bytea AS b, array[1, NULL] AS a, 'infinity'::timestamptz AS t,
      '0044-03-15 BC'::date AS ides, NULL::text AS nothing, '' AS empty, 'null' AS word, true AS yes, 7 AS seven, 8 AS seven`
    const sent = { n: '9007199254740993', d: '1.10', nan: 'NaN', zero: '-0', j: '{"a":  1, "a": 2}', b: '\\xff' }
    expect(await cli.json('sql', types, '--json')).toEqual([
      {
        ...{ ...sent, f: 0.1, a: '{1,NULL}', t: 'infinity', ides: '0044-03-15 BC', nothing: null, empty: '' },
        ...{ word: 'null', yes: true, seven: 7, seven_2: 8 },
      },
    ])
    const shown = await cli.ok('sql', types)
    for (const value of [...Object.values(sent), '{1,NULL}', 'infinity', '0044-03-15 BC', 'NULL', 'null', '7', '8']) {
      expect(shown.split(/ {2,}|\n/).concat(sent.j)).toContain(value)
    }
    expect(await cli.ok('sql', 'UPDATE user_sessions SET user_id = user_id WHERE false')).toBe('UPDATE 0\n')
    for (const refused of ['SELECT 11 AS a; SELECT 22 AS b', ' -- nothing', 'COPY user_sessions TO STDOUT']) {
      expect((await cli.run(['sql', refused])).code).toBe(2)
    }
    expect((await cli.run(['sql', `DO $$ BEGIN RAISE NOTICE 'by the way'; END $$`])).stderr).toContain('by the way')
    // About the caller's own databases.
    const theirs = {
      PGSSLMODE: 'require',
      PGOPTIONS: '-c nonsense=1',
      PGREPLICATION: 'database',
      PGCLIENTENCODING: 'X',
    }
    const elsewhere = {
      PGSSLNEGOTIATION: 'direct',
      PGHOST: '/nowhere',
      PGUSER: 'x',
      PGPASSWORD: 'x',
      PGCONNECT_TIMEOUT: '1',
    }
    const asked = await cli.run(['sql', 'SHOW statement_timeout'], { env: { ...theirs, ...elsewhere } })
    expect([asked.stderr, asked.stdout]).toEqual(['', expect.stringMatching(/\n0\n$/)])
  })

  it('two at once make one stack', async () => {
    const outcomes = await Promise.all([1, 2].map(() => cli.run(['up', 'repl-1', ...PROCESS])))
    expect(outcomes.some(({ code }) => code === 0)).toBe(true)
    for (const { code, stderr } of outcomes) {
      if (code === 0) continue
      expect(code).toBe(3)
      expect(stderr).toMatch(/another scalelab command \(pid \d+/)
    }
    expect(await ps()).toHaveLength(5)
  })

  it('take a list of synchronous standbys as PostgreSQL does, and are measured as the flags say', async () => {
    const sync = ['--durability', 'remote-apply', '--sync-standbys', 'FIRST 1 (standby-2)']
    const reads = ['--reads', 'primary', '--query-time', '1ms', '--pool', '5']
    const record = await cli.json<RunRecord>(
      'bench',
      'repl-2',
      '--mix',
      'read:50,write:50',
      ...PROCESS,
      ...sync,
      ...reads,
      ...SHORT,
    )
    expect(record.replication).toMatchObject({
      durability: 'remote-apply',
      synchronous_standby_names: 'FIRST 1 (standby-2)',
    })
    expect(record.replication?.standbys.map(({ sync_state }) => sync_state)).toEqual(['async', 'sync'])
    expect(record.writes).toMatchObject({ refused: 0, unknown: 0, lost: [] })
    const answered = record.databases?.filter(({ kinds }) => Object.keys(kinds).length > 0)
    expect(answered?.map(({ id }) => id)).toEqual(['primary'])
    expect(record.work).toMatch(/each read holds a connection for 1 ms, and each API instance has 5 to each server/)
    // Claims of the scenario are about reads from standbys.
    expect(record.verdicts).toEqual([])
    expect(record.up_ms).toBeGreaterThan(0)
  })

  it('flags that would change a running stack are refused', async () => {
    await cli.ok('up', 'repl-1', ...PROCESS)
    const shaped = await cli.run(['bench', '--durability', 'on'])
    expect(shaped).toMatchObject({ code: 2, stdout: '' })
    expect(shaped.stderr).toContain('--durability shapes a stack, and this loads the one that runs')
    const other = await cli.run(['up', 'repl-1', ...PROCESS, '--durability', 'on'])
    expect(other).toMatchObject({ code: 2 })
    expect(other.stderr).toContain('already running with other settings')
    const keys = await cli.run(['bench', '--mix', 'read:1', '--key-count', '201'])
    expect(keys).toMatchObject({ code: 2 })
    expect(keys.stderr).toContain('201 keys are more than the 200 rows of the stack')
  })
})
