import { documentText } from '../core/outside-text.js'
import { escapeText } from './charts/svg.js'
import type { Report } from './report-of.js'

/** Characters by which text could become markup; a line break in a name would begin a block. */
const MARKUP =
  /[\\`*[\]<|~\n\r\t]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|&(?=#|\w+;)|(?<=^\s*)(?:>|[#+=-](?=[\s#+=-]|$))|(?<=^\s*\d+)[.)]/gu
/** Where they stand meanwhile, among the characters that are for private use (Unicode Standard, 23.5). */
const AWAY = 0xe000
const STAND_IN = /[\ue000-\ue07f]/g

/**
 * Makes a report of what came from elsewhere so that none of its text can be markup: in its strings every character that
 * Markdown knows stands aside while the report is made, and comes back as its writers have it: escaped in Markdown (as
 * itself between backticks), as an entity in charts. What the report itself writes is its markup, and stays.
 */
export function quotedReport<T>(outside: T, render: (outside: T) => Report): Report {
  const { markdown, charts } = render(putAway(outside, new WeakMap()) as T)
  return {
    markdown: inMarkdown(markdown),
    charts: Object.fromEntries(
      Object.entries(charts).map(([file, svg]) => [
        file,
        svg.replace(STAND_IN, (character) => escapeText(spaced(original(character)))),
      ]),
    ),
  }
}

/** The same value, its strings with stand-ins. What is shared stays shared. */
function putAway(value: unknown, seen: WeakMap<object, unknown>): unknown {
  if (typeof value === 'string') return textAway(value)
  if (typeof value !== 'object' || value === null) return value
  const known = seen.get(value)
  if (known !== undefined) return known
  if (Array.isArray(value)) {
    const copy: unknown[] = []
    seen.set(value, copy)
    for (const item of value) copy.push(putAway(item, seen))
    return copy
  }
  if (value instanceof Map) {
    const copy = new Map<unknown, unknown>()
    seen.set(value, copy)
    for (const [key, item] of value) copy.set(putAway(key, seen), putAway(item, seen))
    return copy
  }
  if (value instanceof Set) return new Set([...value].map((item) => putAway(item, seen)))
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  const copy: Record<string, unknown> = {}
  seen.set(value, copy)
  for (const [key, item] of Object.entries(value)) {
    // Also of a header named __proto__.
    Object.defineProperty(copy, textAway(key), {
      value: key === 'reading' && typeof item === 'string' ? proseAway(item) : putAway(item, seen),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return copy
}

function textAway(text: string): string {
  return documentText(text).replace(MARKUP, (character) => String.fromCharCode(AWAY + character.charCodeAt(0)))
}

/** The same of what an author of scenarios writes for readers, who may name commands between backticks. */
function proseAway(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part, i) => (i % 2 === 1 ? `\`${textAway(part.slice(1, -1))}\`` : textAway(part)))
    .join('')
}

function original(standIn: string): string {
  return String.fromCharCode(standIn.charCodeAt(0) - AWAY)
}

function spaced(character: string): string {
  return /[\n\r\t]/.test(character) ? ' ' : character
}

const FENCE = /^(```)(\w*\n[\s\S]*?\n)```$/gm

function inMarkdown(markdown: string): string {
  let end = 0
  let written = ''
  for (const match of markdown.matchAll(FENCE)) {
    written += inProse(markdown.slice(end, match.index))
    const code = (match[2] ?? '').replace(STAND_IN, (character) => original(character).replace('\r', ' '))
    // Longer than any run of backticks in it, or one of those would end it.
    const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map((run) => run.length))
    const fence = '`'.repeat(longest + 1)
    written += `${fence}${code}${fence}`
    end = match.index + match[0].length
  }
  return written + inProse(markdown.slice(end))
}

function inProse(markdown: string): string {
  return markdown
    .split('\n')
    .map((line) => {
      const cells = line.startsWith('| ')
      // Of the report's own backticks every second one ends code, in which nothing can be escaped.
      return line
        .split('`')
        .map((part, i) =>
          part.replace(STAND_IN, (character) =>
            i % 2 === 1 ? inCode(original(character), cells) : escaped(original(character)),
          ),
        )
        .join('`')
    })
    .join('\n')
}

function escaped(character: string): string {
  return /\s/.test(character) ? ' ' : `\\${character}`
}

function inCode(character: string, cells: boolean): string {
  if (character === '`') return "'"
  return character === '|' && cells ? '\\|' : spaced(character)
}
