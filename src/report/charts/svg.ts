/** Markup that is already escaped. */
export type Svg = string

type Attributes = Record<string, string | number | undefined>

/** An element; numbers are written with at most one decimal, undefined attributes left out. Children are markup. */
export function el(name: string, attributes: Attributes, ...children: Svg[]): Svg {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? coordinate(value) : escapeText(String(value))}"`)
    .join('')
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** A coordinate in pixels with at most one decimal: the same text on every platform. */
export function coordinate(value: number): string {
  const rounded = Math.round(value * 10) / 10
  return String(rounded === 0 ? 0 : rounded)
}

export interface TextOptions {
  x: number
  y: number
  class?: string
  anchor?: 'start' | 'middle' | 'end'
}

export function text(content: string, options: TextOptions): Svg {
  const { x, y, anchor = 'start' } = options
  return el(
    'text',
    { x, y, class: options.class, 'text-anchor': anchor === 'start' ? undefined : anchor },
    escapeText(content),
  )
}

export function line(x1: number, y1: number, x2: number, y2: number, className: string): Svg {
  return el('line', { x1, y1, x2, y2, class: className })
}

/**
 * Width of a text in pixels, estimated for a wide sans serif (Verdana, DejaVu Sans): labels are placed without a
 * browser at hand, and the reader's font is not known. Bold text is about a seventh wider.
 */
export function textWidth(content: string, size = 13): number {
  let units = 0
  for (const character of content) units += WIDTHS[character] ?? (/[A-Z]/.test(character) ? 0.72 : 0.62)
  return units * size
}

const NARROW = 0.31
const WIDTHS: Record<string, number> = {
  ...Object.fromEntries([..." .,:;|!ijlI()[]/-'"].map((character) => [character, NARROW + 0.03])),
  ...Object.fromEntries([...'ftr'].map((character) => [character, 0.38])),
  ...Object.fromEntries([...'mMW%'].map((character) => [character, 0.9])),
  w: 0.76,
}

export function boldWidth(content: string, size = 13): number {
  return textWidth(content, size) * 1.14
}

/** The text, cut with an ellipsis where it is wider than `width` pixels. */
export function cutText(content: string, width: number, size = 13): string {
  if (textWidth(content, size) <= width) return content
  let cut = content
  while (cut.length > 1 && textWidth(`${cut}…`, size) > width) cut = cut.slice(0, -1)
  return `${cut}…`
}
