/** Width of every chart in pixels: GitHub shows it nearly one to one. */
export const WIDTH = 860

/**
 * Colours of series, in order of use: Okabe and Ito's palette (Color Universal Design, 2008), which readers with any
 * kind of colour blindness can tell apart; some are lightened for dark surfaces. Lines differ in dashes as well.
 */
const SERIES = [
  { light: '#0072b2', dark: '#56b4e9' },
  { light: '#d55e00', dark: '#f0883e' },
  { light: '#009e73', dark: '#2cc295' },
  { light: '#b35c90', dark: '#dd94bf' },
  { light: '#b07a00', dark: '#e6b422' },
  { light: '#57606a', dark: '#a8b1bb' },
]

/** How many series have a colour of their own; more begin again. */
export const SERIES_COLOURS = SERIES.length

/** What is drawn on, and with, by how bright the surface is. */
export const INK = {
  light: { surface: '#ffffff', edge: '#d1d9e0', ink: '#1f2328', muted: '#59636e', grid: '#e4e8ec', axis: '#818b98' },
  dark: { surface: '#0d1117', edge: '#3d444d', ink: '#f0f6fc', muted: '#9aa4af', grid: '#262c35', axis: '#7d8590' },
}

export const FONT = "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"

/** The style sheet of every chart, for light and dark surfaces. */
export function styleSheet(): string {
  return [
    `text{font:13px ${FONT};fill:currentColor}`,
    '.title{font-size:16px;font-weight:600}.small{font-size:12px}.strong{font-weight:600}.number{font-size:11px;font-weight:600}',
    '.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.tie{stroke-width:1;stroke-dasharray:none}',
    '.dash1{stroke-dasharray:7 4}.dash2{stroke-dasharray:2 4}.band{opacity:.14}',
    '.mark{stroke-width:1.5;stroke-dasharray:4 3}.expected{stroke-width:2}.halo{paint-order:stroke;stroke-width:4;stroke-linejoin:round}',
    colours('light'),
    `@media(prefers-color-scheme:dark){${colours('dark')}}`,
  ].join('\n')
}

function colours(mode: 'light' | 'dark'): string {
  const { surface, edge, ink, muted, grid, axis } = INK[mode]
  return [
    `svg{color:${ink}}.surface{fill:${surface};stroke:${edge}}.halo{stroke:${surface}}`,
    `.muted{fill:${muted}}.grid{stroke:${grid}}.axis{stroke:${axis}}.shade{fill:${muted};opacity:.13}`,
    `.mark{stroke:${muted}}.badge{fill:${surface};stroke:${muted}}.expected{stroke:${ink}}.ink{fill:${ink}}.plan{stroke:${muted}}.fillplan{fill:${muted}}`,
    ...SERIES.map((colour, i) => `.s${i}{stroke:${colour[mode]}}.f${i}{fill:${colour[mode]}}`),
  ].join('')
}
