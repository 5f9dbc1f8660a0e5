import { textWidth } from './svg.js'

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
