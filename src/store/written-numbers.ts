/** How a file writes its decimals: with a point and thousands with a comma, or the other way round. */
export type DecimalMark = '.' | ','

/** What could be a number: digits with marks between them, and an exponent. */
const NUMERIC = /^[+-]?(?=[.,]?\d)[\d.,]*(?:e[+-]?\d+)?$/i
/** Whole, or with thousands in groups of three, or with decimals. */
const WRITTEN = {
  '.': /^[+-]?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)?(?:\.\d*)?(?:e[+-]?\d+)?$/i,
  ',': /^[+-]?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)?(?:,\d*)?(?:e[+-]?\d+)?$/i,
}

export function looksNumeric(text: string): boolean {
  return NUMERIC.test(text)
}

/**
 * The decimal mark that every number of a file can be read with. Without a comma anywhere it is the point; where a comma may
 * be either, as in "1,498", other numbers of the file decide.
 * @returns 'unclear' when none does
 */
export function decimalMarkOf(numbers: readonly string[]): DecimalMark | 'unclear' {
  if (!numbers.some((text) => text.includes(','))) return '.'
  const fits = (['.', ','] as const).filter((mark) => numbers.every((text) => WRITTEN[mark].test(text)))
  return fits.length === 1 ? (fits[0] as DecimalMark) : 'unclear'
}

/** The number that a text writes; null for what is none. */
export function writtenNumber(text: string, mark: DecimalMark): number | null {
  if (!looksNumeric(text) || !WRITTEN[mark].test(text)) return null
  const number = Number(text.replaceAll(mark === ',' ? '.' : ',', '').replace(',', '.'))
  return Number.isFinite(number) ? number : null
}
