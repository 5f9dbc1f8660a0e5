import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { closeServer, listen } from './test-server.js'

/** What the server does with the n-th request of a kind (from 0), instead of what is right. */
export interface Lies {
  /** A write that is acknowledged and forgotten. */
  loses?: (n: number) => boolean
  /** A read that returns what the register held before its last write. */
  isOld?: (n: number) => boolean
  /** A write that gets no answer. */
  hangs?: (n: number) => boolean
  /** How a write fails: before or after it was done. */
  fails?: (n: number) => 'refused' | 'unknown' | 'error' | 'reset-before' | 'reset-after' | null
}

/** What really happened, as the server saw it. */
export interface Truth {
  /** Idempotency keys of writes that were done, and of those that arrived at all. */
  done: Set<string>
  arrived: Set<string>
  /** Answers by kind of request. */
  answers: Record<string, number>
  /** The same by the server that answered; of what was gathered from all shards there is none. */
  byNode: Record<string, Record<string, number>>
  /** Reads of a user whose write had been acknowledged; those that returned an older version; those older than a read. */
  checked: number
  stale: number
  backwards: number
  /** Of every read: what was asked of it, and the last LSN that a write of its user was acknowledged with. */
  reads: { consistency: string | undefined; after: string | undefined; lastLsn: string | undefined }[]
  versions: number[]
}

interface Register {
  version: number
  before: number
  acknowledged: number
  seen: number
  lsn: string | undefined
}

const userIn = (order: string): string => (JSON.parse(order) as { user_id: string }).user_id

/**
 * The sample API over registers in memory, on a free port of 127.0.0.1, which can lie. Its truth about stale reads is that
 * of a single client that waits for every answer; with more of them an acknowledgement may still be under way.
 * @param shards over so many of which the users are spread, in turn; 0: there is one server, the primary
 */
export async function startRegisterServer(lies: Lies = {}, shards = 0) {
  const truth: Truth = {
    done: new Set(),
    arrived: new Set(),
    answers: {},
    byNode: {},
    checked: 0,
    stale: 0,
    backwards: 0,
    reads: [],
    versions: [],
  }
  const registers = new Map<string, Register>()
  let position = 0
  let writes = 0
  let reads = 0

  const registerOf = (user: string): Register => {
    const register = registers.get(user) ?? { version: 0, before: 0, acknowledged: 0, seen: 0, lsn: undefined }
    registers.set(user, register)
    return register
  }

  /** Where a user lives: the number at the end of the id says it. */
  const nodeOf = (user: string): string => (shards === 0 ? 'primary' : `shard-${(Number(user.slice(-6)) % shards) + 1}`)

  function reply(
    response: ServerResponse,
    kind: string,
    { status = 200, node = nodeOf('0') as string | null, headers = {} },
    body: object = {},
  ): void {
    truth.answers[kind] = (truth.answers[kind] ?? 0) + 1
    if (node !== null) {
      const counts = truth.byNode[node] ?? {}
      truth.byNode[node] = { ...counts, [kind]: (counts[kind] ?? 0) + 1 }
    }
    response.writeHead(status, {
      'X-Instance-ID': 'api-1',
      ...(node === null ? {} : { 'X-DB-Node': node }),
      ...(shards === 0
        ? {}
        : { 'X-Shard': node ?? Array.from({ length: shards }, (_, i) => `shard-${i + 1}`).join(',') }),
      ...headers,
    })
    response.end(JSON.stringify(body))
  }

  /** Does a write and answers it. @returns its LSN when it was acknowledged */
  function write(
    request: IncomingMessage,
    response: ServerResponse,
    kind: string,
    node: string,
    perform: () => void,
  ): string | undefined {
    const n = writes++
    const key = String(request.headers['idempotency-key'])
    const failure = lies.fails?.(n) ?? null
    truth.arrived.add(key)
    if (lies.hangs?.(n) === true) return undefined
    if (failure === 'reset-before') request.socket.resetAndDestroy()
    else if (failure === 'refused')
      reply(response, kind, { status: 503, node, headers: { 'X-Write-Outcome': 'refused' } })
    if (failure === 'reset-before' || failure === 'refused') return undefined
    if (lies.loses?.(n) !== true) {
      truth.done.add(key)
      perform()
    }
    if (failure === 'reset-after') request.socket.resetAndDestroy()
    else if (failure === 'unknown')
      reply(response, kind, { status: 503, node, headers: { 'X-Write-Outcome': 'unknown' } })
    else if (failure === 'error') reply(response, kind, { status: 502, node })
    if (failure !== null) return undefined
    position += 256
    const lsn = `0/${position.toString(16).toUpperCase()}`
    reply(response, kind, { node, headers: { 'X-LSN': lsn } })
    return lsn
  }

  function writeSession(request: IncomingMessage, response: ServerResponse, user: string, body: string): void {
    const register = registerOf(user)
    const { version } = JSON.parse(body) as { version: number }
    truth.versions.push(version)
    const lsn = write(request, response, 'write', nodeOf(user), () => {
      if (version <= register.version) return
      register.before = register.version
      register.version = version
    })
    if (lsn === undefined) return
    register.acknowledged = Math.max(register.acknowledged, version)
    register.lsn = lsn
  }

  function readSession(request: IncomingMessage, response: ServerResponse, user: string): void {
    const register = registerOf(user)
    const version = lies.isOld?.(reads++) === true ? register.before : register.version
    truth.reads.push({
      consistency: request.headers['x-consistency'] as string | undefined,
      after: request.headers['x-after-lsn'] as string | undefined,
      lastLsn: register.lsn,
    })
    if (register.acknowledged > 0) truth.checked += 1
    if (version < register.acknowledged) truth.stale += 1
    if (version < register.seen) truth.backwards += 1
    register.seen = Math.max(register.seen, version)
    reply(response, 'read', { node: nodeOf(user) }, { user_id: user, version, data: {} })
  }

  function transfer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { from, to, amount } = JSON.parse(body) as { from: string; to: string; amount: number }
    // What the API would refuse is told as it would tell it.
    if (from === to || amount !== 1) reply(response, 'transfer', { status: 400 })
    else write(request, response, 'transfer', nodeOf(from), () => {})
  }

  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part
    })
    request.on('error', () => {})
    request.on('end', () => {
      const [, , entity, id = ''] = (request.url ?? '').split('/')
      if (entity === 'sessions' && request.method === 'PUT') writeSession(request, response, id, body)
      else if (entity === 'sessions') readSession(request, response, id)
      else if (entity === 'transfers') transfer(request, response, body)
      else if (entity === 'orders') write(request, response, 'order', nodeOf(userIn(body)), () => {})
      else if (entity === 'orders?limit=20') reply(response, 'list', { node: null }, { orders: [] })
      else if (entity === 'inventory') reply(response, 'stock', {}, { stock: 5 })
      else reply(response, 'browse', {}, { product_id: id })
    })
  })
  const origin = await listen(server)
  return { origin, truth, close: () => closeServer(server) }
}
