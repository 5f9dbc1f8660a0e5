import type { SlotState } from '../core/shard-map.js'
import type { Shard } from './shard.js'
import { MOVED_TABLES } from './tables.js'

/** Rows that are deleted by one statement. */
const CHUNK_ROWS = 1_000
const CHUNK_MS = 5_000

/**
 * Deletes a shard's rows of slots that are in this state, a chunk at a time. The statement looks at the state itself: what
 * is served is never touched.
 * @param slots of which; all that are in this state without
 * @returns how many there were
 */
export async function dropRows(
  shard: Shard,
  state: Extract<SlotState, 'away' | 'arriving'>,
  slots: readonly number[] | null = null,
): Promise<number> {
  let dropped = 0
  for (const { name } of MOVED_TABLES) {
    while (true) {
      const { gone } = await shard.one<{ gone: number }>(dropFrom(name), [slots, state, CHUNK_ROWS], CHUNK_MS)
      dropped += gone
      if (gone < CHUNK_ROWS) break
    }
  }
  return dropped
}

function dropFrom(name: string): string {
  return `WITH gone AS (
  DELETE FROM ${name} WHERE ctid = ANY(ARRAY(
    SELECT t.ctid FROM ${name} AS t
    WHERE t.slot = ANY(ARRAY(SELECT slot FROM slots WHERE state = $2 AND ($1::smallint[] IS NULL OR slot = ANY($1))))
    LIMIT $3
  )) RETURNING 1
)
SELECT count(*)::integer AS gone FROM gone`
}
