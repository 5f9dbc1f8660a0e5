import pg from 'pg'
import { clientSettings } from '../core/database-login.js'
import type { Endpoint } from './session.js'

/** Rows and characters of an answer that are kept; what comes after is counted. */
const KEPT = { rows: 100_000, characters: 32 * 2 ** 20 }

/** What a server answered to one statement, as it wrote it. */
export interface StatementResult {
  /** In the server's order; several may have one name. */
  columns: { name: string; type: number }[]
  /** A value each column, in PostgreSQL's text form; null is NULL. */
  rows: (string | null)[][]
  /** How many rows came; more than `rows` has when there were too many to keep. */
  count: number
  /** What was done and to how many rows, as in "UPDATE 3". */
  tag: string
  /** What the server said beside it, as in "NOTICE: ...". */
  notices: string[]
}

/** It is not one statement with an answer of rows. */
export class NotAStatement extends Error {
  override readonly name = 'NotAStatement'
  constructor(readonly what: 'empty' | 'several' | 'copy') {
    super(what)
  }
}

/**
 * Asks a server one statement, on a connection of its own.
 *
 * In the extended protocol, which takes one statement and no more: the server itself refuses several. No type is read into
 * JavaScript's, where most would lose something.
 * @throws pg.DatabaseError, NotAStatement, or the error of the connection, that it gave no answer in time among them
 */
export async function askStatement(
  { id, ...login }: Endpoint,
  sql: string,
  timeoutMs: number,
): Promise<StatementResult> {
  const client = new pg.Client(clientSettings({ ...login, application: 'scalelab sql' }))
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter & { stream: { destroy(): void } } }
  const notices: string[] = []
  client.on('notice', ({ severity, message }) => notices.push(`${severity}: ${message}`))
  const lost = new Promise<never>((_resolve, reject) => client.on('error', reject))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${id} gave no answer within ${timeoutMs / 1_000} s`)), timeoutMs)
  })
  let copies = false
  for (const event of ['copyInResponse', 'copyOutResponse']) {
    connection.on(event, () => {
      copies = true
    })
  }
  for (const promise of [lost, late]) promise.catch(() => undefined)
  try {
    await Promise.race([client.connect(), lost, late])
    const answer = await Promise.race([execute(client, sql), lost, late])
    if (copies) throw new NotAStatement('copy')
    if (answer.tag === null) throw new NotAStatement('empty')
    return { ...answer, tag: answer.tag, notices }
  } catch (error) {
    if (copies) throw new NotAStatement('copy')
    throw isSeveral(error) ? new NotAStatement('several') : error
  } finally {
    clearTimeout(timer)
    connection.stream.destroy()
  }
}

/** Told by the place in the server's source: the message may be in any language, and the code is that of any mistake. */
function isSeveral(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '42601' && error.routine === 'exec_parse_message'
}

function execute(
  client: pg.Client,
  text: string,
): Promise<Omit<StatementResult, 'notices' | 'tag'> & { tag: string | null }> {
  const rows: (string | null)[][] = []
  let characters = 0
  let count = 0
  let columns: StatementResult['columns'] = []
  let tag: string | null = null
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
  connection.on('commandComplete', (message: { text: string }) => {
    tag = message.text
  })
  // A statement that gives no row describes its columns all the same.
  connection.on('rowDescription', ({ fields }: { fields: { name: string; dataTypeID: number }[] }) => {
    columns = fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }))
  })
  const config = { text, rowMode: 'array', types: AS_TEXT, queryMode: 'extended' }
  const query = new pg.Query(config)
  return new Promise((resolve, reject) => {
    query.on('row', (row: (string | null)[]) => {
      count += 1
      characters += row.reduce((sum, value) => sum + (value?.length ?? 0), 0)
      if (rows.length < KEPT.rows && characters <= KEPT.characters) rows.push(row)
    })
    query.on('error', reject)
    query.on('end', () => resolve({ columns, rows, count, tag }))
    client.query(query)
  })
}

const AS_TEXT = { getTypeParser: () => (value: string) => value }
