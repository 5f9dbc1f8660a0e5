import { el, escapeText, line, type Svg, text } from './svg.js'
import { styleSheet, WIDTH } from './theme.js'

/** The rectangle in which values are drawn, in pixels. */
export interface Plot {
  left: number
  right: number
  top: number
  bottom: number
}

export interface ChartText {
  title: string
  /** What is drawn and its unit, in one line. */
  subtitle: string
  /** The same in words, for readers who cannot see it. */
  description: string
}

/** A whole chart: its surface, its heading and its body. */
export function chart(words: ChartText, height: number, body: readonly Svg[]): Svg {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">`,
    `<title id="title">${escapeText(words.title)}</title>`,
    `<desc id="desc">${escapeText(words.description)}</desc>`,
    `<style>${styleSheet()}</style>`,
    el('rect', { class: 'surface', x: 0.5, y: 0.5, width: WIDTH - 1, height: height - 1, rx: 6 }),
    text(words.title, { x: 20, y: 31, class: 'title' }),
    text(words.subtitle, { x: 20, y: 51, class: 'muted' }),
    ...body,
    '</svg>',
  ].join('\n')}\n`
}

export interface Tick {
  /** Position in pixels. */
  at: number
  label: string
}

/** Horizontal grid lines with their labels left of the plot. */
export function valueAxis(plot: Plot, ticks: readonly Tick[]): Svg[] {
  return ticks.flatMap(({ at, label }) => [
    line(plot.left, at, plot.right, at, 'grid'),
    text(label, { x: plot.left - 8, y: at + 4, class: 'muted small', anchor: 'end' }),
  ])
}

/** The base line with its ticks and what they mean; `title` stands below the middle. */
export function baseAxis(plot: Plot, ticks: readonly Tick[], title: string): Svg[] {
  return [
    line(plot.left, plot.bottom, plot.right, plot.bottom, 'axis'),
    ...ticks.flatMap(({ at, label }) => [
      line(at, plot.bottom, at, plot.bottom + 5, 'axis'),
      text(label, { x: at, y: plot.bottom + 19, class: 'muted small', anchor: 'middle' }),
    ]),
    text(title, { x: (plot.left + plot.right) / 2, y: plot.bottom + 38, class: 'muted small', anchor: 'middle' }),
  ]
}
