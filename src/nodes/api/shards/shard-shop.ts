import type { IncomingHttpHeaders } from 'node:http'
import { v7 as uuidV7 } from 'uuid'
import { type ApiAnswer, problem } from '../answer.js'
import type { Statement, Value } from '../database/connection.js'
import { BadRequest, ID, idOf, integerOf, integerParameter, keyOf, parseObject } from '../database/fields.js'
import type { Resource } from '../shop.js'
import { Answers } from './answers.js'
import { USER_ID, UUID, userOf, uuidOf } from './fields.js'
import { Gatherer, merge } from './gather.js'
import { DOWN_PATIENCE, KeyRequests, Unserved } from './key-requests.js'
import { GATHERED_READS, KEY_READS, REFERENCE_READS } from './reads.js'
import type { Router } from './router.js'
import { ShardDown } from './shard.js'
import { Sweeper } from './sweeper.js'
import { TransferResource } from './transfer-resource.js'
import { Transfers } from './transfers.js'
import { SHARD_WRITES } from './writes.js'

const PATH = /^\/api\/(productos|products|users|orders|sessions|transfers)(?:\/([^/]+))?\/?$/
/** After every order that there can be: its version is none. */
const LATEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1_000
const MAX_OFFSET = 1_000_000_000

/** The shop with its data on shards, by the user: what is one user's is on one shard, the rest is gathered from all. */
export class ShardShop {
  readonly #router: Router
  readonly #patienceMs: number
  readonly #keys: KeyRequests
  readonly #gatherer: Gatherer
  readonly #answers: Answers
  readonly #transfers: TransferResource
  readonly #sweeper: Sweeper

  /** @param patienceMs how long a request waits for slots that move and, if it is a write, for a shard that is down */
  constructor(router: Router, patienceMs: number) {
    this.#router = router
    this.#patienceMs = patienceMs
    this.#keys = new KeyRequests(router, patienceMs)
    this.#gatherer = new Gatherer(router, patienceMs)
    this.#answers = new Answers(router)
    const transfers = new Transfers(router, this.#keys)
    this.#transfers = new TransferResource(transfers, this.#answers, patienceMs)
    this.#sweeper = new Sweeper(router, transfers)
  }

  /** Takes up transfers that were left half-way, from now on. */
  sweep(): void {
    this.#sweeper.start()
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
        return id === undefined ? this.#transfers.resource(headers) : { get: () => this.#transfer(id, query) }
    }
  }

