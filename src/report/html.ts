import { Marked, type Tokens } from 'marked'
import { escapeText } from './charts/svg.js'
import { ExplainedWords } from './explained-words.js'
import { inlineCharts } from './inline-charts.js'
import { slugOf, wordsOf } from './markdown-words.js'
import { pageStyle } from './page-style.js'
import type { Report } from './report-of.js'

/** The name under which a report lies beside its Markdown. */
const MARKDOWN_FILE = /(^|\/)report\.md$/

/**
 * The report as one HTML file that needs nothing else: charts and style sheet are in it, there is no script, and it asks
 * no server for anything. It is made from the Markdown, so that both say the same. Text from outside (scenario files,
 * names, records of others) brings no markup along; a content security policy says the same to the browser.
 */
export function renderHtml({ markdown, charts }: Report): string {
  const inlined = inlineCharts(charts)
  const marked = markedFor(inlined.charts)
  const tokens = marked.lexer(markdown)
  const heading = tokens.find((token): token is Tokens.Heading => token.type === 'heading')
  const body = marked.parser(tokens)
  return `${[
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeText(heading === undefined ? 'Report' : wordsOf(heading.tokens))}</title>`,
    `<style>\n${[pageStyle(), ...inlined.styles].join('\n')}\n</style>`,
    '</head>',
    '<body>',
    '<main>',
    body.trimEnd(),
    '</main>',
    '</body>',
    '</html>',
  ].join('\n')}\n`
}

function markedFor(charts: ReadonlyMap<string, string>): Marked {
  const marked = new Marked({ gfm: true })
  const named = new Map<string, number>()
  const words = new ExplainedWords()
  const figure = ({ href, text }: Tokens.Image): string =>
    charts.get(href) ?? `<span class="no-chart">${escapeText(text)}</span>`
  marked.use({
    renderer: {
      // Ours has none, so it comes from outside.
      html: ({ raw, type, ...token }) =>
        type === 'html' && 'block' in token && token.block === true
          ? `<p>${escapeText(raw.trim())}</p>\n`
          : escapeText(raw),
      heading({ tokens, depth }) {
        const text = words.without(() => this.parser.parseInline(tokens))
        return `<h${depth} id="${anchor(wordsOf(tokens), named)}">${text}</h${depth}>\n`
      },
      paragraph({ tokens }) {
        const [only, ...more] = tokens
        if (only?.type === 'image' && more.length === 0) return `<figure>${figure(only as Tokens.Image)}</figure>\n`
        return `<p>${this.parser.parseInline(tokens)}</p>\n`
      },
      image: (token) => figure(token),
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens)
        const target = linkTarget(href)
        return target === null ? words : `<a href="${escapeText(target)}">${words}</a>`
      },
      text(token) {
        if ('tokens' in token && token.tokens !== undefined) return this.parser.parseInline(token.tokens)
        const text = 'escaped' in token && token.escaped === true ? token.text : escapeText(token.text)
        return words.explained(text)
      },
      table(token) {
        const number = ({ align }: Tokens.TableCell): string => (align === 'right' ? ' class="cell-number"' : '')
        const head = token.header.map((cell) => `<th${number(cell)}>${this.parser.parseInline(cell.tokens)}</th>`)
        // Where there is no room for columns each row is a list, and every value has its title before it.
        const titles = token.header.map((cell) => escapeText(wordsOf(cell.tokens)))
        const row = (cells: readonly Tokens.TableCell[]): string =>
          `<tr>${cells
            .map((cell, i) => {
              const title = (titles[i] ?? '') === '' ? '' : ` data-title="${titles[i]}"`
              return `<td${number(cell)}${title}>${this.parser.parseInline(cell.tokens)}</td>`
            })
            .join('')}</tr>`
        return `${[
          token.header.length > WIDE ? '<table class="many-columns">' : '<table>',
          `<thead><tr>${head.join('')}</tr></thead>`,
          '<tbody>',
          ...token.rows.map(row),
          '</tbody>',
          '</table>',
        ].join('\n')}\n`
      },
    },
  })
  return marked
}

/** Tables of more columns than this are set in smaller type. */
const WIDE = 7

/** Where a link may lead: to the web, or to a file beside; a report is linked to as HTML. Null for anything else. */
function linkTarget(href: string): string | null {
  if (/^https?:\/\//i.test(href)) return href
  if (!/^[\w./#%~-]+$/.test(href)) return null
  return href.replace(MARKDOWN_FILE, '$1report.html')
}

/** A name for links to a heading, each once. */
function anchor(words: string, named: Map<string, number>): string {
  const slug = slugOf(words)
  const times = (named.get(slug) ?? 0) + 1
  named.set(slug, times)
  return times === 1 ? slug : `${slug}-${times}`
}
