import { harmless } from '../core/outside-text.js'
import { displayWidth, truncate } from './width.js'

/**
 * What a piece of text means; colour only underlines it. Blue and yellow stay apart for every common kind of colour
 * blindness, red never stands against green, and whatever is wrong also says so in a word or a mark.
 */
export type Tone = 'plain' | 'strong' | 'dim' | 'data' | 'contrast' | 'warn' | 'bad' | 'good'

/** Select Graphic Rendition codes (ECMA-48): of the 16 colours that every terminal theme defines. */
const CODES: Record<Tone, readonly [string, string] | null> = {
  plain: null,
  strong: ['\x1b[1m', '\x1b[22m'],
  dim: ['\x1b[2m', '\x1b[22m'],
  data: ['\x1b[36m', '\x1b[39m'],
  contrast: ['\x1b[35m', '\x1b[39m'],
  warn: ['\x1b[33m', '\x1b[39m'],
  bad: ['\x1b[1;31m', '\x1b[22;39m'],
  good: ['\x1b[1;36m', '\x1b[22;39m'],
}

/** A piece of a line: plain text and what it means. */
export type Span = readonly [text: string, tone?: Tone]
export type Line = readonly Span[]

/** The characters that views draw with. */
export interface Glyphs {
  /** From nothing to a full cell, upwards. */
  levels: readonly string[]
  /** From nothing to a full cell, to the right. */
  parts: readonly string[]
  /** Of a progress bar: what is over, and the rest. */
  over: string
  rest: string
  future: string
  dot: string
  ellipsis: string
}

const UNICODE: Glyphs = {
  levels: [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  parts: ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  over: '━',
  rest: '─',
  future: '·',
  dot: '·',
  ellipsis: '…',
}

const ASCII: Glyphs = {
  levels: [' ', '_', '.', ':', '-', '=', '+', '*', '#'],
  parts: ['', '', '', '', '#', '#', '#', '#', '#'],
  over: '#',
  rest: '.',
  future: ' ',
  dot: '-',
  ellipsis: '...',
}

/** How to draw: whether colours may be used, and with which characters. */
export interface Look {
  colour: boolean
  glyphs: Glyphs
}

export function createLook({ colour, unicode = true }: { colour: boolean; unicode?: boolean | undefined }): Look {
  return { colour, glyphs: unicode ? UNICODE : ASCII }
}

export function paint(text: string, tone: Tone, colour: boolean): string {
  const codes = CODES[tone]
  return !colour || codes === null || text === '' ? text : codes[0] + text + codes[1]
}

/** A line as text of at most `width` cells, painted. */
export function renderLine(line: Line, width: number, look: Look): string {
  let left = width
  let text = ''
  for (const [content, tone] of line) {
    if (left <= 0) break
    const shown = harmless(content)
    const cut = truncate(shown, left, look.glyphs.ellipsis)
    left -= displayWidth(cut)
    text += paint(cut, tone ?? 'plain', look.colour)
    if (cut !== shown) break
  }
  return text
}
