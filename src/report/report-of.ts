import { occurring } from './glossary.js'
import { type Lead, leadText } from './lead.js'
import { list } from './quantities.js'
import { plain } from './table.js'

/** A report: its text, and the charts that the text shows, by the file name under which they lie beside it. */
export interface Report {
  markdown: string
  charts: Record<string, string>
}

interface Content {
  title: string
  lead: Lead
  /** Who made what it was made from; none where nobody said. */
  authors: readonly (string | undefined)[]
  /** Sections, pictures and paragraphs below the lead. */
  parts: readonly string[]
  charts: Report['charts']
}

/** The charts that could be drawn: null is one that could not. */
export function drawn(charts: Readonly<Record<string, string | null>>): Report['charts'] {
  return Object.fromEntries(Object.entries(charts).flatMap(([file, svg]) => (svg === null ? [] : [[file, svg]])))
}

/** A chart in the text, where it could be drawn. @param words what it shows, for those who cannot see it */
export function picture(charts: Report['charts'], file: string, words: string): string[] {
  return file in charts ? [`![${words}](${file})`] : []
}

/** A report of any kind: title, lead, who made it, what there is to show, and the words that it uses. */
export function reportOf({ title, lead, authors, parts, charts }: Content): Report {
  const names = [...new Set(authors.filter((name) => name !== undefined))]
  const text = [
    `# ${title}`,
    plain(leadText(lead)),
    ...(names.length === 0 ? [] : [`Author: ${list(names.map(plain))}.`]),
    ...parts,
  ].join('\n\n')
  return { markdown: `${text}\n${glossary(text)}`, charts }
}

/** The meanings of those words that stand in the text, commands aside; nothing where there are none. */
function glossary(text: string): string {
  const entries = occurring(text.replace(/```[\s\S]*?```/g, ''))
  if (entries.length === 0) return ''
  return `\n## Words\n\n${entries.map(({ term, meaning }) => `- **${term}**: ${meaning}.`).join('\n')}\n`
}
