import { formatNumber, formatRatio, formatShare } from '../core/units.js'
import { fitRows, lawWords } from '../stats/fits/fit-words.js'
import type { Fits } from '../stats/fits/fits.js'
import { throughputAt } from '../stats/fits/scaling-law.js'
import { paint } from './style.js'
import { type Cell, renderTable, right, type TextOptions } from './table.js'
import { wrap } from './width.js'

/** Fitted laws of scaling for the terminal: the parameters, every level, and what it means. */
export function renderFits(fits: Fits, options: TextOptions): string {
  const { width, colour } = options
  return [
    parameterTable(fits, options),
    levelTable(fits, options),
    lawWords(fits)
      .map((sentence) => wrap(sentence, width).join('\n'))
      .join('\n'),
    wrap(METHOD, width)
      .map((line) => paint(line, 'dim', colour))
      .join('\n'),
  ].join('\n\n')
}

const METHOD =
  'Least squares in x within bounds; 95 % profile intervals, for independent errors of one size. "Left out": each level predicted by a fit without it.'

function parameterTable(fits: Fits, options: TextOptions): string {
  const rows = fitRows(fits)
  return renderTable(
    [{ title: 'law' }, { title: '' }, right('value'), right('95 % interval'), { title: 'what it is' }],
    rows.map(({ law, name, value, interval, meaning }, i): Cell[] => [
      [law === rows[i - 1]?.law ? '' : law, 'strong'],
      name,
      [value, 'data'],
      interval,
      [meaning, 'dim'],
    ]),
    options,
  )
}

function levelTable({ levels, usl, amdahl }: Fits, options: TextOptions): string {
  const repeated = levels.some(({ measurements }) => measurements > 1)
  return renderTable(
    [
      ...['n', ...(repeated ? ['points'] : []), 'x', 'speed-up', 'efficiency'].map(right),
      ...(usl === null ? [] : [right('USL')]),
      right('Amdahl'),
    ],
    levels.map(({ n, x, measurements, speedup, efficiency }) => [
      formatNumber(n),
      ...(repeated ? [formatNumber(measurements)] : []),
      formatNumber(x),
      formatRatio(speedup),
      formatShare(efficiency),
      ...(usl === null ? [] : [predicted(throughputAt(usl, n), x)]),
      predicted(throughputAt(amdahl, n), x),
    ]),
    options,
  )
}

/** "983 +1.2 %": what a law says, and how far it is from what was measured. */
function predicted(value: number, measured: number): string {
  const off = value / measured - 1
  return `${formatNumber(value)} ${off < 0 ? '-' : '+'}${Math.abs(off * 100).toFixed(1)} %`
}
