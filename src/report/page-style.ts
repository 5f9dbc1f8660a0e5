import { FONT, INK } from './charts/theme.js'

const MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace"

/** The style sheet of a report as HTML: on screens light or dark as the reader's system is, and on paper. */
export function pageStyle(): string {
  return [
    // Dark is for screens: paper is white.
    `:root{color-scheme:light dark;${variables('light')}}`,
    `@media screen and (prefers-color-scheme:dark){:root{${variables('dark')}}}`,
    '*{box-sizing:border-box}',
    `body{margin:0;background:var(--surface);color:var(--ink);font:16px/1.55 ${FONT};-webkit-text-size-adjust:100%}`,
    'main{max-width:924px;margin:0 auto;padding:32px 32px 72px}',
    'p,ul,ol{max-width:44em;margin:0 0 14px;overflow-wrap:anywhere}ul,ol{padding-left:22px}li{margin:5px 0}',
    'h1{font-size:28px;line-height:1.25;margin:0 0 16px}h1+p{font-size:18px;line-height:1.5}',
    'h2{font-size:20px;line-height:1.3;margin:40px 0 12px;padding-bottom:6px;border-bottom:1px solid var(--edge)}',
    'h3{font-size:16px;margin:26px 0 8px}',
    'a{color:var(--link)}',
    `code,pre{font-family:${MONO};font-size:13.5px}`,
    'code{background:var(--shade);border-radius:4px;padding:1px 5px}pre code{background:none;padding:0}',
    'pre{background:var(--shade);border:1px solid var(--edge);border-radius:6px;padding:12px 14px;margin:0 0 16px;overflow-x:auto;line-height:1.45}',
    '.wide{overflow-x:auto;margin:0 0 18px}',
    'table{border-collapse:collapse;font-size:14px;line-height:1.4;min-width:min(100%,420px)}',
    'th,td{padding:6px 12px;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}',
    'th{font-weight:600;color:var(--muted);border-bottom-color:var(--axis);vertical-align:bottom}',
    'tbody tr:hover{background:var(--shade)}',
    '.cell-number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}th.cell-number{white-space:normal}',
    'figure{margin:18px 0 22px}figure svg{display:block;max-width:100%;height:auto}',
    '.no-chart{color:var(--muted)}',
    '@media(max-width:600px){main{padding:20px 16px 48px}h1{font-size:24px}}',
    '@media print{@page{margin:16mm}body{font-size:10.5pt}main{max-width:none;padding:0}a{color:inherit}',
    'h2,h3{break-after:avoid}figure,pre,tr{break-inside:avoid}thead{display:table-header-group}',
    '.wide{overflow:visible}table{font-size:8.5pt}th,td{padding:3px 6px}.cell-number{white-space:normal}pre{white-space:pre-wrap}}',
  ].join('\n')
}

function variables(mode: 'light' | 'dark'): string {
  const { surface, edge, ink, muted, grid, axis } = INK[mode]
  const more = mode === 'light' ? { link: '#0969da', shade: '#f6f8fa' } : { link: '#6cb6ff', shade: '#161b22' }
  return Object.entries({ surface, edge, ink, muted, grid, axis, ...more })
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')
}
