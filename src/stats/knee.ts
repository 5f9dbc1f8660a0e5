import { isotonic } from './isotonic.js'
import { median } from './quantiles.js'

/** A point of a curve. */
export interface Point {
  x: number
  y: number
}

/** Fewer different places have no shape. */
const FEWEST = 4
/** A curve that sags less than this below its chord, as a share of its height, has no knee to speak of. */
const LEAST_SAG = 0.1

/**
 * The knee of a rising curve that bends upwards, as latency over load does: where it lies furthest below its chord, both
 * axes scaled to 0..1 (V. Satopaa, J. Albrecht, D. Irwin, B. Raghavan: Finding a "Kneedle" in a Haystack, 2011, section
 * III). Where the paper smooths by a spline, several measurements of one place become their median, and what falls is
 * levelled by the nearest non-decreasing curve: latency does not fall when load grows.
 * @returns null for fewer than four different places, and for a curve without a bend
 */
export function kneeOf(points: readonly Point[]): Point | null {
  const places = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b)
  if (places.length < FEWEST) return null
  const medians = places.map((place) => median(points.flatMap(({ x, y }) => (x === place ? [y] : []))) ?? 0)
  const levels = isotonic(medians.map((value) => ({ value, weight: 1 })))
  const [left = 0, right = 0] = [places[0], places.at(-1)]
  const [low = 0, high = 0] = [levels[0], levels.at(-1)]
  if (high <= low) return null
  const sags = places.map((x, i) => (x - left) / (right - left) - ((levels[i] ?? low) - low) / (high - low))
  const sag = Math.max(...sags)
  const at = sags.indexOf(sag)
  const [x, y] = [places[at], levels[at]]
  return sag < LEAST_SAG || x === undefined || y === undefined ? null : { x, y }
}
