import type { SlotState } from '../../../core/shard-map.js'
import type { Statement } from '../database/connection.js'

/** Orders of a user in an answer, at most. */
const LISTED = 100

/** States in which a slot's rows may be read. */
export const READABLE: readonly SlotState[] = ['here', 'leaving', 'held']
const READABLE_SQL = `(${READABLE.map((state) => `'${state}'`).join(', ')})`

const SESSION = `json_build_object('user_id', user_id, 'version', version, 'data', data, 'updated_at', updated_at)`
const USER = `json_build_object('user_id', user_id, 'name', name, 'balance', balance, 'version', version,
    'created_at', created_at)`
const ORDER = `json_build_object('order_id', order_id, 'user_id', user_id, 'product_id', product_id,
    'quantity', quantity, 'amount', amount, 'created_at', created_at)`
const PRODUCT = `json_build_object('product_id', product_id, 'name', name, 'price', price)`

/**
 * Reads of one user's rows. Each takes the slot as $1 and gives (state, json, version): how the slot stands, in the same
 * snapshot the answer as JSON text if the slot may be read and there is one, and if not the version of the shard's map.
 */
export const KEY_READS = {
  /** $2 user. */
  session: keyRead('session', `SELECT ${SESSION} AS json FROM users WHERE user_id = $2::text`),

  /** $2 user. */
  user: keyRead('user', `SELECT ${USER} AS json FROM users WHERE user_id = $2::text`),

  /** $2 user; the latest first. */
  orders: keyRead(
    'orders',
    `SELECT coalesce(json_agg(${ORDER} ORDER BY order_id DESC), '[]') AS json FROM (
    SELECT * FROM orders WHERE user_id = $2::text ORDER BY order_id DESC LIMIT ${LISTED}
  ) AS latest`,
  ),

  /** $2 payer, $3 transfer. */
  transfer: keyRead(
    'transfer',
    `SELECT json_build_object('transfer_id', transfer_id, 'from', user_id, 'to', peer, 'amount', amount, 'state', state,
    'created_at', created_at) AS json
  FROM transfers WHERE transfer_id = $3::uuid AND side = 'debit' AND user_id = $2::text`,
  ),
} as const satisfies Record<string, Statement>

/**
 * Reads of rows of all shards. Each gives a row (version of the shard's map, key, json) per row that was found, from one
 * snapshot, or one with nulls when there is none.
 */
export const GATHERED_READS = {
  /** $1 order, of which later ones are left out; $2 limit. The latest first. */
  orders: gatheredRead(
    'orders',
    `SELECT order_id AS key, ${ORDER} AS json FROM orders AS found
    WHERE order_id < $1::uuid AND ${readable('found')} ORDER BY order_id DESC LIMIT $2::integer`,
  ),

  /** $1 order. */
  order: gatheredRead(
    'order',
    `SELECT order_id AS key, ${ORDER} AS json FROM orders AS found WHERE order_id = $1::uuid AND ${readable('found')}`,
  ),

  /** $1 user, of which those before and itself are left out; $2 limit. In the order of the ids. */
  users: gatheredRead(
    'users',
    `SELECT user_id AS key, ${USER} AS json FROM users AS found
    WHERE user_id > $1::text AND ${readable('found')} ORDER BY user_id LIMIT $2::integer`,
  ),
} as const satisfies Record<string, Statement>

/** Reads of rows that every shard has. Each gives at most one row of one column: the answer as JSON text. */
export const REFERENCE_READS = {
  /** $1 product. */
  product: { name: 'read-product', text: `SELECT ${PRODUCT} AS json FROM products WHERE product_id = $1::text` },

  /** $1 limit, $2 offset. */
  products: {
    name: 'read-products',
    text: `SELECT coalesce(json_agg(${PRODUCT} ORDER BY product_id), '[]') AS json FROM (
  SELECT * FROM products ORDER BY product_id LIMIT $1::integer OFFSET $2::integer
) AS page`,
  },
} as const satisfies Record<string, Statement>

function keyRead(name: string, query: string): Statement {
  return {
    name: `read-key-${name}`,
    text: `SELECT place.state, answer.json,
  CASE WHEN place.state NOT IN ${READABLE_SQL} THEN (SELECT version FROM shard_map WHERE id = 1) END
FROM slots AS place LEFT JOIN LATERAL (${query}) AS answer ON place.state IN ${READABLE_SQL}
WHERE place.slot = $1::smallint`,
  }
}

function gatheredRead(name: string, query: string): Statement {
  return {
    name: `read-all-${name}`,
    text: `SELECT map.version, answer.key, answer.json
FROM shard_map AS map LEFT JOIN LATERAL (${query}) AS answer ON true
WHERE map.id = 1`,
  }
}

/** As a subquery, so that rows are looked at in the order asked for and no more of them than needed. */
function readable(rows: string): string {
  return `(SELECT state FROM slots WHERE slots.slot = ${rows}.slot) IN ${READABLE_SQL}`
}
