import type { Statement } from './connection.js'

/** Orders of a user and groups of events in an answer, at most. */
const LISTED = 100

const PRODUCT = `json_build_object('product_id', product_id, 'name', name, 'price', price, 'stock', coalesce(stock, 0))`
const ORDER = `json_build_object('order_id', order_id, 'user_id', user_id, 'product_id', product_id,
    'quantity', quantity, 'amount', amount, 'created_at', created_at)`

/** Each gives at most one row of one column: the answer as JSON text. */
const QUERIES = {
  /** $1 product. */
  product: `SELECT ${PRODUCT} AS json FROM products LEFT JOIN inventory USING (product_id) WHERE product_id = $1::text`,

  /** $1 limit, $2 offset. */
  products: `SELECT coalesce(json_agg(${PRODUCT} ORDER BY product_id), '[]') AS json FROM (
    SELECT product_id, name, price, stock FROM products LEFT JOIN inventory USING (product_id)
    ORDER BY product_id LIMIT $1::integer OFFSET $2::integer
  ) AS page`,

  /** $1 product. */
  inventory: `SELECT json_build_object('product_id', product_id, 'stock', stock, 'updated_at', updated_at) AS json
  FROM inventory WHERE product_id = $1::text`,

  /** $1 order. */
  order: `SELECT ${ORDER} AS json FROM orders WHERE order_id = $1::bigint`,

  /** $1 user; the latest first. */
  orders: `SELECT coalesce(json_agg(${ORDER} ORDER BY order_id DESC), '[]') AS json FROM (
    SELECT * FROM orders WHERE user_id = $1::text ORDER BY order_id DESC LIMIT ${LISTED}
  ) AS latest`,

  /** $1 user. */
  session: `SELECT json_build_object('user_id', user_id, 'version', version, 'data', data, 'updated_at', updated_at) AS json
  FROM user_sessions WHERE user_id = $1::text`,

  /** $1 limit. */
  analytics: `SELECT coalesce(json_agg(json_build_object('kind', kind, 'product_id', product_id, 'events', events)), '[]') AS json
  FROM (
    SELECT kind, product_id, count(*) AS events FROM analytics GROUP BY kind, product_id
    ORDER BY events DESC, kind, product_id LIMIT $1::integer
  ) AS counts`,
} as const

export type ReadName = keyof typeof QUERIES
export type Reads = Record<ReadName, Statement>

/**
 * The statements of all reads.
 * @param queryMs what each of them takes longer inside the database, in milliseconds; its connection is taken so long
 */
export function reads(queryMs: number): Reads {
  const entries = Object.entries(QUERIES).map(([name, query]) => {
    const text =
      queryMs === 0
        ? query
        : `SELECT json FROM (SELECT pg_sleep(${queryMs / 1_000})) AS pause LEFT JOIN LATERAL (${query}) AS answer ON true`
    return [name, { name: `read-${name}`, text }]
  })
  return Object.fromEntries(entries) as Reads
}
