import type { Command } from 'commander'
import { LabError, runError, unknownValueError, usageError } from '../../core/errors.js'
import { Cluster } from '../../replication/cluster.js'
import { Session } from '../../replication/session.js'
import { membersOf } from '../databases.js'
import type { Lab } from '../lab.js'
import { theStack } from '../running-stacks.js'

/** How long a statement may take, in milliseconds. */
const PATIENCE_MS = 60_000

export function addSql(program: Command, lab: Lab): void {
  program
    .command('sql')
    .summary('ask a database server')
    .description("Runs one SQL statement on a database server of the running stack, as the stack's superuser.")
    .argument('<statement>', 'one statement')
    .option('--node <name>', 'which server: primary is whichever is the primary at the moment', 'primary')
    .option('--stack <name>', 'which stack, when several run')
    .option('--json', 'as JSON: an array of rows')
    .addHelpText(
      'after',
      `
Examples:
  $ scalelab sql 'SELECT application_name, state, sync_state, replay_lag FROM pg_stat_replication'
  $ scalelab sql 'SELECT count(*) FROM orders' --node standby-1`,
    )
    .action(async (statement: string, options: { node: string; stack?: string; json?: boolean }) => {
      const stack = await theStack(await lab.allEngines(), options.stack)
      const members = await membersOf(lab, stack)
      if (members.length === 0) {
        throw usageError(`${stack.meta.name} has no databases`, 'Bring a stack up that has: scalelab up repl-2')
      }
      const ids = members.map(({ id }) => id)
      const id = options.node === 'primary' ? await primaryOf(members) : options.node
      const member = members.find((candidate) => candidate.id === id)
      if (member === undefined) throw unknownValueError('database server', id, ids)
      if (member.endpoint === null || member.state !== 'running')
        throw usageError(`${id} does not run: ${member.state}`)
      const session = new Session(member.endpoint, 'scalelab sql', options.json !== true)
      try {
        const rows = await session.query(statement, [], PATIENCE_MS)
        if (options.json === true) return lab.printJson(rows)
        const { renderRows } = await import('../../ui/tables.js')
        lab.print(rows.length === 0 ? 'No rows.' : renderRows(rows, lab.look()))
      } catch (error) {
        if (error instanceof LabError) throw error
        throw runError(`${id}: ${error instanceof Error ? error.message : error}`)
      } finally {
        session.close()
      }
    })
}

async function primaryOf(members: ConstructorParameters<typeof Cluster>[0]): Promise<string> {
  const cluster = new Cluster(members)
  const primary = await cluster.primary().finally(() => cluster.close())
  if (primary === null) {
    throw usageError(
      'there is no primary at the moment',
      'Name a server: --node standby-1, or scalelab failover --resume',
    )
  }
  return primary.id
}
