import { formatNumber } from '../core/units.js'

/** Milliseconds of a table or sentence: "40.2 ms", "-" where nothing was measured. */
export function ms(value: number | null): string {
  return value === null ? '-' : `${formatNumber(value)} ms`
}

/** A number, "-" where there is none. */
export function numberOr(value: number | null): string {
  return value === null ? '-' : formatNumber(value)
}

/** "1 instance", "3 instances"; nouns of another plural bring it along. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(value)} ${value === 1 ? noun : plural}`
}

/** "a", "a and b", "a, b and c". */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
