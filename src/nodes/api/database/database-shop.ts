import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { DatabasesFile } from '../../../core/databases-file.js'
import { CONSISTENCIES } from '../../../core/load.js'
import { parseLsn } from '../../../core/lsn.js'
import { type ApiAnswer, problem } from '../answer.js'
import { parseDraft } from '../products.js'
import type { Resource } from '../shop.js'
import type { PolledCluster } from './cluster.js'
import type { Statement, Value } from './connection.js'
import { Overloaded } from './connections.js'
import { BadRequest, ID, idOf, integerOf, integerParameter, keyOf, optionalId, parseObject } from './fields.js'
import { type Freshness, Reader, Unavailable } from './reader.js'
import { type ReadName, type Reads, reads } from './reads.js'
import { Writer } from './writer.js'
import { WRITES } from './writes.js'

const PATH = /^\/api\/(productos|products|inventory|orders|sessions|analytics)(?:\/([^/]+))?\/?$/
const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1_000
const MAX_OFFSET = 1_000_000_000

const REFUSED = ['X-Write-Outcome', 'refused']
const LATER = ['Retry-After', '1']

/** What a request says besides its path and body. */
interface Asked {
  query: string
  headers: IncomingHttpHeaders
}

/**
 * The shop with its data in PostgreSQL. What must be right is read from the primary unless the request says otherwise
 * (stock, orders); what may lag is read from the standbys (products, sessions, analytics).
 */
export class DatabaseShop {
  readonly #reader: Reader
  readonly #writer: Writer
  readonly #reads: Reads

  constructor(cluster: PolledCluster, file: DatabasesFile, writePatienceMs: number) {
    this.#reader = new Reader(cluster, file.reads, file.query_ms)
    this.#writer = new Writer(cluster, writePatienceMs)
    this.#reads = reads(file.query_ms)
  }

  /** The resource at a path, or undefined: there is none. */
  resource(path: string, query: string, headers: IncomingHttpHeaders): Resource | undefined {
    const match = PATH.exec(path)
    if (match === null) return undefined
    const asked = { query, headers }
    const id = match[2] === undefined ? undefined : decoded(match[2])
    switch (match[1]) {
      case 'productos':
      case 'products':
        return id === undefined ? this.#products(asked) : { get: () => this.#one('product', id, 'eventual', asked) }
      case 'inventory':
        return id === undefined ? undefined : this.#inventory(id, asked)
      case 'orders':
        return id === undefined ? this.#orders(asked) : { get: () => this.#one('order', id, 'strong', asked) }
      case 'sessions':
        return id === undefined ? undefined : this.#session(id, asked)
      default:
        return id === undefined ? this.#analytics(asked) : undefined
    }
  }

