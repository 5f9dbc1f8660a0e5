import { readFile, writeFile } from 'node:fs/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import { clusterMissing } from '../../replication/testing/test-cluster.js'
import { CommandLine } from '../testing/command-line.js'
import { Nodes } from '../testing/database-nodes.js'

const missing = await clusterMissing()

/** A real server that lives and says no is left alone, whoever asks, and what it says is told. */
describe.skipIf(missing !== undefined)('a primary that refuses', { timeout: 90_000 }, () => {
  let cli: CommandLine
  let nodes: Nodes
  let before: Record<string, number>
  beforeAll(async () => {
    cli = await CommandLine.create()
    nodes = new Nodes(cli)
    await cli.ok('up', 'repl-1', '--engine', 'process', '--rows', '200')
    before = await nodes.pids()
  }, 90_000)
  afterAll(async () => expect(await cli.dispose()).toEqual([]), 30_000)

  const refusal = async (): Promise<string | null | undefined> =>
    (await nodes.rows()).find(({ id }) => id === 'primary')?.database?.refusal

  /** Nothing was restarted, fenced or promoted, by any command that might. */
  async function isLeftAlone(words: RegExp): Promise<void> {
    expect(await refusal()).toMatch(words)
    const commands = [
      ['failover', '--resume', '--json'],
      ['failover', 'primary', '--json', '--baseline', '300ms', '--rps', '20'],
      ['up', 'repl-1', '--engine', 'process', '--rows', '200'],
      ['guard', '--for', '3s', '--json'],
      ['sql', 'SELECT 1', '--node', 'primary'],
    ]
    for (const args of commands) {
      const { stdout, stderr } = await cli.run(args)
      expect([args, stderr]).toEqual([args, expect.not.stringMatching(/This is a bug|^ {4}at /m)])
      if (args.includes('--json')) expect([args, JSON.parse(stdout)]).toEqual([args, expect.anything()])
      expect([args, await nodes.pids()]).toEqual([args, before])
    }
    expect((await cli.run(['failover', '--resume'])).stderr).toMatch(words)
    expect(await nodes.pids()).toEqual(before)
  }

  async function isWellAgain(): Promise<void> {
    await expect
      .poll(() => nodes.roles(), { timeout: 20_000 })
      .toMatchObject({ primary: 'primary', 'standby-1': 'standby' })
    expect(await nodes.sql('primary', 'SELECT timeline_id FROM pg_control_checkpoint()')).toEqual([[1]])
  }

  it('because all its connections are taken', async () => {
    const url = new URL((await nodes.rows()).find(({ id }) => id === 'primary')?.url ?? '')
    const taken: Client[] = []
    try {
      for (let full = false; !full; ) {
        const client = new Client({
          host: url.hostname,
          port: Number(url.port),
          user: DATABASE_ROLES.admin,
          password: nodes.password(DATABASE_ROLES.admin),
          database: DATABASE_NAME,
        })
        client.on('error', () => undefined)
        full = await client.connect().then(
          () => false,
          (error: unknown) => (error as { code?: string }).code === '53300',
        )
        if (!full) taken.push(client)
      }
      await isLeftAlone(/sorry, too many clients already/)
    } finally {
      await Promise.all(taken.map((client) => client.end()))
    }
    await isWellAgain()
  })

  it('because it wants TLS of whoever asks, and so has no entry for us', async () => {
    const [[file]] = (await nodes.sql('primary', 'SHOW hba_file')) as [[string]]
    const rules = await readFile(file, 'utf8')
    await writeFile(file, 'hostssl all all all scram-sha-256\n')
    const leader = before.primary ?? 0
    try {
      process.kill(leader, 'SIGHUP')
      await expect.poll(refusal, { timeout: 10_000 }).toMatch(/no pg_hba.conf entry for host/)
      await isLeftAlone(/no pg_hba.conf entry for host/)
    } finally {
      await writeFile(file, rules)
      process.kill(leader, 'SIGHUP')
    }
    await isWellAgain()
  })
})
