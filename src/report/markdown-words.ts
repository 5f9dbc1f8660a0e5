import type { Token } from 'marked'

/** The text of a piece of Markdown, its marks left out. Entities that stand for characters of markup are read. */
export function wordsOf(tokens: readonly Token[]): string {
  return tokens
    .map((token): string => {
      if (token.type === 'br') return ' '
      if (token.type === 'codespan' || token.type === 'escape') return String(token.text)
      if (token.type === 'image') return String(token.text)
      if ('tokens' in token && token.tokens !== undefined) return wordsOf(token.tokens)
      if (token.type === 'html') return token.raw
      return 'text' in token ? decoded(String(token.text)) : token.raw
    })
    .join('')
}

/** What `plain` wrote for a character that would have begun a tag. */
function decoded(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}

/** Lower case letters, digits and hyphens; "part" for words that have none of them. */
export function slugOf(words: string): string {
  const slug = words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return slug === '' ? 'part' : slug
}
