import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { picture } from './charts/chart.js'
import { renderHtml } from './html.js'
import { renderReport } from './markdown.js'
import { plain, table } from './table.js'
import { outage } from './testing/records.js'

const html = (markdown: string, charts = {}): string => renderHtml({ markdown, charts })
/** What stands in the body. */
const body = (markdown: string): string => html(markdown).split('<main>')[1]?.split('</main>')[0]?.trim() ?? ''

describe('renderHtml', () => {
  it('names the page by the first heading, and headings for links', () => {
    const page = html('# A & B < C\n\n## Figures\n\n## Figures\n')
    expect(page).toContain('<title>A &amp; B &lt; C</title>')
    expect(page).toContain('<h2 id="figures">')
    expect(page).toContain('<h2 id="figures-2">')
  })

  it('aligns numbers, and puts the title of each column with its values', () => {
    const text = table([{ title: 'Run' }, { title: 'Rate', align: 'right' }], [['single', '499']])
    expect(body(text)).toBe(
      '<table>\n<thead><tr><th>Run</th><th class="cell-number">Rate</th></tr></thead>\n<tbody>\n<tr><td data-title="Run">single</td><td class="cell-number" data-title="Rate">499</td></tr>\n</tbody>\n</table>',
    )
  })

  it.each([
    ['a report of a run becomes its HTML', '[x](../lb-3/2026/report.md)', '<a href="../lb-3/2026/report.html">x</a>'],
    ['the web', '[x](https://example.org/a?b=c&d)', '<a href="https://example.org/a?b=c&amp;d">x</a>'],
    ['a script is no place', '[x](javascript:alert(1))', 'x'],
    ['nor one in disguise', '[x](&#106;avascript:alert(1))', 'x'],
    ['nor data', '[x](data:text/html,<b>)', 'x'],
    ['nor another scheme', '[x](file:///etc/passwd)', 'x'],
  ])('links only where a report may lead: %s', (_, markdown, expected) => {
    expect(body(markdown)).toBe(`<p>${expected}</p>`)
  })

  it.each([
    ['<script>alert(1)</script>', '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>'],
    ['a <b onclick="x()">b</b>', '<p>a &lt;b onclick=&quot;x()&quot;&gt;b&lt;/b&gt;</p>'],
    ['<!-- a -->', '<p>&lt;!-- a --&gt;</p>'],
    ['`<i>`', '<p><code>&lt;i&gt;</code></p>'],
    ['![a "b"](https://example.org/track.png)', '<p><span class="no-chart">a &quot;b&quot;</span></p>'],
  ])('takes no markup from %s', (markdown, expected) => {
    expect(
      body(markdown)
        .replaceAll(/<\/?figure>/g, '')
        .replace(/^(<span.*)$/, '<p>$1</p>'),
    ).toBe(expected)
  })

  it('lets nothing from outside become an element or an attribute, whatever it is', () => {
    const evil = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(...'<>"\'&`[]()!/=:|\\ \nabsx#;*_'), maxLength: 60 }),
      fc.constantFrom(
        '<img src=x onerror=alert(1)>',
        '"><svg/onload=x>',
        '</style><script>',
        '<a href="javascript:x">',
      ),
    )
    fc.assert(
      fc.property(evil, evil, (one, other) => {
        const page = body(`# ${plain(one)}\n\n${plain(other)}\n\n${table([{ title: one }], [[other]])}`)
        for (const [, name = '', attributes = ''] of page.matchAll(/<([a-z][a-z0-9]*)([^>]*)>/gi)) {
          expect(
            'h1 h2 h3 p abbr table thead tbody tr th td a code pre em strong del span figure ul ol li blockquote hr br input'.split(
              ' ',
            ),
          ).toContain(name)
          expect(attributes).toMatch(/^( (id|class|href|title|data-title|start|disabled|type)(="[^"<>]*")?)*$/)
          expect(attributes).not.toMatch(/href="(?!https?:)[^"]*:/i)
        }
      }),
    )
  })

  it('holds for a whole record from somebody else', () => {
    const evil = '<script>alert(1)</script> | [x](javascript:y) "onload=z '
    const record = outage()
    const page = renderHtml(
      renderReport({
        ...record,
        scenario: evil,
        question: evil,
        work: evil,
        target: evil,
        instances: record.instances.map((instance, i) => ({ ...instance, id: `${evil}${i}` })),
        events: [{ t_ms: 5_000, level: 'error', text: evil }],
        environment: { ...record.environment, notes: [evil], software: { [evil]: evil } },
      }),
    )
    expect(page).not.toMatch(/<script|href="javascript/)
  })

  it('explains a word where it stands for the first time, and nowhere else', () => {
    const page = body('# The p99\n\nIts goodput and `goodput`; the flag --lag.\n\n- goodput, goodputs and p99\n')
    expect(page.match(/<abbr/g)).toHaveLength(2)
    expect(page).toMatch(
      /<p>Its <abbr title="answers per second that were no errors[^"]*">goodput<\/abbr> and <code>goodput<\/code>/,
    )
    expect(page).toMatch(/<li>goodput, goodputs and <abbr title="a percentile: [^"]*">p99<\/abbr>/)
  })

  it('puts charts in with their words, one style sheet for all', () => {
    const drawn = (title: string): string => picture({ title, subtitle: 's', description: `about ${title}` }, 100, [])
    const page = html('![one](a.svg)\n\n![two](b.svg)\n', { 'a.svg': drawn('A'), 'b.svg': drawn('B') })
    expect(page).toContain('aria-labelledby="a-title a-desc"')
    expect(page).toContain('<desc id="b-desc">about B</desc>')
    expect(page.match(/stroke-linejoin/g)).toHaveLength(2)
    expect(page).toContain('@media(prefers-color-scheme:dark)')
  })
})
