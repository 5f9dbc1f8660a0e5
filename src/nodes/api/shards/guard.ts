/**
 * What begins every write: the slots are locked for as long as it lasts, and `verdict` says whether it may go on.
 *
 * The lock waits for a migration that is changing a slot's state, and then gives the new state (EvalPlanQual); the
 * statement itself still sees the rows as they were before. Therefore a slot that has become ours in the meantime is
 * asked for again (423) rather than written without seeing the rows that came with it. The states and what they mean
 * are those of core/shard-map.ts; the trigger of topologies/shard-sql.ts holds every writer to the same.
 * @param slots parameters, in one text; `count` of them are different
 */
export function slotGuard(slots: string, count: string): string {
  return `place AS MATERIALIZED (
  SELECT state, held_until FROM slots WHERE slot IN (${slots}) ORDER BY slot FOR SHARE
), verdict AS MATERIALIZED (
  SELECT CASE
    WHEN count(*) FILTER (WHERE state NOT IN ('away', 'arriving')) < ${count} THEN 421
    WHEN bool_or(state = 'held' AND held_until > clock_timestamp()) THEN 423
    WHEN EXISTS (SELECT FROM slots WHERE slot IN (${slots}) AND state IN ('away', 'arriving')) THEN 423
    ELSE 200 END AS status
  FROM place
)`
}

/** Not served, with the version of the shard's map. */
export const ELSEWHERE = `SELECT status, to_jsonb((SELECT version FROM shard_map WHERE id = 1)), false FROM verdict WHERE status <> 200`
/** $2 is the latest moment to begin, in seconds since 1970. */
export const IN_TIME = 'clock_timestamp() < to_timestamp($2::float8)'

/** The body of a refusal, as SQL. */
export const problemSql = (text: string) => `jsonb_build_object('error', ${text})`
export const noUser = (user: string) => problemSql(`'no user ' || ${user}`)