  #products(asked: Asked): Resource {
    return {
      get: () => this.#list('products', asked, (parameters) => [limitOf(parameters), offsetOf(parameters)]),
      post: (body) =>
        this.#write(asked, WRITES.product, () => {
          const draft = parseDraft(body)
          if (typeof draft === 'string') throw new BadRequest(draft)
          const { product_id = `ECO-${randomBytes(6).toString('hex')}`, name, price, stock } = draft
          return [product_id, name, price, stock]
        }),
    }
  }

  #inventory(product: string, asked: Asked): Resource {
    return {
      get: () => this.#one('inventory', product, 'strong', asked),
      put: (body) =>
        this.#write(asked, WRITES.inventory, () => {
          const { stock } = parseObject(body)
          return [idOf(product, 'product_id'), integerOf(stock, 'stock', 0)]
        }),
    }
  }

  #orders(asked: Asked): Resource {
    return {
      get: () =>
        this.#list(
          'orders',
          asked,
          (parameters) => [idOf(parameters.get('user_id'), 'the parameter user_id')],
          'strong',
        ),
      post: (body) =>
        this.#write(asked, WRITES.order, () => {
          const { user_id, product_id, quantity = 1 } = parseObject(body)
          return [idOf(product_id, 'product_id'), idOf(user_id, 'user_id'), integerOf(quantity, 'quantity', 1)]
        }),
    }
  }

  #session(user: string, asked: Asked): Resource {
    return {
      get: () => this.#one('session', user, 'eventual', asked),
      put: (body) =>
        this.#write(asked, WRITES.session, () => {
          const { version, data } = parseObject(body)
          if (data !== undefined && (typeof data !== 'object' || data === null)) {
            throw new BadRequest('data must be a JSON object or array')
          }
          const json = data === undefined ? null : JSON.stringify(data)
          return [idOf(user, 'user_id'), integerOf(version, 'version', 0, Number.MAX_SAFE_INTEGER), json]
        }),
    }
  }

  #analytics(asked: Asked): Resource {
    return {
      get: () => this.#list('analytics', asked, (parameters) => [limitOf(parameters)]),
      post: (body) =>
        this.#write(asked, WRITES.analytics, () => {
          const { kind, product_id, user_id } = parseObject(body)
          return [idOf(kind, 'kind'), optionalId(product_id, 'product_id'), optionalId(user_id, 'user_id')]
        }),
    }
  }

  #one(name: ReadName, id: string, usual: Freshness, asked: Asked): Promise<ApiAnswer> | ApiAnswer {
    const missing = problem(404, `no ${name} ${id}`)
    if (!(name === 'order' ? /^\d{1,18}$/ : ID).test(id)) return missing
    return this.#read(name, () => [id], usual, asked, missing)
  }

  #list(name: ReadName, asked: Asked, values: (parameters: URLSearchParams) => Value[], usual: Freshness = 'eventual') {
    return this.#read(name, () => values(new URLSearchParams(asked.query)), usual, asked, problem(404, name))
  }

  async #read(
    name: ReadName,
    values: () => Value[],
    usual: Freshness,
    asked: Asked,
    missing: ApiAnswer,
  ): Promise<ApiAnswer> {
    try {
      const freshness = freshnessOf(asked, usual)
      const after = freshness === 'read-your-writes' ? lsnOf(asked.headers) : undefined
      const query = { statement: this.#reads[name], values: values() }
      const { row, node } = await this.#reader.read(query, freshness, after)
      const json = row?.[0]
      const headers = ['X-DB-Node', node]
      return json == null ? { ...missing, headers } : { status: 200, json, headers }
    } catch (error) {
      if (error instanceof BadRequest) return problem(400, error.message)
      if (error instanceof Unavailable || error instanceof Overloaded) return problem(503, error.message, LATER)
      throw error
    }
  }

  async #write(asked: Asked, statement: Statement, values: () => Value[]): Promise<ApiAnswer> {
    let checked: Value[]
    let key: string | null
    try {
      checked = values()
      key = keyOf(asked.headers)
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error
      return problem(400, error.message, REFUSED)
    }
    const outcome = await this.#writer.write(statement, checked, key)
    if (outcome.kind !== 'done') {
      return problem(503, outcome.reason, ['X-Write-Outcome', outcome.kind, ...LATER])
    }
    const { status, json, node, lsn, replayed } = outcome
    const headers = ['X-DB-Node', node, ...(status < 400 ? ['X-LSN', lsn] : REFUSED)]
    if (replayed) headers.push('Idempotency-Replayed', 'true')
    if (status === 201) headers.push(...locationOf(statement, json))
    return { status, json, headers }
  }
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id // not an encoded id, and so the id of nothing
  }
}

function limitOf(parameters: URLSearchParams): number {
  return integerParameter(parameters.get('limit'), 'limit', DEFAULT_LIMIT, MAX_LIMIT)
}

function offsetOf(parameters: URLSearchParams): number {
  return integerParameter(parameters.get('offset'), 'offset', 0, MAX_OFFSET)
}

/** The header X-Consistency, or the parameter `consistency`; neither: what is usual for the resource. */
function freshnessOf({ query, headers }: Asked, usual: Freshness): Freshness {
  const text = headers['x-consistency'] ?? (query === '' ? null : new URLSearchParams(query).get('consistency'))
  if (text === null || text === 'default') return usual
  const known = CONSISTENCIES.find((one) => one === text)
  if (known === undefined || known === 'default') {
    throw new BadRequest(`consistency must be one of ${CONSISTENCIES.join(', ')}`)
  }
  return known
}

function lsnOf(headers: IncomingHttpHeaders): number | undefined {
  const text = headers['x-after-lsn']
  if (text === undefined) return undefined
  const lsn = parseLsn(String(text))
  if (lsn === undefined) throw new BadRequest('X-After-LSN must be a log position as in 0/1A2B3C4')
  return Number(lsn)
}

/** Where what was created can be read. */
function locationOf(statement: Statement, json: string): string[] {
  if (statement !== WRITES.product && statement !== WRITES.order) return []
  const { product_id, order_id } = JSON.parse(json) as { product_id: string; order_id?: number }
  if (statement === WRITES.order) return ['Location', `/api/orders/${order_id}`]
  return ['Location', `/api/products/${encodeURIComponent(product_id)}`]
}
