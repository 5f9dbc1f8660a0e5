import type { Plot } from './frame.js'
import { cutText, type Svg, text } from './svg.js'
import { WIDTH } from './theme.js'

export interface PanelHeading {
  title: string
  /** In a second line; "" for none. */
  note: string
}

/** Where the panels of small multiples lie, and how high they are together. */
export interface PanelGrid {
  plots: Plot[]
  /** Whether a panel stands at the left edge, where axes have their labels. */
  first: boolean[]
  /** Lower edge of the last row with what stands below its plots, in pixels. */
  bottom: number
}

const SIDE = 20
const GAP = 26
const HEADING = 46

/**
 * Lays panels of equal size out in one, two or three columns.
 * @param height of a plot, in pixels
 * @param top where the first row begins
 * @param room left of each panel for labels of axes, and below and right of each, in pixels
 * @param heading room above each plot for its heading
 */
export function panelGrid(
  panels: number,
  height: number,
  top: number,
  room: { left: number; right: number; below: number },
  heading = HEADING,
): PanelGrid {
  const columns = panels === 1 ? 1 : panels === 2 || panels === 4 ? 2 : 3
  const width = (WIDTH - 2 * SIDE - (columns - 1) * GAP) / columns
  const step = heading + height + room.below
  const plots = Array.from({ length: panels }, (_, i): Plot => {
    const left = SIDE + (i % columns) * (width + GAP)
    const upper = top + Math.floor(i / columns) * step + heading
    return { left: left + room.left, right: left + width - room.right, top: upper, bottom: upper + height }
  })
  return {
    plots,
    first: plots.map((_, i) => i % columns === 0),
    bottom: top + Math.ceil(panels / columns) * step,
  }
}

/** The heading above a panel's plot; it may reach left over the labels of the axis. */
export function panelHeading({ title, note }: PanelHeading, plot: Plot, left: number): Svg[] {
  if (title === '') return []
  const width = plot.right - left
  return [
    text(cutText(title, width / 1.14), { x: left, y: plot.top - 31, class: 'strong' }),
    ...(note === '' ? [] : [text(cutText(note, width, 12), { x: left, y: plot.top - 15, class: 'muted small' })]),
  ]
}
