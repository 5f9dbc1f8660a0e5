import { usageError } from './errors.js'

const MILLISECONDS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/**
 * Reads a duration: a number with one of the units ms, s, m, h, as in "500ms", "1.5s", "2m".
 * @param what what the value is for, named in the error ("--duration")
 * @returns milliseconds, greater than or equal to 0
 * @throws LabError (usage) for anything else
 */
export function parseDuration(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim())
  const factor = match?.[2] === undefined ? undefined : MILLISECONDS[match[2]]
  if (match === null || factor === undefined) {
    throw usageError(`${what}: "${text}" is not a duration`, 'Write a number with a unit: 500ms, 10s, 2m')
  }
  return Number(match[1]) * factor
}

/** Milliseconds for people: "850 ms", "12.0 s", "2 min 05 s". */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${formatNumber(ms)} ms`
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}

/**
 * A number with about three significant digits and thousands separators: 1,498 / 40.2 / 0.34 / 0.0043.
 * Whole numbers stay whole; what is not a number is "-".
 */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 0.01) return value.toPrecision(2)
  const decimals = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: decimals })
}

/** A share between 0 and 1 as a percentage with one decimal: "33.3 %". */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : '-'
}

/** A probability with three decimals; what rounds to 0 or 1 is bounded instead: "0.042", "< 0.001", "> 0.999". */
export function formatProbability(p: number): string {
  if (!(p >= 0 && p <= 1)) return '-'
  if (p < 0.001) return '< 0.001'
  return p > 0.999 ? '> 0.999' : p.toFixed(3)
}

/** How many times as much: "2.91x", "0.30x", "12.4x". */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio)) return '-'
  return `${ratio >= 99.95 ? formatNumber(Math.round(ratio)) : ratio.toFixed(ratio >= 9.995 ? 1 : 2)}x`
}

/** A moment for people, to the minute and with its zone: "20 November 2025, 10:15 UTC". @param iso as records hold it */
export function dayAndTime(iso: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return 'an unknown time'
  const time = at.toISOString().slice(11, 16)
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${time} UTC`
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ')

/** From one moment to another: "20 November 2025, 10:15 to 10:19 UTC", or both in full; `to` is null while it goes on. */
export function fromTo(from: string, to: string | null): string {
  const [begin, end] = [dayAndTime(from), to === null ? null : dayAndTime(to)]
  if (end === null) return `since ${begin}`
  const [day, start] = begin.split(', ')
  if (end === begin) return begin
  return end.startsWith(`${day}, `)
    ? `${day}, ${start?.slice(0, 5)} to ${end.slice(`${day}, `.length)}`
    : `${begin} to ${end}`
}
