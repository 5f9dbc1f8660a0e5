import { type ApiAnswer, problem } from './answer.js'
import { type Products, parseDraft } from './products.js'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1_000

/** What a resource answers, once the request's work is done. HEAD goes with `get`. */
export interface Resource<A = ApiAnswer | Promise<ApiAnswer>> {
  get: () => A
  post?: (body: string) => A
  put?: (body: string) => A
}

const PATH = /^\/api\/(?:productos|products)(?:\/([^/]+))?\/?$/

/** The resource of the shop at a path (without the query), or undefined: there is none. */
export function shopResource(products: Products, path: string, query: string): Resource<ApiAnswer> | undefined {
  const match = PATH.exec(path)
  if (match === null) return undefined
  const id = match[1]
  if (id !== undefined) return { get: () => find(products, id) }
  return { get: () => list(products, query), post: (body) => create(products, body) }
}

function list(products: Products, query: string): ApiAnswer {
  const parameters = new URLSearchParams(query)
  const limit = wholeNumber(parameters.get('limit'), DEFAULT_LIMIT)
  const offset = wholeNumber(parameters.get('offset'), 0)
  if (limit === undefined || limit > MAX_LIMIT)
    return problem(400, `limit must be a whole number from 0 to ${MAX_LIMIT}`)
  if (offset === undefined) return problem(400, 'offset must be a whole number of at least 0')
  return { status: 200, json: products.list(offset, limit), headers: ['X-Total-Count', String(products.size)] }
}

function find(products: Products, encodedId: string): ApiAnswer {
  let id = encodedId
  try {
    id = decodeURIComponent(encodedId)
  } catch {
    // not an encoded id, and so the id of no product
  }
  const json = products.get(id)
  return json === undefined ? problem(404, `no product ${id}`) : { status: 200, json }
}

function create(products: Products, body: string): ApiAnswer {
  const draft = parseDraft(body)
  if (typeof draft === 'string') return problem(400, draft)
  const product = products.add(draft)
  if (product === 'exists') return problem(409, `there is a product ${draft.product_id} already`)
  if (product === 'full') return problem(507, 'this instance keeps no more products')
  const location = `/api/products/${encodeURIComponent(product.product_id)}`
  return { status: 201, json: JSON.stringify(product), headers: ['Location', location] }
}

function wholeNumber(text: string | null, fallback: number): number | undefined {
  if (text === null) return fallback
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
