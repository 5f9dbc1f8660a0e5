export { oneLine, visible } from '../core/outside-text.js'

const PIECE = /.{1,500}/gsu
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Characters that take one cell each and join with nothing: Latin, and the arrows, lines and blocks the views draw. */
const SIMPLE = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u25f0]*$/
const NO_WIDTH = /^[\p{Cc}\p{Cf}\p{M}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]+$/u
const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\u20e3|\p{Regional_Indicator}{2}/u
/** East Asian Wide and Fullwidth (Unicode Standard Annex 11), by block. */
const WIDE =
  /[\u1100-\u115e\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u

/** Characters as they are seen. Piece by piece, since a long text takes the segmenter time by the square of its length. */
function* segmentsOf(text: string): Generator<string> {
  for (const [piece] of text.matchAll(PIECE)) {
    for (const { segment } of graphemes.segment(piece)) yield segment
  }
}

/** Terminal cells a text without escape codes takes: 2 for wide characters and emoji, 0 for joining and control ones. */
export function displayWidth(text: string): number {
  if (SIMPLE.test(text)) return text.length
  let width = 0
  for (const segment of segmentsOf(text)) width += graphemeWidth(segment)
  return width
}

function graphemeWidth(grapheme: string): number {
  if (SIMPLE.test(grapheme)) return grapheme.length
  if (NO_WIDTH.test(grapheme)) return 0
  return EMOJI.test(grapheme) || WIDE.test(grapheme) ? 2 : 1
}

/** The text cut to at most `width` cells, the last of them an ellipsis where something was cut. */
export function truncate(text: string, width: number, ellipsis = '…'): string {
  if (width <= 0) return ''
  if (displayWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const segment of segmentsOf(text)) {
    const next = graphemeWidth(segment)
    if (used + next > width - displayWidth(ellipsis)) break
    kept += segment
    used += next
  }
  return kept + truncateTail(ellipsis, width)
}

/** An ellipsis of several cells does not fit everywhere. */
function truncateTail(ellipsis: string, width: number): string {
  return ellipsis.slice(0, width)
}

/** The text at exactly `width` cells: cut, or filled with spaces at its right. */
export function padEnd(text: string, width: number, ellipsis = '…'): string {
  const cut = truncate(text, width, ellipsis)
  return cut + ' '.repeat(Math.max(0, width - displayWidth(cut)))
}

/** The text at exactly `width` cells, against the right edge. */
export function padStart(text: string, width: number, ellipsis = '…'): string {
  const cut = truncate(text, width, ellipsis)
  return ' '.repeat(Math.max(0, width - displayWidth(cut))) + cut
}

/** Words in lines of at most `width` cells; a word longer than that is broken. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const joined = line === '' ? word : `${line} ${word}`
    if (displayWidth(joined) <= width) {
      line = joined
      continue
    }
    if (line !== '') lines.push(line)
    const pieces = broken(word, width)
    lines.push(...pieces.slice(0, -1))
    line = pieces.at(-1) ?? ''
  }
  if (line !== '' || lines.length === 0) lines.push(line)
  return lines
}

/** A word in pieces of at most `width` cells; a character that is wider stands alone. */
function broken(word: string, width: number): string[] {
  const pieces: string[] = []
  let piece = ''
  let used = 0
  for (const segment of segmentsOf(word)) {
    const next = graphemeWidth(segment)
    if (piece !== '' && used + next > width) {
      pieces.push(piece)
      piece = ''
      used = 0
    }
    piece += segment
    used += next
  }
  return [...pieces, piece]
}
