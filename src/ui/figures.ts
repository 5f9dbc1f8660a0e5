/**
 * Figures that change in place. core/units.ts writes numbers for reading once: it drops the decimals of 4.00, and a
 * figure whose length changes four times a second cannot be read. Formats are made once because making them is slow.
 */
const FIXED = [0, 1, 2].map(
  (digits) => new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
)

/** A whole number with thousands separators: "1,498". */
export function count(value: number): string {
  return fixed(value, 0)
}

/** Milliseconds with about three digits, decimals always there: "4.00", "40.2", "1,204"; "-" where nothing was measured. */
export function milliseconds(value: number | null): string {
  if (value === null) return '-'
  const size = Math.abs(value)
  return fixed(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2)
}

/** A moment on the run clock, from milliseconds, always with one decimal and right-aligned: "   12.5 s". */
export function seconds(t: number): string {
  return `${(t / 1_000).toFixed(1).padStart(7)} s`
}

function fixed(value: number, digits: number): string {
  return Number.isFinite(value) ? (FIXED[digits]?.format(value) ?? String(value)) : '-'
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** Bytes with about three digits and a decimal unit: "0 B", "812 B", "16.8 MB". */
export function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
  const scaled = value / 1_000 ** power
  return `${fixed(scaled, power === 0 || scaled >= 99.95 ? 0 : 1)} ${UNITS[power]}`
}
