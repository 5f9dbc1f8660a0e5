import { unknownValueError, usageError } from '../core/errors.js'

/** One of the allowed values, or a usage error with the nearest one. */
export function choice<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((known) => known === value)
  if (found === undefined) throw unknownValueError(flag, value, allowed)
  return found
}

/** A number with bounds, or a usage error that names flag, value and bounds. */
export function number(flag: string, value: string, min: number, max: number, whole = true): number {
  const result = Number(value)
  if (
    value.trim() === '' ||
    !Number.isFinite(result) ||
    result < min ||
    result > max ||
    (whole && !Number.isInteger(result))
  ) {
    throw usageError(
      `${flag}: "${value}" is not a ${whole ? 'whole ' : ''}number from ${min} to ${max.toLocaleString('en-US')}`,
    )
  }
  return result
}
