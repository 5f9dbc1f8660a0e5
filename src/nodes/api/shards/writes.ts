import type { Statement } from '../database/connection.js'
import { ELSEWHERE, IN_TIME, noUser, problemSql, slotGuard } from './guard.js'

/**
 * The statement of a client's write: one transaction of one round trip.
 *
 * $1 is the idempotency key or null, $2 the latest moment to begin in seconds since 1970, $3 the slot; the write's own
 * values begin with $4. `known` is the answer of an earlier request with this key. When two requests with one key arrive
 * at once, the second fails on the primary key of `requests` and is tried again.
 *
 * The result is one row (status, body, replayed), or none: it came too late and nothing was done. Status 421: the slot
 * is not served here, 423: it is held; nothing was done or stored, and the body is the version of the shard's map.
 * @param work common table expressions that act only if there is a row in `go`; the last is outcome(status, body)
 */
function write(kind: string, entity: string, work: string, slots = '$3::smallint', count = '1'): Statement {
  return {
    name: `write-${kind}`,
    text: `WITH ${slotGuard(slots, count)}, known AS MATERIALIZED (
  SELECT requests.status, body FROM requests, verdict
  WHERE request_key = $1::text AND slot = $3::smallint AND verdict.status <> 421
), go AS MATERIALIZED (
  SELECT FROM verdict WHERE status = 200 AND ${IN_TIME} AND NOT EXISTS (SELECT FROM known)
), ${work}, kept AS (
  INSERT INTO requests (request_key, slot, kind, entity, status, body)
  SELECT $1::text, $3::smallint, '${kind}', ${entity}, status, body FROM outcome WHERE $1::text IS NOT NULL
)
SELECT status, body, true AS replayed FROM known
UNION ALL
SELECT status, body, false FROM outcome
UNION ALL
${ELSEWHERE} AND NOT EXISTS (SELECT FROM known)`,
  }
}

const TRANSFER = `jsonb_build_object('transfer_id', $7::uuid, 'from', $4::text, 'to', $5::text, 'amount', $6::bigint`

