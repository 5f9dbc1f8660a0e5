import { BadRequest } from '../database/fields.js'

/** As other ids; braces may be around the part that decides the slot. What is none is the id of nothing. */
export const USER_ID = /^[\w.{}-]{1,50}$/
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** @throws BadRequest */
export function userOf(value: unknown, name: string): string {
  if (typeof value === 'string' && USER_ID.test(value)) return value
  throw new BadRequest(`${name} must be 1 to 50 letters, digits, "-", "_", ".", "{" or "}"`)
}

/** @throws BadRequest */
export function uuidOf(value: string, name: string): string {
  if (UUID.test(value)) return value
  throw new BadRequest(`${name} must be a UUID`)
}
