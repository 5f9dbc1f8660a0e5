import { FONT, INK } from './charts/theme.js'

const MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace"

/** On a phone a row of a table is a list of its values, each with its title. */
const STACKED = [
  'table,tbody,tr,td{display:block;width:100%}thead{display:none}',
  'tbody tr{padding:8px 0;border-bottom:1px solid var(--axis)}',
  'td,.cell-number{padding:3px 0;border:0;text-align:left}',
  'td::before{content:attr(data-title) ": ";color:var(--muted)}',
  'td:not([data-title]){font-weight:600}td:not([data-title])::before{content:none}td:empty{display:none}',
  '.many-columns td{padding:3px 0}',
].join('')

/** The style sheet of a report as HTML: on screens light or dark as the reader's system is, and on paper. */
export function pageStyle(): string {
  return [
    // Dark is for screens: paper is white.
    `:root{color-scheme:light dark;${variables('light')}}`,
    `@media screen and (prefers-color-scheme:dark){:root{${variables('dark')}}}`,
    '*{box-sizing:border-box}',
    `body{margin:0;background:var(--surface);color:var(--ink);font:16px/1.55 ${FONT};-webkit-text-size-adjust:100%}`,
    'main{max-width:1180px;margin:0 auto;padding:32px 32px 72px}',
    'p,ul,ol{max-width:48em;margin:0 0 14px;overflow-wrap:anywhere}ul,ol{padding-left:22px}li{margin:5px 0}',
    'h1{font-size:28px;line-height:1.25;margin:0 0 16px;overflow-wrap:anywhere}h1+p{font-size:18px;line-height:1.5}',
    'h2{font-size:20px;line-height:1.3;margin:40px 0 12px;padding-bottom:6px;border-bottom:1px solid var(--edge)}',
    'h3{font-size:16px;margin:26px 0 8px}',
    'a{color:var(--link)}abbr{text-decoration:underline dotted var(--muted);text-underline-offset:3px;cursor:help}',
    `code,pre{font-family:${MONO};font-size:13.5px}`,
    'code{background:var(--shade);border-radius:4px;padding:1px 5px;overflow-wrap:anywhere}pre code{background:none;padding:0}',
    // A command in two lines can still be copied; one that is cut off cannot be read.
    'pre{background:var(--shade);border:1px solid var(--edge);border-radius:6px;padding:12px 14px;margin:0 0 16px;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45}',
    'table{border-collapse:collapse;font-size:14px;line-height:1.4;max-width:100%;margin:0 0 18px}',
    // No column narrower than a short word, none so wide that another one is pushed out.
    'th,td{padding:6px 12px;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid);overflow-wrap:anywhere;min-width:9ch}',
    'th{font-weight:600;color:var(--muted);border-bottom-color:var(--axis);vertical-align:bottom;overflow-wrap:break-word}',
    '.many-columns{font-size:13px}.many-columns th,.many-columns td{padding:5px 7px}',
    'tbody tr:hover{background:var(--shade)}',
    '.cell-number{text-align:right;font-variant-numeric:tabular-nums;min-width:0;overflow-wrap:break-word}',
    'figure{margin:18px 0 22px}figure svg{display:block;width:100%;max-width:960px;height:auto}',
    '.no-chart{color:var(--muted)}',
    `@media screen and (max-width:640px){main{padding:20px 16px 48px}h1{font-size:24px}figure{margin:14px -10px 18px;overflow-x:auto}figure svg{min-width:600px}${STACKED}}`,
    '@media print{@page{margin:14mm}body{font-size:10pt}main{max-width:none;padding:0}a,abbr{color:inherit;text-decoration:none}',
    'p,ul,ol{max-width:none;orphans:3;widows:3}h1,h2,h3{break-after:avoid}figure,pre,tr,li{break-inside:avoid}thead{display:table-header-group}',
    'figure svg{max-width:100%;max-height:110mm}pre{font-size:8pt}',
    'table{font-size:8.5pt}th,td{padding:3px 5px}.many-columns{font-size:7.5pt}.many-columns th,.many-columns td{padding:2px 3px}}',
  ].join('\n')
}

function variables(mode: 'light' | 'dark'): string {
  const { surface, edge, ink, muted, grid, axis } = INK[mode]
  const more = mode === 'light' ? { link: '#0969da', shade: '#f6f8fa' } : { link: '#6cb6ff', shade: '#161b22' }
  return Object.entries({ surface, edge, ink, muted, grid, axis, ...more })
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')
}
