import type { Value } from '../database/connection.js'
import type { KeyRequests, ShardWriteOutcome } from './key-requests.js'
import type { Router } from './router.js'
import { TRANSFER_STEPS } from './steps.js'
import { SHARD_WRITES } from './writes.js'

/** Money on its way from one user to another. */
export interface Transfer {
  transfer_id: string
  from: string
  to: string
  amount: number
}

/** pending: the payer has paid and the payee has not got it yet; undone: there is no such payee. */
export type TransferState = 'pending' | 'done' | 'undone'

/** What became of a transfer. `write` is that of the payer's debit, which decides whether there is a transfer at all. */
export type TransferOutcome =
  | { write: ShardWriteOutcome; transfer?: undefined }
  | {
      write: Extract<ShardWriteOutcome, { kind: 'done' }>
      transfer: Transfer
      state: TransferState
      payeeShard: string
    }

/**
 * Transfers as a saga with an outbox. Where both users are on one shard, it is one transaction. Else: (1) at the payer's
 * shard the balance goes down and a pending debit is noted, in one transaction; (2) at the payee's the balance goes up
 * and a credit is noted, or a refused one when there is no such user; (3) at the payer's the debit is done, or undone and
 * the amount back. Once (1) is committed the others follow, whoever makes them: each may be repeated, and changes
 * something only once (sweeper.ts takes up what an instance left when it died).
 *
 * Why not two-phase commit: a coordinator that dies leaves locks on both users that nobody may release, and a migration
 * of their slots would wait for it. The price: for a moment the amount is in neither balance, but in `transfers`.
 */
export class Transfers {
  readonly #router: Router
  readonly #keys: KeyRequests

  constructor(router: Router, keys: KeyRequests) {
    this.#router = router
    this.#keys = keys
  }

  /**
   * @param key idempotency key; a transfer that it names is taken up where it stands
   * @param deadline on performance.now()
   */
  async make(asked: Transfer, key: string | null, deadline: number): Promise<TransferOutcome> {
    const { transfer_id, from, to, amount } = asked
    const values: Value[] = [from, to, amount, transfer_id]
    const write = await this.#keys.write(from, {
      query: ({ shard }) => {
        const payee = this.#router.locate(to)
        if (payee?.shard !== shard) return { statement: SHARD_WRITES.debit, values }
        return { statement: SHARD_WRITES.transfer, values: [...values, payee.slot] }
      },
      key,
      repeatable: key !== null,
      deadline,
    })
    if (write.kind !== 'done' || write.status >= 400) return { write }
    const { state, ...transfer } = JSON.parse(write.json) as Transfer & { state: TransferState }
    if (state !== 'pending') return { write, transfer, state, payeeShard: write.node }
    return { write, transfer, ...(await this.settle(transfer, deadline)) }
  }

  /**
   * Brings a transfer whose debit is noted to its end, as far as that goes until the deadline.
   * @returns what it has come to, and the shard of the payee
   */
  async settle(transfer: Transfer, deadline: number): Promise<{ state: TransferState; payeeShard: string }> {
    const { transfer_id, from, to, amount } = transfer
    const step = { key: null, repeatable: true, deadline }
    const credit = await this.#keys.write(to, {
      ...step,
      query: () => ({ statement: TRANSFER_STEPS.credit, values: [transfer_id, to, from, amount] }),
    })
    const payeeShard = credit.kind === 'done' ? credit.node : (credit.shard ?? '')
    if (credit.kind !== 'done') return { state: 'pending', payeeShard }
    const state = JSON.parse(credit.json) === 'done' ? 'done' : 'undone'
    const close = await this.#keys.write(from, {
      ...step,
      query: () => ({ statement: TRANSFER_STEPS.close, values: [transfer_id, state] }),
    })
    // paid is paid; but what has to be given back is not given back yet
    return { state: state === 'undone' && close.kind !== 'done' ? 'pending' : state, payeeShard }
  }
}
