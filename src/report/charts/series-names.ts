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
