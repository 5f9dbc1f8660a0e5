import type { Consistency, RequestKind } from '../core/load.js'
import type { Flight } from './journal-keeper.js'
import { clientAddress, MAX_CLIENTS } from './mix.js'
import type { HeaderField } from './port.js'
import { headBytes } from './request-bytes.js'
import { isWrite, type Task } from './workload.js'

export interface TaskWriterOptions {
  /** "http://127.0.0.1:8080". */
  origin: string
  /** Sent with every request. */
  headers: readonly HeaderField[]
  consistency: Consistency
  /** Simulated client addresses, taken in turn; 0 for none. */
  clients: number
  /** Idempotency key of request k. */
  keyOf: (k: number) => string
}

/** Writes requests to the sample API down as HTTP/1.1, each for its moment: by far most of the text is the same each time. */
export class TaskWriter {
  /** Headers that every request has, from the end of the request line on. */
  private readonly head: string
  private readonly consistency: string
  private readonly addresses: number

  constructor(private readonly options: TaskWriterOptions) {
    const { headers, origin, consistency } = options
    this.head = headBytes(origin, headers)
    this.consistency = consistency === 'default' ? '' : `X-Consistency: ${consistency}\r\n`
    this.addresses = Math.min(options.clients, MAX_CLIENTS)
  }

  write(k: number, flight: Flight): Buffer {
    const { task, version, afterLsn } = flight
    const user = userId(task.user)
    const from = this.addresses === 0 ? '' : `X-Forwarded-For: ${clientAddress(k % this.addresses)}\r\n`
    const head = `${this.head}${from}`
    if (isWrite(task)) {
      const body = bodyOf(task, version)
      const line =
        task.kind === 'write'
          ? `PUT /api/sessions/${user}`
          : task.kind === 'order'
            ? 'POST /api/orders'
            : 'POST /api/transfers'
      // The body is ASCII: as many bytes as characters.
      return Buffer.from(
        `${line}${head}Idempotency-Key: ${this.options.keyOf(k)}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        'latin1',
      )
    }
    const after =
      this.options.consistency === 'read-your-writes' && afterLsn !== null ? `X-After-LSN: ${afterLsn}\r\n` : ''
    return Buffer.from(
      `GET ${pathOf(task.kind, user, productId(task.product))}${head}${this.consistency}${after}\r\n`,
      'latin1',
    )
  }
}

/** Body of a write. */
function bodyOf({ kind, user, product, payee }: Task, version: number | null): string {
  if (kind === 'write') return `{"version":${version}}`
  if (kind === 'order') return `{"user_id":"${userId(user)}","product_id":"${productId(product)}","quantity":1}`
  return `{"from":"${userId(user)}","to":"${userId(payee ?? user)}","amount":1}`
}

function pathOf(kind: RequestKind, user: string, product: string): string {
  if (kind === 'read') return `/api/sessions/${user}`
  if (kind === 'list') return '/api/orders?limit=20'
  return kind === 'stock' ? `/api/inventory/${product}` : `/api/products/${product}`
}

/** Ids of the sample data: ECO-000001 is the first product. */
function productId(product: number): string {
  return `ECO-${String(product + 1).padStart(6, '0')}`
}

function userId(user: number): string {
  return `user-${String(user + 1).padStart(6, '0')}`
}
