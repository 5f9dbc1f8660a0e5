import fc from 'fast-check'
import { lexer, type Token } from 'marked'
import { describe, expect, it } from 'vitest'
import { documentText } from '../core/outside-text.js'
import { el, text as svgText } from './charts/svg.js'
import { renderTables } from './csv.js'
import { renderHtml } from './html.js'
import { wordsOf } from './markdown-words.js'
import { quotedReport } from './outside.js'
import { plain, table } from './table.js'

const EVIL = [
  ...[
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '&lt;b&gt;',
    '</svg><script>1</script>',
    ']]>',
    '<!--',
  ],
  ...[
    '[x](javascript:alert(1))',
    '![x](http://127.0.0.1:1/x.png)',
    '`code`',
    '``',
    '*bold*_it_',
    '~~x~~',
    '| a | b |',
    '<http://x>',
  ],
  ...[
    '\\[x](javascript:alert(1))',
    '\\',
    '\\\\',
    '\\|',
    '`[x](y)',
    'a\n# b',
    '1. x',
    '- x',
    '# head',
    '> q',
    '---',
    '```\n```\nx',
  ],
  ...[
    '\u001b]0;pwned\u0007\u001b[2J\u001b[31mred',
    '\u009b31mC1',
    'a\0b',
    'é\u202eabc',
    '\ud800',
    '\ue05bx\ue05d(y)',
    '__proto__',
    '{{secret x}}',
  ],
]

function made(id: string) {
  return quotedReport({ id, headers: { [id]: id } }, (record) => ({
    markdown: [
      '# A **report**',
      `It was ${plain(record.id)} that **answered**.`,
      plain(record.id),
      `Run \`${record.id}\`.`,
      table([{ title: 'id' }, { title: 'share' }], [[record.id, '1']]),
      `\`\`\`sh\nscalelab ${record.id}\n\`\`\``,
      'The end.',
    ].join('\n\n'),
    charts: { 'c.svg': el('svg', {}, svgText(Object.keys(record.headers)[0] ?? '', { x: 0, y: 0 })) },
  }))
}

function typesOf(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) => [token.type, ...typesOf(('tokens' in token && token.tokens) || [])])
}

const shown = (text: string): string => documentText(text).replaceAll(/\s+/g, ' ').trim()
const all = fc.oneof(
  fc.constantFrom(...EVIL),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'\\`*_[]()<>|~#&!-1. a\n') }),
)

describe('text of others in a report', () => {
  it('is text, wherever it stands', () => {
    const shape = typesOf(lexer(made('api-1').markdown))
    fc.assert(
      fc.property(all, (id) => {
        fc.pre(shown(id) !== '')
        const { markdown, charts } = made(id)
        const tokens = lexer(markdown).filter(({ type }) => type !== 'space')
        expect(tokens.map(({ type }) => type)).toEqual([
          'heading',
          'paragraph',
          'paragraph',
          'paragraph',
          'table',
          'code',
          'paragraph',
        ])
        for (const alive of ['html', 'image', 'del', 'em', 'def']) expect(typesOf(tokens)).not.toContain(alive)
        const links = tokens
          .flatMap((token) => ('tokens' in token ? (token.tokens ?? []) : []))
          .filter(({ type }) => type === 'link')
        // A bare address may become a link to itself, and to nowhere else.
        for (const link of links)
          expect('href' in link && [link.raw, `http://${link.raw}`, `mailto:${link.raw}`]).toContain(
            'href' in link && link.href,
          )
        expect(shape).toContain('strong')
        const words = (tokens[2] !== undefined && 'tokens' in tokens[2] && wordsOf(tokens[2].tokens ?? [])) || ''
        expect(words.replaceAll(/\s+/g, ' ').trim()).toBe(shown(plainWords(id)))
        for (const text of [markdown, charts['c.svg'] ?? ''])
          expect(text).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e\ud800-\udfff]/u)
        expect(charts['c.svg']).toMatch(/^<svg><text [^<]*>[^<]*<\/text><\/svg>$/)
        expect(renderHtml({ markdown, charts })).not.toMatch(/<(script|img|b)[ >]/)
      }),
      { numRuns: 500 },
    )
  })

  it('is no formula of a spreadsheet', () => {
    for (const id of ["=cmd|'/C calc'!A0", '+1+1', '-2+3', '@SUM(A1)', '=1']) {
      const [csv = ''] = Object.values(renderTables(made(id)))
      expect(csv).not.toMatch(/(^|[,"])[=+@-](?!\d+(\.\d+)?([,"\r]|$))/m)
    }
  })
})

/** Private characters stand for others while a report is made. */
function plainWords(id: string): string {
  return id.replace(/[\ue000-\ue07f]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xe000))
}
