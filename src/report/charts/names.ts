import { cutText, textWidth } from './svg.js'

/** Names of series as their labels in a chart. */
export interface SeriesNames {
  /** What all names begin with, up to the last space or "=" before they differ; "" where that is nothing. */
  shared: string
  /** The names without it, in their order. */
  labels: string[]
}

/** Takes off what all names begin with: a label that is cut would lose the very word that tells it from the others. */
export function seriesNames(names: readonly string[]): SeriesNames {
  const [first = '', ...others] = names
  let length = others.length === 0 ? 0 : first.length
  while (!others.every((name) => name.startsWith(first.slice(0, length)))) length -= 1
  while (length > 0 && !' ='.includes(first.charAt(length - 1))) length -= 1
  const labels = names.map((name) => name.slice(length))
  if (length === 0 || labels.includes('')) return { shared: '', labels: [...names] }
  return { shared: first.slice(0, length).replace(/[ =]+$/, ''), labels }
}

/** A title with what the names of all series have in common. */
export function titled(title: string, shared: string): string {
  return shared === '' ? title : `${title}: ${cutText(shared, 420)}`
}

/**
 * Names of shards for labels of so many pixels: whole; else without what all begin with ("shard-3" is "3"); else by
 * their position, the order being that of the report's tables.
 */
export function shardLabels(ids: readonly string[], width: number, size: number): string[] {
  const fits = (labels: readonly string[]): boolean => labels.every((label) => textWidth(label, size) <= width)
  if (fits(ids)) return [...ids]
  const [first = ''] = ids
  const dash = first.lastIndexOf('-') + 1
  const shared = first.slice(0, dash)
  const ends = ids.map((id) => id.slice(dash))
  return dash > 0 && ids.every((id) => id.startsWith(shared)) && !ends.includes('') && fits(ends)
    ? ends
    : ids.map((_, i) => String(i + 1))
}