  #session(user: string, headers: IncomingHttpHeaders): Resource {
    return {
      get: () => this.#ofUser('session', user, `no session ${user}`),
      put: (body) =>
        this.#write(headers, SHARD_WRITES.session, () => {
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
        this.#write(headers, SHARD_WRITES.user, () => {
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
        if (user !== null) return this.#ordersOf(user)
        return this.#list('orders', 'descending', query, (parameters) => {
          const before = parameters.get('before')
          return before === null ? LATEST : uuidOf(before, 'the parameter before')
        })
      },
      post: (body) =>
        this.#write(headers, SHARD_WRITES.order, () => {
          const { user_id, product_id, quantity = 1 } = parseObject(body)
          const user = userOf(user_id, 'user_id')
          return [user, idOf(product_id, 'product_id'), integerOf(quantity, 'quantity', 1), uuidV7()]
        }),
    }
  }

  #ordersOf(user: string): Promise<ApiAnswer> {
    return this.#answers.ofRead(() => this.#ofUser('orders', userOf(user, 'the parameter user_id'), `no user ${user}`))
  }

  /** What one user's shard knows of the user, with values of the statement after the user. */
  #ofUser(name: keyof typeof KEY_READS, user: string, missing: string, ...values: Value[]): Promise<ApiAnswer> {
    return this.#answers.ofRead(async () => {
      if (!USER_ID.test(user)) {
        return problem(404, missing)
      }
      const { json, shard } = await this.#keys.read(user, KEY_READS[name], [user, ...values])
      const headers = ['X-DB-Node', shard, ...this.#answers.servedBy(shard)]
      return json === undefined ? problem(404, missing, headers) : { status: 200, json, headers }
    })
  }

  #list(
    name: 'users' | 'orders',
    order: 'ascending' | 'descending',
    query: string,
    start: (parameters: URLSearchParams) => string,
  ): Promise<ApiAnswer> {
    return this.#answers.ofRead(async () => {
      const parameters = new URLSearchParams(query)
      const limit = integerParameter(parameters.get('limit'), 'limit', DEFAULT_LIMIT, MAX_LIMIT)
      const { rows, shards } = await this.#gatherer.gather(GATHERED_READS[name], [start(parameters), limit])
      return { status: 200, json: merge(rows, order, limit), headers: this.#answers.servedBy(...shards) }
    })
  }

  #order(id: string): Promise<ApiAnswer> {
    return this.#answers.ofRead(async () => {
      if (!UUID.test(id)) return problem(404, `no order ${id}`)
      const { rows, shards } = await this.#gatherer.gather(GATHERED_READS.order, [id], true)
      const [found] = rows
      if (found === undefined) return problem(404, `no order ${id}`, this.#answers.servedBy(...shards))
      return {
        status: 200,
        json: found.json,
        headers: ['X-DB-Node', found.shard, ...this.#answers.servedBy(found.shard)],
      }
    })
  }

  #transfer(id: string, query: string): Promise<ApiAnswer> {
    const user = new URLSearchParams(query).get('user_id')
    const missing = `no transfer ${id} by ${user}`
    if (user === null)
      return this.#answers.ofRead(() => Promise.reject(new BadRequest('the parameter user_id must be given')))
    return UUID.test(id) ? this.#ofUser('transfer', user, missing, id) : Promise.resolve(problem(404, missing))
  }

  #product(id: string): Promise<ApiAnswer> {
    const missing = `no product ${id}`
    if (!ID.test(id)) return Promise.resolve(problem(404, missing))
    return this.#answers.ofRead(() => this.#fromAny(REFERENCE_READS.product, [id], missing))
  }

  #productList(query: string): Promise<ApiAnswer> {
    return this.#answers.ofRead(() => {
      const parameters = new URLSearchParams(query)
      const limit = integerParameter(parameters.get('limit'), 'limit', DEFAULT_LIMIT, MAX_LIMIT)
      const offset = integerParameter(parameters.get('offset'), 'offset', 0, MAX_OFFSET)
      return this.#fromAny(REFERENCE_READS.products, [limit, offset], 'no products')
    })
  }

  /** From whichever shard is next. */
  async #fromAny(statement: Statement, values: Value[], missing: string): Promise<ApiAnswer> {
    for (const deadline = performance.now() + DOWN_PATIENCE; ; ) {
      const shard = this.#router.nextUp()
      try {
        if (shard === undefined) throw new ShardDown('no shard answers')
        const [row] = await shard.read({ statement, values }, deadline)
        const json = row?.[0]
        const headers = ['X-DB-Node', shard.id, ...this.#answers.servedBy(shard.id)]
        return json == null ? problem(404, missing, headers) : { status: 200, json, headers }
      } catch (error) {
        if (!(error instanceof ShardDown)) throw error
        if (performance.now() >= deadline) throw new Unserved(error.message, shard?.id)
        await this.#router.news(10)
      }
    }
  }

  /** @param values of the statement from the fourth on; the first is the user */
  async #write(
    headers: IncomingHttpHeaders,
    statement: Statement,
    values: () => [user: string, ...rest: Value[]],
  ): Promise<ApiAnswer> {
    return await this.#answers.ofWrite(async () => {
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
      if (outcome.kind !== 'done') return this.#answers.failed(outcome)
      const { status, json } = outcome
      const location = status === 201 ? locationOf(statement, json) : []
      return { status, json, headers: [...this.#answers.writtenBy(outcome), ...location] }
    })
  }
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
  if (statement === SHARD_WRITES.order) return ['Location', `/api/orders/${order_id}`]
  return ['Location', `/api/users/${encodeURIComponent(user_id)}`]
}