export const SHARD_WRITES = {
  /** $4 user, $5 version, $6 data or null: keeps what is there. A register that never goes back. */
  session: write(
    'session',
    '$4::text',
    `saved AS (
  UPDATE users SET version = $5::bigint, data = coalesce($6::jsonb, data), updated_at = clock_timestamp()
  WHERE user_id = $4::text AND version < $5::bigint AND EXISTS (SELECT FROM go)
  RETURNING true
), outcome AS (
  SELECT CASE WHEN known THEN 200 ELSE 404 END AS status, CASE WHEN known
    THEN jsonb_build_object('user_id', $4::text, 'version', $5::bigint, 'applied', EXISTS (SELECT FROM saved))
    ELSE ${noUser('$4::text')} END AS body
  FROM go, LATERAL (SELECT EXISTS (SELECT FROM users WHERE user_id = $4::text) AS known) AS account
)`,
  ),

  /** $4 user, $5 name, $6 balance. */
  user: write(
    'user',
    '$4::text',
    `created AS (
  INSERT INTO users (user_id, slot, name, balance) SELECT $4::text, $3::smallint, $5::text, $6::bigint FROM go
  ON CONFLICT DO NOTHING
  RETURNING user_id, name, balance, version, created_at
), outcome AS (
  SELECT 201 AS status, to_jsonb(created) AS body FROM created
  UNION ALL
  SELECT 409, ${problemSql("'there is a user ' || $4::text || ' already'")} FROM go WHERE NOT EXISTS (SELECT FROM created)
)`,
  ),

  /** $4 user, $5 product, $6 quantity, $7 order. */
  order: write(
    'order',
    '$7::text',
    `placed AS (
  INSERT INTO orders (order_id, slot, request_key, user_id, product_id, quantity, amount)
  SELECT $7::text::uuid, $3::smallint, $1::text, user_id, product_id, $6::integer, price * $6::integer
  FROM go, users, products WHERE user_id = $4::text AND product_id = $5::text
  RETURNING order_id, user_id, product_id, quantity, amount, created_at
), outcome AS (
  SELECT 201 AS status, to_jsonb(placed) AS body FROM placed
  UNION ALL
  SELECT 404, CASE WHEN EXISTS (SELECT FROM users WHERE user_id = $4::text)
    THEN ${problemSql("'no product ' || $5::text")} ELSE ${noUser('$4::text')} END
  FROM go WHERE NOT EXISTS (SELECT FROM placed)
)`,
  ),

  /** First step of a transfer between shards, at the payer's. $4 payer, $5 payee, $6 amount, $7 transfer. */
  debit: write(
    'transfer',
    '$7::uuid::text',
    `taken AS (
  UPDATE users SET balance = balance - $6::bigint
  WHERE user_id = $4::text AND balance >= $6::bigint AND EXISTS (SELECT FROM go)
  RETURNING user_id
), noted AS (
  INSERT INTO transfers (transfer_id, side, slot, user_id, peer, amount, state)
  SELECT $7::uuid, 'debit', $3::smallint, user_id, $5::text, $6::bigint, 'pending' FROM taken
), outcome AS (
  SELECT 201 AS status, ${TRANSFER}, 'state', 'pending') AS body FROM taken
  UNION ALL
  SELECT CASE WHEN known THEN 409 ELSE 404 END,
    CASE WHEN known THEN ${problemSql("'the balance is too low'")} ELSE ${noUser('$4::text')} END
  FROM go, LATERAL (SELECT EXISTS (SELECT FROM users WHERE user_id = $4::text) AS known) AS account
  WHERE NOT EXISTS (SELECT FROM taken)
)`,
  ),

  /** A transfer within one shard. As debit, and $8 the payee's slot. Both are locked first, always in the same order. */
  transfer: {
    ...write(
      'transfer',
      '$7::uuid::text',
      `parties AS MATERIALIZED (
  SELECT user_id, balance FROM users WHERE user_id IN ($4::text, $5::text) AND EXISTS (SELECT FROM go)
  ORDER BY user_id FOR NO KEY UPDATE
), able AS MATERIALIZED (
  SELECT WHERE (SELECT count(*) FROM parties) = 2
    AND (SELECT balance FROM parties WHERE user_id = $4::text) >= $6::bigint
), moved AS (
  UPDATE users SET balance = balance + CASE user_id WHEN $4::text THEN -$6::bigint ELSE $6::bigint END
  WHERE user_id IN ($4::text, $5::text) AND EXISTS (SELECT FROM able)
), noted AS (
  INSERT INTO transfers (transfer_id, side, slot, user_id, peer, amount, state)
  SELECT $7::uuid, side, slot, user_id, peer, $6::bigint, 'done' FROM able, (VALUES
    ('debit', $3::smallint, $4::text, $5::text), ('credit', $8::smallint, $5::text, $4::text)
  ) AS sides (side, slot, user_id, peer)
), outcome AS (
  SELECT 201 AS status, ${TRANSFER}, 'state', 'done') AS body FROM able
  UNION ALL
  SELECT CASE WHEN missing IS NULL THEN 409 ELSE 404 END,
    CASE WHEN missing IS NULL THEN ${problemSql("'the balance is too low'")} ELSE ${noUser('missing')} END
  FROM go LEFT JOIN LATERAL (
    SELECT missing FROM (VALUES ($4::text), ($5::text)) AS asked (missing)
    WHERE NOT EXISTS (SELECT FROM parties WHERE user_id = missing) LIMIT 1
  ) AS unknown ON true
  WHERE NOT EXISTS (SELECT FROM able)
)`,
      '$3::smallint, $8::smallint',
      'CASE WHEN $3::smallint = $8::smallint THEN 1 ELSE 2 END',
    ),
    name: 'write-transfer-within',
  },
} as const satisfies Record<string, Statement>
