/** A table whose rows live where their user lives, and move with the slot. */
export interface MovedTable {
  name: string
  /** SQL of its key as text, for a row `t`; the trigger note_change of a shard writes the same. */
  key: string
}

/** In the order in which they are copied; all have a column `slot`. */
export const MOVED_TABLES: readonly MovedTable[] = [
  { name: 'users', key: 't.user_id' },
  { name: 'orders', key: 't.order_id::text' },
  { name: 'transfers', key: "t.transfer_id::text || ' ' || t.side" },
  { name: 'requests', key: 't.request_key' },
]

/** States in which a shard serves a slot to readers. */
export const SERVED = "('here', 'leaving', 'held')"
