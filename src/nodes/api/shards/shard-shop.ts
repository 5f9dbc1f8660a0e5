import type { IncomingHttpHeaders } from 'node:http'
import { type Answer, problem } from '../answer.js'
import type { Statement, Value } from '../database/connection.js'
import { Overloaded } from '../database/connections.js'
import { BadRequest, ID, idOf, integerOf, integerParameter, parseObject } from '../database/fields.js'
import { keyOf } from '../database/idempotency-key.js'
import type { Resource } from '../shop.js'
import { Gatherer, merge } from './gather.js'
import { DOWN_PATIENCE, KeyRequests, Unserved, type WriteOutcome } from './key-requests.js'
import { GATHERED_READS, KEY_READS, REFERENCE_READS } from './reads.js'
import type { Router } from './router.js'
import { ShardDown } from './shard.js'
import { Sweeper } from './sweeper.js'
import { Transfers } from './transfers.js'
import { UuidV7 } from './uuid-v7.js'
import { WRITES } from './writes.js'

const PATH = /^\/api\/(productos|products|users|orders|sessions|transfers)(?:\/([^/]+))?\/?$/
/** As other ids; braces may be around the part that decides the slot. */
const USER_ID = /^[\w.{}-]{1,50}$/
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** After every order that there can be: its version is none. */
const LATEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1_000
const MAX_OFFSET = 1_000_000_000

const REFUSED = ['X-Write-Outcome', 'refused']
const LATER = ['Retry-After', '1']

/** The shop with its data on shards, by the user: what is one user's is on one shard, the rest is gathered from all. */
export class ShardShop {
  readonly #router: Router
  readonly #patienceMs: number
  readonly #keys: KeyRequests
  readonly #gatherer: Gatherer
  readonly #transfers: Transfers
  readonly #uuids = new UuidV7()

  /** @param patienceMs how long a request waits for slots that move and, if it is a write, for a shard that is down */
  constructor(router: Router, patienceMs: number) {
    this.#router = router
    this.#patienceMs = patienceMs
    this.#keys = new KeyRequests(router, patienceMs)
    this.#gatherer = new Gatherer(router, patienceMs)
    this.#transfers = new Transfers(router, this.#keys)
  }

