import { escapeText } from './charts/svg.js'
import { type Entry, GLOSSARY, patternOf } from './glossary.js'

/** The words of the glossary in a page: each is explained where it stands for the first time. */
export class ExplainedWords {
  private readonly left: { entry: Entry; pattern: RegExp }[] = GLOSSARY.map((entry) => ({
    entry,
    pattern: patternOf(entry),
  }))
  private silent = false

  /** @param text escaped for HTML, without an element in it */
  explained(text: string): string {
    if (this.silent) return text
    const found = this.left.flatMap((one) => {
      const match = one.pattern.exec(text)
      return match === null ? [] : [{ ...one, from: match.index, to: match.index + match[0].length }]
    })
    // Of words that overlap ("achieved" and "achieved rate") the longer one that begins first.
    const inOrder = found.toSorted((a, b) => a.from - b.from || b.to - a.to)
    let written = ''
    let at = 0
    for (const one of inOrder) {
      if (one.from < at) continue
      this.left.splice(
        this.left.findIndex(({ entry }) => entry === one.entry),
        1,
      )
      const word = text.slice(one.from, one.to)
      written += `${text.slice(at, one.from)}<abbr title="${escapeText(one.entry.meaning)}">${word}</abbr>`
      at = one.to
    }
    return written + text.slice(at)
  }

  /** Text in which nothing is explained: headings, and links to them. */
  without(text: () => string): string {
    this.silent = true
    try {
      return text()
    } finally {
      this.silent = false
    }
  }
}
