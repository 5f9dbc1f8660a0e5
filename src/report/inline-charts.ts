/** Charts made ready to stand in one page, and the style sheets that they share. */
export interface InlineCharts {
  /** Markup by file name. */
  charts: Map<string, string>
  /** Each style sheet once. */
  styles: string[]
}

/**
 * Takes the style sheets out of charts (they are the same in all of them, and one in a page rules all of it) and gives
 * every id the name of its chart in front, so that several charts can stand in one page. They stay markup instead of
 * becoming pictures: their text can be selected, searched and read aloud.
 * @param charts SVG files of ours by file name
 */
export function inlineCharts(charts: Readonly<Record<string, string>>): InlineCharts {
  const styles = new Set<string>()
  const inlined = Object.entries(charts).map(([file, svg]): [string, string] => {
    const bare = svg.replace(/<style>([\s\S]*?)<\/style>\n?/g, (_, style: string) => {
      styles.add(style.trim())
      return ''
    })
    return [file, withOwnIds(bare.trim(), file.replace(/\.svg$/, ''))]
  })
  return { charts: new Map(inlined), styles: [...styles] }
}

/** Quotes in texts are escaped, so what looks like an attribute here is one. */
function withOwnIds(svg: string, name: string): string {
  return svg
    .replace(/ id="([^"]+)"/g, ` id="${name}-$1"`)
    .replace(/ aria-(labelledby|describedby)="([^"]+)"/g, (_, kind: string, ids: string) => {
      const own = ids.split(' ').map((id) => `${name}-${id}`)
      return ` aria-${kind}="${own.join(' ')}"`
    })
    .replace(/url\(#/g, `url(#${name}-`)
    .replace(/ href="#/g, ` href="#${name}-`)
}
