// Text of others (names that a server gives itself, headers, error messages, logs, files) is text: nothing in it may act on
// the terminal that shows it, or be markup of the document that quotes it.

const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what this takes out
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)?|\x1b[ -/]*[0-~]/g

/** Characters that a terminal acts on, or that change the order in which others are read, instead of showing. */
const ACTIVE =
  /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]/gu

/** As one harmless line: escape codes gone, line breaks and tabs as spaces, what does not show gone. */
export function oneLine(text: string): string {
  return text.replace(ESCAPES, '').replace(/\s+/g, ' ').replace(ACTIVE, '').trim()
}

/** The same with its spaces and line breaks as they are, tabs as spaces. */
export function harmless(text: string): string {
  return text
    .replace(ESCAPES, '')
    .replaceAll('\t', '    ')
    .replace(ACTIVE, (character) => (character === '\n' ? character : ''))
}

/** The same where every character counts: what does not show is written as an escape, as in "\n" or "\u001b". */
export function visible(text: string): string {
  return text.replace(ACTIVE, escaped)
}

/** A value as JSON that can be shown: characters that JSON itself lets stand are escaped, too. */
export function jsonText(value: unknown): string {
  // Outside of strings there is none of these but line breaks.
  return JSON.stringify(value, null, 2).replace(ACTIVE, (character) =>
    character === '\n' ? character : unicodeEscape(character),
  )
}

function escaped(character: string): string {
  return { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character] ?? unicodeEscape(character)
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Instead of a character that does not show, in a document. */
function pictureOf(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : '\ufffd'
}

/** The text as documents can hold it (XML 1.0, 2.2): pictures for what does not show, but for line breaks and tabs. */
export function documentText(text: string): string {
  return text
    .replace(ACTIVE, (character) => (/[\n\r\t]/.test(character) ? character : pictureOf(character)))
    .replace(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
}
