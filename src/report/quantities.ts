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

/** Sizes for people: "85 bytes", "16.0 KiB", "7.8 MiB". */
export function bytes(value: number): string {
  if (value < 1_024) return count(value, 'byte')
  const power = Math.min(3, Math.floor(Math.log2(value) / 10))
  return `${(value / 1_024 ** power).toFixed(1)} ${['', 'KiB', 'MiB', 'GiB'][power]}`
}
