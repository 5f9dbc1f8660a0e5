import { area as areaOf } from 'd3-shape'
import { type Layer, opacityText } from './chart.js'
import { el, type TextOptions, text } from './svg.js'

/** What stands between two values of the base line, over the whole height; narrow ones are still seen. */
export function shade(from: number, to: number, fill: string): Layer {
  return ({ x, top, bottom }) => [
    el('rect', { class: fill, x: x(from), y: top, width: Math.max(2, x(to) - x(from)), height: bottom - top }),
  ]
}

/** What lies between two lines; null leaves a gap. */
export function area(
  points: readonly (readonly [x: number, y0: number | null, y1: number | null])[],
  fill: string,
): Layer {
  return ({ x, y }) => {
    const path = areaOf<(typeof points)[number]>()
      .defined(([, low, high]) => low !== null && high !== null)
      .x(([value]) => x(value))
      .y0(([, low]) => y(low ?? 0))
      .y1(([, , high]) => y(high ?? 0))
      .digits(1)(points)
    return [el('path', { class: fill, d: path ?? '' })]
  }
}

/** A bar along the base line, so many pixels thick around a height, and at least so many long. */
export function bar(
  [from, to]: readonly [number, number],
  height: number,
  fill: string,
  { thick = 20, least = 0, opacity }: { thick?: number; least?: number; opacity?: number } = {},
): Layer {
  return ({ x, y }) => [
    el('rect', {
      class: fill,
      'fill-opacity': opacityText(opacity),
      x: x(from),
      y: y(height) - thick / 2,
      width: Math.max(least, x(to) - x(from)),
      height: thick,
    }),
  ]
}

/** Words beside a value, so many pixels off. */
export function words(
  content: string,
  at: readonly [x: number, y: number],
  { dx = 0, dy = 0, ...rest }: Pick<TextOptions, 'class' | 'anchor'> & { dx?: number; dy?: number },
): Layer {
  return ({ x, y }) => [text(content, { x: x(at[0]) + dx, y: y(at[1]) + dy, ...rest })]
}
