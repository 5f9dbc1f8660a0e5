import type { Command } from 'commander'
import { runError, unknownValueError, usageError } from '../../core/errors.js'
import { isSharded, serversOf } from '../../lab/stack/databases.js'
import { theStack } from '../../lab/stack/running-stacks.js'
import { Cluster } from '../../replication/cluster.js'
import type { Member } from '../../replication/port.js'
import { askStatement, NotAStatement, type StatementResult } from '../../replication/statement.js'
import { oneLine } from '../../ui/width.js'
import type { Lab } from '../lab.js'

/** How long a statement may take, in milliseconds. */
const PATIENCE_MS = 60_000

interface SqlFlags {
  node?: string
  stack?: string
  json?: boolean
}

export function add(command: Command, lab: Lab): void {
  command
    .description(
      "Runs one SQL statement on a database server of the running stack, as the stack's superuser: on the primary, whichever that is at the moment, or on every shard, one after the other.",
    )
    .argument('<statement>', 'one statement')
    .option('--node <name>', 'which server (default: the primary; of shards: all)')
    .option('--stack <name>', 'which stack, when several run')
    .option(
      '--json',
      'as JSON: an array of rows; numbers up to 32 bits, floating point and booleans as such, all else as text',
    )
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
  const answers: { shard: string; answer: StatementResult }[] = []
  for (const server of asked) {
    const answer = await ask(server, statement)
    for (const notice of answer.notices) lab.remark(oneLine(`${server.id}: ${notice}`))
    if (answer.count > answer.rows.length) {
      const [kept, all] = [answer.rows.length, answer.count].map((rows) => rows.toLocaleString('en-US'))
      lab.remark(`${server.id} answered ${all} rows, and only the first ${kept} were kept`)
    }
    answers.push({ shard: server.id, answer })
    lab.document(answers.flatMap(({ shard, answer }) => jsonRows(answer, everywhere ? shard : null)))
  }
  if (flags.json === true) {
    for (const { shard, answer } of answers) if (answer.columns.length === 0) lab.remark(`${shard}: ${answer.tag}`)
    return
  }
  const { renderAnswer } = await import('../../ui/database-answer.js')
  const look = lab.look()
  const [first] = answers
  if (first === undefined) return
  if (first.answer.columns.length === 0) {
    for (const { shard, answer } of answers) lab.print(`${everywhere ? `${shard}: ` : ''}${answer.tag}`)
    return
  }
  const rows = answers.flatMap(({ shard, answer }) =>
    everywhere ? answer.rows.map((row) => [shard, ...row]) : answer.rows,
  )
  const names = first.answer.columns.map(({ name }) => name)
  const count = answers.reduce((sum, { answer }) => sum + answer.count, 0)
  // Of a change that gives back rows, too, the server's own word stands below them.
  const tags = answers.flatMap(({ shard, answer: { tag } }) =>
    !/^(INSERT|UPDATE|DELETE|MERGE) /.test(tag) ? [] : [everywhere ? `${shard}: ${tag}` : tag],
  )
  if (count === 0) lab.print('No rows.')
  else lab.print(renderAnswer({ columns: everywhere ? ['shard', ...names] : names, rows, count }, look))
  if (tags.length > 0) lab.print(`\n${tags.join('\n')}`)
}

/** Types whose every value JSON can hold as it is; of all others the text that the server sent. */
const JSON_NUMBERS = new Set([21, 23, 26, 700, 701])
const BOOLEAN = 16

function jsonRows(
  { columns, rows }: StatementResult,
  shard: string | null,
): Record<string, string | number | boolean | null>[] {
  const names = uniqueNames([...(shard === null ? [] : ['shard']), ...columns.map(({ name }) => name)])
  return rows.map((row) => {
    const values = row.map((value, i) => jsonValue(value, columns[i]?.type))
    // Whatever a column is called: __proto__ is a name like any other.
    return Object.fromEntries([...(shard === null ? [] : [shard]), ...values].map((value, i) => [names[i], value]))
  })
}

function jsonValue(text: string | null, type: number | undefined): string | number | boolean | null {
  if (text === null) return null
  if (type === BOOLEAN) return text === 't'
  const number = Number(text)
  // JSON has neither NaN nor Infinity, and JavaScript would write -0 as 0.
  const exact = Number.isFinite(number) && !Object.is(number, -0)
  return type !== undefined && JSON_NUMBERS.has(type) && exact ? number : text
}

/** Names of which each is one: the second `id` is `id_2`. */
function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let unique = name
    for (let i = 2; taken.has(unique) || (unique !== name && names.includes(unique)); i++) unique = `${name}_${i}`
    taken.add(unique)
    return unique
  })
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

async function ask({ id, endpoint, state }: Member, statement: string): Promise<StatementResult> {
  if (endpoint === null || state !== 'running') throw usageError(`${id} does not run: ${state}`)
  try {
    return await askStatement(endpoint, statement, PATIENCE_MS)
  } catch (error) {
    if (error instanceof NotAStatement) throw usageError(...NOT_A_STATEMENT[error.what])
    throw runError(`${id}: ${error instanceof Error ? error.message : error}`)
  }
}

const NOT_A_STATEMENT: Record<NotAStatement['what'], [string, string]> = {
  empty: ['the statement is empty', "As in: scalelab sql 'SELECT count(*) FROM orders'"],
  several: ['one statement at a time', 'Give each to a scalelab sql of its own'],
  copy: ['what COPY sends or takes is no rows, and cannot be shown', 'Ask for the rows: SELECT ... FROM ...'],
}

async function primaryOf(members: readonly Member[]): Promise<string> {
  const cluster = new Cluster(members)
  const primary = await cluster.primary().finally(() => cluster.close())
  if (primary === null) {
    throw cluster.noPrimary('Name a server: --node standby-1, or scalelab failover --resume')
  }
  return primary.id
}
