import type { IncomingHttpHeaders } from 'node:http'
import { v7 as uuidV7 } from 'uuid'
import { type ApiAnswer, problem } from '../answer.js'
import { BadRequest, integerOf, keyOf, parseObject } from '../database/fields.js'
import type { Resource } from '../shop.js'
import type { Answers } from './answers.js'
import { userOf } from './fields.js'
import type { Transfers } from './transfers.js'

/** Where transfers are made. */
export class TransferResource {
  readonly #transfers: Transfers
  readonly #answers: Answers
  readonly #patienceMs: number

  constructor(transfers: Transfers, answers: Answers, patienceMs: number) {
    this.#transfers = transfers
    this.#answers = answers
    this.#patienceMs = patienceMs
  }

  resource(headers: IncomingHttpHeaders): Resource {
    const missing = problem(404, 'a transfer is asked for by its id and its payer, as the parameter user_id')
    return { get: () => missing, post: (body) => this.#answers.ofWrite(() => this.#make(headers, body)) }
  }

  async #make(headers: IncomingHttpHeaders, body: string): Promise<ApiAnswer> {
    const { from, to, amount } = parseObject(body)
    const asked = {
      transfer_id: uuidV7(),
      from: userOf(from, 'from'),
      to: userOf(to, 'to'),
      amount: integerOf(amount, 'amount', 1, Number.MAX_SAFE_INTEGER),
    }
    if (from === to) throw new BadRequest('from and to must be two users')
    const outcome = await this.#transfers.make(asked, keyOf(headers), performance.now() + this.#patienceMs)
    const { write, transfer } = outcome
    if (write.kind !== 'done') return this.#answers.failed(write)
    if (transfer === undefined)
      return { status: write.status, json: write.json, headers: this.#answers.writtenBy(write) }
    const { state, payeeShard } = outcome
    const shards = payeeShard === '' || payeeShard === write.node ? [write.node] : [write.node, payeeShard]
    if (state === 'undone') {
      return problem(404, `no user ${transfer.to}`, this.#answers.writtenBy({ ...write, status: 404 }, shards))
    }
    const location = ['Location', `/api/transfers/${transfer.transfer_id}?user_id=${encodeURIComponent(transfer.from)}`]
    // accepted, and paid when the payee's shard is back
    const status = state === 'pending' ? 202 : 201
    return {
      status,
      json: JSON.stringify({ ...transfer, state }),
      headers: [...this.#answers.writtenBy(write, shards), ...location],
    }
  }
}
