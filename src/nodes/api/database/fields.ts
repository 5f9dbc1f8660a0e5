import type { IncomingHttpHeaders } from 'node:http'

/** The largest integer of a PostgreSQL `integer` column. */
const INTEGER_MAX = 2_147_483_647
/** Ids of products and users; what is none is the id of nothing. */
export const ID = /^[\w.-]{1,50}$/

/** Characters of an Idempotency-Key, at most. */
const MAX_KEY = 200

/** A request's value that is not as it must be; the message says what it must be. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
}

/** A request's body as an object. */
export function parseObject(body: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new BadRequest('the body is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadRequest('the body must be a JSON object')
  }
  return value as Record<string, unknown>
}

/** An id of a user or a product, or the kind of an event. */
export function idOf(value: unknown, name: string): string {
  if (typeof value === 'string' && ID.test(value)) return value
  throw new BadRequest(`${name} must be 1 to 50 letters, digits, "-", "_" or "."`)
}

export function optionalId(value: unknown, name: string): string | null {
  return value === undefined || value === null ? null : idOf(value, name)
}

/** @param max inclusive; by default what an `integer` column holds */
export function integerOf(value: unknown, name: string, min: number, max = INTEGER_MAX): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw new BadRequest(`${name} must be a whole number from ${min} to ${max}`)
}

/** A whole number in a query. */
export function integerParameter(text: string | null, name: string, fallback: number, max: number): number {
  if (text === null) return fallback
  return integerOf(/^\d{1,15}$/.test(text) ? Number(text) : undefined, name, 0, max)
}

/** The idempotency key of a request, if it has one. @throws BadRequest: it is empty or too long */
export function keyOf(headers: IncomingHttpHeaders): string | null {
  const key = headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY) {
    throw new BadRequest(`Idempotency-Key must have 1 to ${MAX_KEY} characters`)
  }
  return key
}
