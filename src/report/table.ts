export interface Column {
  title: string
  /** Numbers are easier to compare when they end below one another. */
  align?: 'left' | 'right'
}

/** Columns of numbers. */
export function right(...titles: readonly string[]): Column[] {
  return titles.map((title) => ({ title, align: 'right' }))
}

/** A Markdown table, padded so that its source reads as a table too. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) => columns.map((_, i) => cell(row[i] ?? '')))
  const widths = columns.map((_, i) => Math.max(3, ...cells.map((row) => (row[i] ?? '').length)))
  const written = cells.map(
    (row) =>
      `| ${row.map((text, i) => (columns[i]?.align === 'right' ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0))).join(' | ')} |`,
  )
  const rule = columns.map(({ align }, i) => {
    const dashes = '-'.repeat((widths[i] ?? 3) - 1)
    return align === 'right' ? `${dashes}:` : `-${dashes}`
  })
  return [written[0], `| ${rule.join(' | ')} |`, ...written.slice(1)].join('\n')
}

function cell(text: string): string {
  return plain(text).replaceAll('|', '\\|')
}

/** Text from outside as one line that brings no HTML along. */
export function plain(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/<(?=[a-z!/?])/gi, '&lt;')
}
