import { area as areaOf } from 'd3-shape'
import { type DotLook, dotAt, type Layer, opacityText } from './chart.js'
import { el, line, type TextOptions, text } from './svg.js'

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

/** A dot, so many pixels below its value. */
export function dot(
  [value, height]: readonly [x: number, y: number],
  look: string,
  { r = 3.5, offset = 0, ...rest }: DotLook & { r?: number; offset?: number } = {},
): Layer {
  return ({ x, y }) => [dotAt(x(value), y(height) + offset, r, look, rest)]
}

/** A straight line from value to value. */
export function straight(from: readonly [number, number], to: readonly [number, number], look: string): Layer {
  return ({ x, y }) => [line(x(from[0]), y(from[1]), x(to[0]), y(to[1]), look)]
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

/** A stroke across a row, so many pixels either way of its middle. */
export function tick(value: number, height: number, reach: number, look: string): Layer {
  return ({ x, y }) => [line(x(value), y(height) - reach, x(value), y(height) + reach, look)]
}

/** The same across a column. */
export function across(value: number, height: number, reach: number, look: string): Layer {
  return ({ x, y }) => [line(x(value) - reach, y(height), x(value) + reach, y(height), look)]
}

/** Words beside a value, so many pixels off. */
export function words(
  content: string,
  at: readonly [x: number, y: number],
  { dx = 0, dy = 0, ...rest }: Pick<TextOptions, 'class' | 'anchor'> & { dx?: number; dy?: number },
): Layer {
  return ({ x, y }) => [text(content, { x: x(at[0]) + dx, y: y(at[1]) + dy, ...rest })]
}