  /** Takes up transfers that were left half-way, from now on. */
  sweep(): void {
    new Sweeper(this.#router, this.#transfers).start()
  }

  /** The resource at a path, or undefined: there is none. */
  resource(path: string, query: string, headers: IncomingHttpHeaders): Resource | undefined {
    const match = PATH.exec(path)
    if (match === null) return undefined
    const id = match[2] === undefined ? undefined : decoded(match[2])
    switch (match[1]) {
      case 'productos':
      case 'products':
        return id === undefined ? { get: () => this.#productList(query) } : { get: () => this.#product(id) }
      case 'users':
        return id === undefined ? this.#users(query, headers) : { get: () => this.#ofUser('user', id, `no user ${id}`) }
      case 'orders':
        return id === undefined ? this.#orders(query, headers) : { get: () => this.#order(id) }
      case 'sessions':
        return id === undefined ? undefined : this.#session(id, headers)
      default:
        return id === undefined ? this.#transferList(headers) : { get: () => this.#transfer(id, query) }
    }
  }

  #session(user: string, headers: IncomingHttpHeaders): Resource {
    return {
      get: () => this.#ofUser('session', user, `no session ${user}`),
      put: (body) =>
        this.#write(headers, WRITES.session, () => {
          const { version, data } = parseObject(body)
          if (data !== undefined && (typeof data !== 'object' || data === null)) {
            throw new BadRequest('data must be a JSON object or array')
          }
          const json = data === undefined ? null : JSON.stringify(data)
          return [userOf(user, 'user_id'), integerOf(version, 'version', 0, Number.MAX_SAFE_INTEGER), json]
        }),
    }
  }

  #users(query: string, headers: IncomingHttpHeaders): Resource {
    return {
      get: () =>
        this.#list('users', 'ascending', query, (parameters) => {
          const after = parameters.get('after')
          return after === null ? '' : userOf(after, 'the parameter after')
        }),
      post: (body) =>
        this.#write(headers, WRITES.user, () => {
          const { user_id, name = user_id, balance = 0 } = parseObject(body)
          const user = userOf(user_id, 'user_id')
          if (typeof name !== 'string' || name.trim() === '' || name.length > 200) {
            throw new BadRequest('name must be a text of 1 to 200 characters')
          }
          return [user, name, integerOf(balance, 'balance', 0, Number.MAX_SAFE_INTEGER)]
        }),
    }
  }

  #orders(query: string, headers: IncomingHttpHeaders): Resource {
    return {
      get: () => {
        const user = new URLSearchParams(query).get('user_id')
        if (user !== null) return this.#ofUser('orders', user, `no user ${user}`)
        return this.#list('orders', 'descending', query, (parameters) => {
          const before = parameters.get('before')
          return before === null ? LATEST : uuidOf(before, 'the parameter before')
        })
      },
      post: (body) =>
        this.#write(headers, WRITES.order, () => {
          const { user_id, product_id, quantity = 1 } = parseObject(body)
          const user = userOf(user_id, 'user_id')
          return [user, idOf(product_id, 'product_id'), integerOf(quantity, 'quantity', 1), this.#uuids.next()]
        }),
    }
  }

  #transferList(headers: IncomingHttpHeaders): Resource {
    const missing = problem(404, 'a transfer is asked for by its id and its payer, as the parameter user_id')
    return { get: () => missing, post: (body) => this.#makeTransfer(headers, body) }
  }

  /** What one user's shard knows of the user, with values of the statement after the user. */
  #ofUser(name: keyof typeof KEY_READS, user: string, missing: string, ...values: Value[]): Promise<Answer> {
    return this.#answered(async () => {
      if (!USER_ID.test(user)) {
        if (name === 'orders') throw new BadRequest(`the parameter user_id ${MUST_BE_USER}`)
        return problem(404, missing)
      }
      const { json, shard } = await this.#keys.read(user, KEY_READS[name], [user, ...values])
      const headers = ['X-DB-Node', shard, ...this.#servedBy(shard)]
      return json === undefined ? problem(404, missing, headers) : { status: 200, json, headers }
    })
  }

  #list(
    name: 'users' | 'orders',
    order: 'ascending' | 'descending',
    query: string,
    start: (parameters: URLSearchParams) => string,
  ): Promise<Answer> {
    return this.#answered(async () => {
      const parameters = new URLSearchParams(query)
      const limit = integerParameter(parameters.get('limit'), 'limit', DEFAULT_LIMIT, MAX_LIMIT)
      const { rows, shards } = await this.#gatherer.gather(GATHERED_READS[name], [start(parameters), limit])
      return { status: 200, json: merge(rows, order, limit), headers: this.#servedBy(...shards) }
    })
  }

  #order(id: string): Promise<Answer> {
    return this.#answered(async () => {
      if (!UUID.test(id)) return problem(404, `no order ${id}`)
      const { rows, shards } = await this.#gatherer.gather(GATHERED_READS.order, [id], true)
      const [found] = rows
      if (found === undefined) return problem(404, `no order ${id}`, this.#servedBy(...shards))
      return { status: 200, json: found.json, headers: ['X-DB-Node', found.shard, ...this.#servedBy(found.shard)] }
    })
  }

  #transfer(id: string, query: string): Promise<Answer> {
    const user = new URLSearchParams(query).get('user_id')
    const missing = `no transfer ${id} by ${user}`
    if (user === null)
      return this.#answered(() => Promise.reject(new BadRequest('the parameter user_id must be given')))
    return UUID.test(id) ? this.#ofUser('transfer', user, missing, id) : Promise.resolve(problem(404, missing))
  }

  #product(id: string): Promise<Answer> {
    const missing = `no product ${id}`
    if (!ID.test(id)) return Promise.resolve(problem(404, missing))
    return this.#answered(() => this.#fromAny(REFERENCE_READS.product, [id], missing))
  }

  #productList(query: string): Promise<Answer> {
    return this.#answered(() => {
      const parameters = new URLSearchParams(query)
      const limit = integerParameter(parameters.get('limit'), 'limit', DEFAULT_LIMIT, MAX_LIMIT)
      const offset = integerParameter(parameters.get('offset'), 'offset', 0, MAX_OFFSET)
      return this.#fromAny(REFERENCE_READS.products, [limit, offset], 'no products')
    })
  }

  /** From whichever shard is next. */
  async #fromAny(statement: Statement, values: Value[], missing: string): Promise<Answer> {
    for (const deadline = performance.now() + DOWN_PATIENCE; ; ) {
      const shard = this.#router.nextUp()
      try {
        if (shard === undefined) throw new ShardDown('no shard answers')
        const [row] = await shard.read({ statement, values }, deadline)
        const json = row?.[0]
        const headers = ['X-DB-Node', shard.id, ...this.#servedBy(shard.id)]
        return json == null ? problem(404, missing, headers) : { status: 200, json, headers }
      } catch (error) {
        if (!(error instanceof ShardDown)) throw error
        if (performance.now() >= deadline) throw new Unserved(error.message, shard?.id)
        await this.#router.news(10)
      }
    }
  }

  /** The answer of a read. */
  async #answered(read: () => Promise<Answer>): Promise<Answer> {
    try {
      return await read()
    } catch (error) {
      if (error instanceof BadRequest) return problem(400, error.message)
      if (error instanceof Overloaded) return problem(503, error.message, LATER)
      if (error instanceof Unserved) {
        const at = error.shard === undefined ? [] : this.#servedBy(error.shard)
        return problem(503, error.message, [...LATER, ...at])
      }
      throw error
    }
  }

  /** @param values of the statement from the fourth on; the first is the user */
  async #write(
    headers: IncomingHttpHeaders,
    statement: Statement,
    values: () => [user: string, ...rest: Value[]],
  ): Promise<Answer> {
    return await this.#changed(async () => {
      const checked = values()
      const key = keyOf(headers)
      const deadline = performance.now() + this.#patienceMs
      const query = { statement, values: checked }
      const outcome = await this.#keys.write(checked[0], {
        query: () => query,
        key,
        repeatable: key !== null,
        deadline,
      })
      if (outcome.kind !== 'done') return this.#failed(outcome)
      const { status, json } = outcome
      const location = status === 201 ? locationOf(statement, json) : []
      return { status, json, headers: [...this.#writtenBy(outcome), ...location] }
    })
  }

  async #makeTransfer(headers: IncomingHttpHeaders, body: string): Promise<Answer> {
    return await this.#changed(async () => {
      const { from, to, amount } = parseObject(body)
      const asked = {
        transfer_id: this.#uuids.next(),
        from: userOf(from, 'from'),
        to: userOf(to, 'to'),
        amount: integerOf(amount, 'amount', 1, Number.MAX_SAFE_INTEGER),
      }
      if (from === to) throw new BadRequest('from and to must be two users')
      const outcome = await this.#transfers.make(asked, keyOf(headers), performance.now() + this.#patienceMs)
      const { write, transfer } = outcome
      if (write.kind !== 'done') return this.#failed(write)
      if (transfer === undefined) return { status: write.status, json: write.json, headers: this.#writtenBy(write) }
      const { state, payeeShard } = outcome
      const shards = payeeShard === '' || payeeShard === write.node ? [write.node] : [write.node, payeeShard]
      if (state === 'undone') {
        return problem(404, `no user ${transfer.to}`, this.#writtenBy({ ...write, status: 404 }, shards))
      }
      const location = [
        'Location',
        `/api/transfers/${transfer.transfer_id}?user_id=${encodeURIComponent(transfer.from)}`,
      ]
      // accepted, and paid when the payee's shard is back
      const status = state === 'pending' ? 202 : 201
      return {
        status,
        json: JSON.stringify({ ...transfer, state }),
        headers: [...this.#writtenBy(write, shards), ...location],
      }
    })
  }

  /** The answer of a write whose values may be wrong. */
  async #changed(write: () => Promise<Answer>): Promise<Answer> {
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error
      return problem(400, error.message, REFUSED)
    }
  }

  #failed({ kind, reason, shard }: Exclude<WriteOutcome, { kind: 'done' }>): Answer {
    return problem(503, reason, [
      'X-Write-Outcome',
      kind,
      ...LATER,
      ...(shard === undefined ? [] : this.#servedBy(shard)),
    ])
  }

  #writtenBy(write: Extract<WriteOutcome, { kind: 'done' }>, shards = [write.node]): string[] {
    const { status, node, lsn, replayed } = write
    const headers = ['X-DB-Node', node, ...this.#servedBy(...shards), ...(status < 400 ? ['X-LSN', lsn] : REFUSED)]
    if (replayed) headers.push('Idempotency-Replayed', 'true')
    return headers
  }

  #servedBy(...shards: string[]): string[] {
    return ['X-Shard', shards.join(','), 'X-Map-Version', String(this.#router.version)]
  }
}

const MUST_BE_USER = 'must be 1 to 50 letters, digits, "-", "_", ".", "{" or "}"'

function userOf(value: unknown, name: string): string {
  if (typeof value === 'string' && USER_ID.test(value)) return value
  throw new BadRequest(`${name} ${MUST_BE_USER}`)
}

function uuidOf(value: string, name: string): string {
  if (UUID.test(value)) return value
  throw new BadRequest(`${name} must be a UUID`)
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id // not an encoded id, and so the id of nothing
  }
}

/** Where what was created can be read. */
function locationOf(statement: Statement, json: string): string[] {
  const { order_id, user_id } = JSON.parse(json) as { order_id: string; user_id: string }
  if (statement === WRITES.order) return ['Location', `/api/orders/${order_id}`]
  return ['Location', `/api/users/${encodeURIComponent(user_id)}`]
}
