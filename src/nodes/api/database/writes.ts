import type { Statement } from './connection.js'

/**
 * The statement of a write: one transaction of one round trip.
 *
 * $1 is the idempotency key or null, $2 the latest moment to begin in seconds since 1970; the write's own values begin
 * with $3. `known` is the answer of an earlier request with this key; it is locked, not only read, so that repeating
 * it waits for the standbys as the commit of a write does: it may have been committed here and nowhere else. When two
 * requests with one key arrive at once, the second fails on the primary key of `requests` and is tried again.
 *
 * The result is one row (status, body, replayed), or none: it came too late and nothing was done.
 * @param work common table expressions that act only if there is a row in `go`; the last is outcome(status, body)
 */
function write(kind: string, entity: string, work: string): Statement {
  return {
    name: `write-${kind}`,
    text: `WITH known AS (
  SELECT status, body FROM requests WHERE request_key = $1::text FOR UPDATE
), go AS MATERIALIZED (
  SELECT FROM (SELECT clock_timestamp() < to_timestamp($2::float8) AS in_time) AS gate
  WHERE in_time AND NOT EXISTS (SELECT FROM known)
), ${work}, kept AS (
  INSERT INTO requests (request_key, kind, entity, status, body)
  SELECT $1::text, '${kind}', ${entity}, status, body FROM outcome WHERE $1::text IS NOT NULL
)
SELECT status, body, true AS replayed FROM known
UNION ALL
SELECT status, body, false FROM outcome`,
  }
}

const problem = (text: string) => `jsonb_build_object('error', ${text})`

export const WRITES = {
  /** $3 user, $4 version, $5 data or null: keeps what is there. A register that never goes back. */
  session: write(
    'session',
    '$3::text',
    `saved AS (
  INSERT INTO user_sessions AS kept (user_id, version, data, updated_at)
  SELECT $3::text, $4::bigint, coalesce($5::jsonb, '{}'), clock_timestamp() FROM go
  ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at,
    data = CASE WHEN $5::jsonb IS NULL THEN kept.data ELSE excluded.data END
  WHERE kept.version < excluded.version
  RETURNING true
), outcome AS (
  SELECT 200 AS status, jsonb_build_object('user_id', $3::text, 'version', $4::bigint,
    'applied', EXISTS (SELECT FROM saved)) AS body FROM go
)`,
  ),

  /** $3 product, $4 stock. */
  inventory: write(
    'inventory',
    '$3::text',
    `changed AS (
  UPDATE inventory SET stock = $4::integer, updated_at = clock_timestamp()
  WHERE product_id = $3::text AND EXISTS (SELECT FROM go)
  RETURNING product_id, stock, updated_at
), outcome AS (
  SELECT 200 AS status, to_jsonb(changed) AS body FROM changed
  UNION ALL
  SELECT 404, ${problem("'no product ' || $3::text")} FROM go WHERE NOT EXISTS (SELECT FROM changed)
)`,
  ),

  /** $3 product, $4 name, $5 price, $6 stock. */
  product: write(
    'product',
    '$3::text',
    `created AS (
  INSERT INTO products (product_id, name, price) SELECT $3::text, $4::text, $5::numeric FROM go
  ON CONFLICT DO NOTHING
  RETURNING product_id, name, price
), stocked AS (
  INSERT INTO inventory (product_id, stock) SELECT product_id, $6::integer FROM created
  RETURNING stock
), outcome AS (
  SELECT 201 AS status, to_jsonb(created) || to_jsonb(stocked) AS body FROM created, stocked
  UNION ALL
  SELECT 409, ${problem("'there is a product ' || $3::text || ' already'")} FROM go
  WHERE NOT EXISTS (SELECT FROM created)
)`,
  ),

  /** $3 product, $4 user, $5 quantity. Who waits for another order of the product looks at the stock it has left. */
  order: write(
    'order',
    '$3::text',
    `taken AS (
  UPDATE inventory SET stock = stock - $5::integer, updated_at = clock_timestamp()
  WHERE product_id = $3::text AND stock >= $5::integer AND EXISTS (SELECT FROM go)
  RETURNING product_id
), placed AS (
  INSERT INTO orders (request_key, user_id, product_id, quantity, amount)
  SELECT $1::text, $4::text, product_id, $5::integer, price * $5::integer FROM taken JOIN products USING (product_id)
  RETURNING order_id, user_id, product_id, quantity, amount, created_at
), outcome AS (
  SELECT 201 AS status, to_jsonb(placed) AS body FROM placed
  UNION ALL
  SELECT CASE WHEN listed THEN 409 ELSE 404 END,
    CASE WHEN listed THEN ${problem("'out of stock'")} ELSE ${problem("'no product ' || $3::text")} END
  FROM go, LATERAL (SELECT EXISTS (SELECT FROM products WHERE product_id = $3::text) AS listed) AS catalogue
  WHERE NOT EXISTS (SELECT FROM placed)
)`,
  ),

  /** $3 kind, $4 product or null, $5 user or null. */
  analytics: write(
    'analytics',
    '$4::text',
    `noted AS (
  INSERT INTO analytics (request_key, kind, product_id, user_id)
  SELECT $1::text, $3::text, $4::text, $5::text FROM go
  RETURNING event_id, kind, product_id, user_id, created_at
), outcome AS (
  SELECT 201 AS status, to_jsonb(noted) AS body FROM noted
)`,
  ),
} as const satisfies Record<string, Statement>
