import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../../core/record.js'
import type { ShardView } from '../../core/shard-view.js'
import { serverFolders } from '../../engines/process/server-folders.js'
import { findServer, isLack } from '../../engines/process/server-programs.js'
import { postgres } from '../../parts/postgres/postgres.js'
import { CommandLine, REQUIRED } from '../testing/command-line.js'

interface NodeRow {
  id: string
  role: string
  state: string
  url: string | null
  shard?: ShardView | null
}

const ROWS = 400
const SHORT = ['--duration', '3s', '--warmup', '500ms', '--rps', '60', '--json']

const { cache } = serverFolders(tmpdir(), process.env)
const found = await findServer(postgres.program, {
  serverBin: process.env.SCALELAB_PG_BIN,
  path: process.env.PATH ?? '',
  cache,
})
const why = isLack(found) ? found.reason : `PostgreSQL ${found.version}`

describe.skipIf(isLack(found) && !REQUIRED)(`stacks of shards on processes (${why})`, { timeout: 90_000 }, () => {
  let cli: CommandLine
  let shown: string
  beforeAll(async () => {
    cli = await CommandLine.create()
    shown = await cli.ok('up', 'shard-2', '--engine', 'process', '--rows', String(ROWS), '--scheme', 'directory')
  }, 90_000)
  afterAll(async () => {
    await cli.run(['down', '--all'])
    expect(await cli.survivors()).toEqual([])
    await cli.dispose()
  }, 30_000)

  const refused = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli.run(args)
    expect([code, stdout]).toEqual([2, ''])
    return stderr
  }
  const shards = async (): Promise<(string | ShardView | null | undefined)[][]> =>
    (await cli.json<NodeRow[]>('ps', '--json')).flatMap(({ id, role, shard }) =>
      role === 'database' ? [[id, shard]] : [],
    )

  it('come up and say what each shard has', async () => {
    expect(shown).toMatch(/shard-2 is up after [\d.]+ s/)
    for (const next of ['scalelab bench', 'scalelab reshard --to 3', 'scalelab ps']) expect(shown).toContain(next)
    const half = { map_version: 1, scheme: 'directory', slots: 8_192, leaving: 0, arriving: 0 }
    expect(await shards()).toEqual([
      ['shard-1', half],
      ['shard-2', half],
    ])
    expect(await cli.ok('ps')).toMatch(/shard-1 +shard, 8,192 slots, map 1 +running +postgres:/)
  })

  it('are asked all at once, or one by its name', async () => {
    const counts = await cli.json<{ shard: string; users: number }[]>(
      'sql',
      'SELECT count(*)::int AS users FROM users',
      '--json',
    )
    expect(counts.map(({ shard }) => shard)).toEqual(['shard-1', 'shard-2'])
    expect(counts.reduce((sum, { users }) => sum + users, 0)).toBe(ROWS)
    const one = ['sql', 'SELECT self FROM shard_map', '--node', 'shard-2', '--json']
    expect(await cli.json(...one)).toEqual([{ self: 'shard-2' }])
    expect(await refused('sql', 'SELECT 1', '--node', 'primary')).toContain('unknown shard "primary"')
  })

  it('have nothing to fail over to, and say what there is instead', async () => {
    expect(await refused('failover', 'shard-1')).toContain('scalelab bench --fault kill:shard-1@5s+2s')
    expect(await refused('guard')).toContain('nothing to fail over to')
  })

  it('refuse what cannot be asked of them', async () => {
    expect(await refused('bench', '--mix', 'stock:1')).toContain('Allowed: read, write, order, browse, list, transfer')
  })

  it('get more API instances, and serve without a shard for a while', async () => {
    expect(await cli.ok('scale', '3')).toContain('+api-3')
    const record = await cli.json<RunRecord>('bench', ...SHORT, '--fault', 'kill:shard-2@1s+500ms')
    runRecordSchema.parse(record)
    expect(record).toMatchObject({ scenario: 'shard-2', work: 'real database work', sharding: { scheme: 'directory' } })
    expect(record.instances.map(({ id, requests }) => [id, requests > 0])).toEqual([
      ['api-1', true],
      ['api-2', true],
      ['api-3', true],
    ])
    expect(record.sharding?.shards.map(({ id, requests }) => [id, requests > 0])).toEqual([
      ['shard-1', true],
      ['shard-2', true],
    ])
    expect(record.writes).toMatchObject({ lost: [], duplicated: [] })
    expect(record.verdicts.find(({ metric }) => metric === 'sharding.misplaced')?.result).toBe('pass')
    // It runs again with what it had.
    expect((await shards()).map(([id]) => id)).toEqual(['shard-1', 'shard-2'])
  })

  it('say that a shard gives no answer', async () => {
    const pid = Number(/^shard-2 .*pid (\d+)/m.exec(await cli.ok('ps'))?.[1])
    process.kill(pid, 'SIGSTOP')
    try {
      const rows = await cli.json<NodeRow[]>('ps', '--json')
      expect(rows.find(({ id }) => id === 'shard-2')?.shard).toBeNull()
      expect(rows.find(({ id }) => id === 'shard-1')?.shard).toMatchObject({ slots: 8_192 })
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })
})
