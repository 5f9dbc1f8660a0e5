import * as z from 'zod'
import { unknownValueError, usageError } from '../errors.js'
import { parseDuration } from '../units.js'

/** How the value of a parameter is read, bounded and written. `flag` is what errors name: "--rows". */
export interface Kind<T> {
  /** @throws LabError (usage) for what is not of this kind, and for most of what is out of bounds */
  parse(text: string, flag: string): T
  /** As `parse` reads it. */
  format(value: T): string
  /** Holds a value that was no text to the same bounds. @throws LabError (usage) */
  check(value: T, flag: string): void
  /** The value in a file. */
  schema: z.ZodType<T, T>
  /** All there are, where that is a list. */
  choices?: readonly string[]
}

/** A number with bounds, or a usage error that names flag, value and bounds. */
export function number(flag: string, value: string, min: number, max: number, whole = true): number {
  const result = value.trim() === '' ? Number.NaN : Number(value)
  if (Number.isFinite(result) && result >= min && result <= max && (!whole || Number.isInteger(result))) return result
  throw usageError(
    `${flag}: "${value}" is not a ${whole ? 'whole ' : ''}number from ${min} to ${max.toLocaleString('en-US')}`,
  )
}

/** One of the allowed values, or a usage error with the nearest one. */
export function choice<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((known) => known === value)
  if (found === undefined) throw unknownValueError(flag, value, allowed)
  return found
}

export function wholeNumber(min: number, max: number): Kind<number> {
  return {
    parse: (text, flag) => number(flag, text, min, max),
    format: String,
    check: (value, flag) => void number(flag, String(value), min, max),
    schema: z.number().int().min(min).max(max),
  }
}

/** @param min the least that a flag takes; files take whatever is above 0 */
export function positiveNumber(min: number, max: number): Kind<number> {
  return {
    parse: (text, flag) => number(flag, text, min, max, false),
    format: String,
    check: (value, flag) => void number(flag, String(value), min, max, false),
    schema: z.number().positive().max(max),
  }
}

/** In milliseconds; "2.5ms", "10s" as text. @param above the bound that is no value itself: 0 for times that take some */
export function time(min: number, max: number, { whole = false, above = false } = {}): Kind<number> {
  const check = (ms: number, flag: string): void => {
    if ((above ? ms > min : ms >= min) && ms <= max) return
    const from = above ? `more than ${formatTime(min)}, up` : `from ${formatTime(min)}`
    throw usageError(`${flag}: ${formatTime(ms)} is not ${from} to ${formatTime(max)}`)
  }
  const bounded = above ? z.number().gt(min).max(max) : z.number().min(min).max(max)
  return {
    parse(text, flag) {
      const ms = parseDuration(text, flag)
      check(ms, flag)
      return whole ? Math.round(ms) : ms
    },
    format: formatTime,
    check,
    schema: whole ? bounded.int() : bounded,
  }
}

/** As parseDuration reads it: "10s", "2m", "4200ms", "0.5ms". */
export function formatTime(ms: number): string {
  if (ms === 0) return '0s'
  if (ms >= 60_000 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`
  if (ms > 0 && ms % 60_000 === 0) return `${ms / 60_000}m`
  if (ms > 0 && ms % 1_000 === 0) return `${ms / 1_000}s`
  return `${Number(ms.toPrecision(12))}ms`
}

export function oneOf<const T extends string>(choices: readonly T[]): Kind<T> {
  return {
    parse: (text, flag) => choice(flag, text, choices),
    format: String,
    check: (value, flag) => void choice(flag, value, choices),
    schema: z.enum(choices),
    choices,
  }
}

/** Whatever is written; a schema may say more. */
export function text(schema: z.ZodType<string, string> = z.string()): Kind<string> {
  return {
    parse: (value) => value,
    format: String,
    check(value, flag) {
      const { error } = schema.safeParse(value)
      if (error !== undefined) throw usageError(`${flag}: ${error.issues[0]?.message ?? 'not valid'}`)
    },
    schema,
  }
}

/** Whole numbers from 1 to 1,000, as in "3,1,1". */
export const weights: Kind<number[]> = {
  parse: (list, flag) => list.split(',').map((part) => number(flag, part.trim(), 1, 1_000)),
  format: (values) => values.join(','),
  check(values, flag) {
    for (const value of values) number(flag, String(value), 1, 1_000)
  },
  schema: z.array(z.number().int().min(1).max(1_000)),
}
