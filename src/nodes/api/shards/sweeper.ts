import type { Router } from './router.js'
import type { ShardClient } from './shard.js'
import type { Transfer, Transfers } from './transfers.js'

/** Between two sweeps, in milliseconds. */
const EVERY = 1_000
/** How long one transfer is tried, in milliseconds; the next sweep tries again. */
const PATIENCE = 1_000

/** Debits of an instance that died, or could not reach the payee: older than that of one at work. */
const PENDING = {
  name: 'pending-transfers',
  text: `SELECT transfer_id, user_id, peer, amount FROM transfers
WHERE state = 'pending' AND side = 'debit' AND created_at < clock_timestamp() - interval '2 s'
  AND (SELECT state FROM slots WHERE slots.slot = transfers.slot) IN ('here', 'leaving', 'held')
ORDER BY created_at LIMIT 100`,
}

/** Ends transfers that were left half-way, by this instance or another. Several may do so at once. */
export class Sweeper {
  readonly #router: Router
  readonly #transfers: Transfers

  constructor(router: Router, transfers: Transfers) {
    this.#router = router
    this.#transfers = transfers
  }

  /** Sweeps from now on, and never stops: an API instance ends with its process. */
  start(): void {
    setTimeout(async () => {
      await Promise.all(this.#router.shards.filter(({ up }) => up).map((shard) => this.#sweep(shard)))
      this.start()
    }, EVERY)
  }

  async #sweep(shard: ShardClient): Promise<void> {
    try {
      const rows = await shard.read({ statement: PENDING, values: [] }, performance.now() + PATIENCE)
      for (const [transfer_id, from, to, amount] of rows) {
        const transfer = { transfer_id, from, to, amount: Number(amount) } as Transfer
        await this.#transfers.settle(transfer, performance.now() + PATIENCE)
      }
    } catch {
      // the shard went away meanwhile; the next sweep asks it again
    }
  }
}
