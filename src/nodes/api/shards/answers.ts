import { type ApiAnswer, problem } from '../answer.js'
import { Overloaded } from '../database/connections.js'
import { BadRequest } from '../database/fields.js'
import { type ShardWriteOutcome, Unserved } from './key-requests.js'
import type { Router } from './router.js'

const REFUSED = ['X-Write-Outcome', 'refused']
const LATER = ['Retry-After', '1']

/** What is said of every request: who served it, and if nobody did, why, and what became of a write. */
export class Answers {
  readonly #router: Router

  constructor(router: Router) {
    this.#router = router
  }

  /** The answer of a read. */
  async ofRead(read: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
    try {
      return await read()
    } catch (error) {
      if (error instanceof BadRequest) return problem(400, error.message)
      if (error instanceof Overloaded) return problem(503, error.message, LATER)
      if (error instanceof Unserved) {
        const at = error.shard === undefined ? [] : this.servedBy(error.shard)
        return problem(503, error.message, [...LATER, ...at])
      }
      throw error
    }
  }

  /** The answer of a write whose values may be wrong. */
  async ofWrite(write: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error
      return problem(400, error.message, REFUSED)
    }
  }

  /** Of a write that was not made, or perhaps was. */
  failed({ kind, reason, shard }: Exclude<ShardWriteOutcome, { kind: 'done' }>): ApiAnswer {
    return problem(503, reason, [
      'X-Write-Outcome',
      kind,
      ...LATER,
      ...(shard === undefined ? [] : this.servedBy(shard)),
    ])
  }

  /**
   * Headers of a write.
   * @param shards that had a part in it
   */
  writtenBy(write: Extract<ShardWriteOutcome, { kind: 'done' }>, shards = [write.node]): string[] {
    const { status, node, lsn, replayed } = write
    const headers = ['X-DB-Node', node, ...this.servedBy(...shards), ...(status < 400 ? ['X-LSN', lsn] : REFUSED)]
    if (replayed) headers.push('Idempotency-Replayed', 'true')
    return headers
  }

  /** Headers that say who answered, and by which map. */
  servedBy(...shards: string[]): string[] {
    return ['X-Shard', shards.join(','), 'X-Map-Version', String(this.#router.version)]
  }
}
