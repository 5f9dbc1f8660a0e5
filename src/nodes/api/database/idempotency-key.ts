import type { IncomingHttpHeaders } from 'node:http'
import { BadRequest } from './fields.js'

const MAX_KEY = 200

/** @throws BadRequest: it is empty or too long */
export function keyOf(headers: IncomingHttpHeaders): string | null {
  const key = headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY) {
    throw new BadRequest(`Idempotency-Key must have 1 to ${MAX_KEY} characters`)
  }
  return key
}
