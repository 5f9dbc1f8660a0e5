import { el, type Svg, text, textWidth } from './svg.js'

export interface LegendEntry {
  words: string
  /** Class of the fill. */
  fill: string
  opacity?: number
}

/** Squares in colour with their meaning, in one line from `x` on. */
export function legend(entries: readonly LegendEntry[], x: number, y: number): Svg[] {
  let left = x
  return entries.flatMap(({ words, fill, opacity }) => {
    const at = left
    left += 18 + textWidth(words, 12) + 18
    return [
      el('rect', { class: fill, 'fill-opacity': opacityText(opacity), x: at, y: y - 10, width: 12, height: 12, rx: 2 }),
      text(words, { x: at + 18, y, class: 'small' }),
    ]
  })
}

/** As an attribute; none for what is opaque. Opacities need more decimals than coordinates have. */
export function opacityText(opacity: number | undefined): string | undefined {
  return opacity === undefined || opacity === 1 ? undefined : String(opacity)
}
