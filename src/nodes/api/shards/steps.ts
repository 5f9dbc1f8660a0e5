import type { Statement } from '../database/connection.js'
import { ELSEWHERE, IN_TIME, noUser, slotGuard } from './guard.js'

/** A step of a transfer that the client's own request does not name: it may be repeated, and has no key ($1 is null). */
function step(name: string, work: string): Statement {
  return {
    name: `step-${name}`,
    text: `WITH ${slotGuard('$3::smallint', '1')}, go AS MATERIALIZED (
  SELECT FROM verdict WHERE status = 200 AND ${IN_TIME} AND $1::text IS NULL
), ${work}
SELECT status, body, false FROM outcome
UNION ALL
${ELSEWHERE}`,
  }
}

/** Steps after the debit. Each touches one user, answers with status 200 and the state as body, and may be repeated. */
export const TRANSFER_STEPS = {
  /** At the payee's shard. $4 transfer, $5 payee, $6 payer, $7 amount. State 'refused': there is no such user. */
  credit: step(
    'credit',
    `before AS MATERIALIZED (
  SELECT state FROM transfers WHERE transfer_id = $4::uuid AND side = 'credit' AND EXISTS (SELECT FROM go)
), paid AS (
  UPDATE users SET balance = balance + $7::bigint
  WHERE user_id = $5::text AND EXISTS (SELECT FROM go) AND NOT EXISTS (SELECT FROM before)
  RETURNING true
), noted AS (
  INSERT INTO transfers (transfer_id, side, slot, user_id, peer, amount, state)
  SELECT $4::uuid, 'credit', $3::smallint, $5::text, $6::text, $7::bigint,
    CASE WHEN EXISTS (SELECT FROM paid) THEN 'done' ELSE 'refused' END
  FROM go WHERE NOT EXISTS (SELECT FROM before)
  RETURNING state
), outcome AS (
  SELECT 200 AS status, to_jsonb(state) AS body FROM (SELECT state FROM before UNION ALL SELECT state FROM noted) AS credit
)`,
  ),

  /** At the payer's shard. $4 transfer, $5 'done', or 'undone': the payer gets the amount back, and the request failed. */
  close: step(
    'close',
    `closed AS (
  UPDATE transfers SET state = $5::text
  WHERE transfer_id = $4::uuid AND side = 'debit' AND state = 'pending' AND EXISTS (SELECT FROM go)
  RETURNING user_id, peer, amount
), returned AS (
  UPDATE users SET balance = balance + amount FROM closed WHERE users.user_id = closed.user_id AND $5::text = 'undone'
), answered AS (
  UPDATE requests SET status = 404, body = ${noUser('peer')} FROM closed
  WHERE slot = $3::smallint AND kind = 'transfer' AND entity = ($4::uuid)::text AND $5::text = 'undone'
), outcome AS (
  SELECT 200 AS status, to_jsonb($5::text) AS body FROM go
)`,
  ),
} as const satisfies Record<string, Statement>
