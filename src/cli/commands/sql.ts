import type { Command } from 'commander'
import { LabError, runError, unknownValueError, usageError } from '../../core/errors.js'
import { Cluster } from '../../replication/cluster.js'
import type { Member } from '../../replication/port.js'
import { Session } from '../../replication/session.js'
import { isSharded, serversOf } from '../databases.js'
import type { Lab } from '../lab.js'
import { theStack } from '../running-stacks.js'

/** How long a statement may take, in milliseconds. */
const PATIENCE_MS = 60_000

interface SqlFlags {
  node?: string
  stack?: string
  json?: boolean
}

export function addSql(program: Command, lab: Lab): void {
  program
    .command('sql')
    .summary('ask a database server')
    .description(
      "Runs one SQL statement on a database server of the running stack, as the stack's superuser: on the primary, whichever that is at the moment, or on every shard, one after the other.",
    )
    .argument('<statement>', 'one statement')
    .option('--node <name>', 'which server (default: the primary; of shards: all)')
    .option('--stack <name>', 'which stack, when several run')
    .option('--json', 'as JSON: an array of rows')
    .addHelpText(
      'after',
      `
Examples:
  $ scalelab sql 'SELECT application_name, state, sync_state, replay_lag FROM pg_stat_replication'
  $ scalelab sql 'SELECT count(*) FROM orders' --node standby-1
  $ scalelab sql 'SELECT count(*) AS users, sum(balance) FROM users'     on a stack of shards: a row from each`,
    )
    .action((statement: string, flags: SqlFlags) => sql(lab, statement, flags))
}

async function sql(lab: Lab, statement: string, flags: SqlFlags): Promise<void> {
  const stack = await theStack(await lab.allEngines(), flags.stack)
  const servers = await serversOf(lab, stack)
  if (servers.length === 0) {
    throw usageError(`${stack.meta.name} has no databases`, 'Bring a stack up that has: scalelab up repl-2')
  }
  const everywhere = isSharded(stack) && flags.node === undefined
  const asked = everywhere ? servers : [await serverOf(flags.node ?? 'primary', servers, isSharded(stack))]
  const rows: Record<string, unknown>[] = []
  for (const server of asked) {
    const answer = await ask(server, statement, flags.json !== true)
    rows.push(...(everywhere ? answer.map((row) => ({ shard: server.id, ...row })) : answer))
  }
  if (flags.json === true) return lab.printJson(rows)
  const { renderRows } = await import('../../ui/tables.js')
  lab.print(rows.length === 0 ? 'No rows.' : renderRows(rows, lab.look()))
}

async function serverOf(node: string, servers: readonly Member[], sharded: boolean): Promise<Member> {
  const id = node === 'primary' && !sharded ? await primaryOf(servers) : node
  const server = servers.find((candidate) => candidate.id === id)
  if (server !== undefined) return server
  throw unknownValueError(
    sharded ? 'shard' : 'database server',
    id,
    servers.map((candidate) => candidate.id),
  )
}

async function ask(
  { id, endpoint, state }: Member,
  statement: string,
  asText: boolean,
): Promise<Record<string, unknown>[]> {
  if (endpoint === null || state !== 'running') throw usageError(`${id} does not run: ${state}`)
  const session = new Session(endpoint, 'scalelab sql', asText)
  try {
    return await session.query(statement, [], PATIENCE_MS)
  } catch (error) {
    if (error instanceof LabError) throw error
    throw runError(`${id}: ${error instanceof Error ? error.message : error}`)
  } finally {
    session.close()
  }
}

async function primaryOf(members: readonly Member[]): Promise<string> {
  const cluster = new Cluster(members)
  const primary = await cluster.primary().finally(() => cluster.close())
  if (primary === null) {
    throw cluster.noPrimary('Name a server: --node standby-1, or scalelab failover --resume')
  }
  return primary.id
}
