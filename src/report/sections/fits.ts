import { formatNumber, formatRatio, formatShare } from '../../core/units.js'
import { fitRows, formatInterval, lawWords } from '../../stats/fits/fit-words.js'
import type { Fits } from '../../stats/fits/fits.js'
import { throughputAt } from '../../stats/fits/scaling-law.js'
import { table } from '../table.js'

/** Measured throughput by number of workers, and what the fitted laws say there. */
export function levelSection({ levels, usl, amdahl }: Fits): string {
  const repeated = levels.some(({ measurements }) => measurements > 1)
  const known = levels.some(({ interval }) => interval !== null)
  const columns = [
    'n',
    ...(repeated ? ['Points'] : []),
    'x',
    ...(known ? ['Interval'] : []),
    'Speed-up',
    'Efficiency',
    ...(usl === null ? [] : ['USL', 'USL off by']),
    'Amdahl',
    'Amdahl off by',
  ]
  const fewest = levels[0]?.n ?? 1
  return [
    '## Speed-up and efficiency',
    table(
      columns.map((title) => ({ title, align: 'right' })),
      levels.map(({ n, x, measurements, interval, speedup, efficiency }) => [
        formatNumber(n),
        ...(repeated ? [formatNumber(measurements)] : []),
        formatNumber(x),
        ...(known ? [interval === null ? '-' : formatInterval(interval)] : []),
        formatRatio(speedup),
        formatShare(efficiency),
        ...(usl === null ? [] : predicted(throughputAt(usl, n), x)),
        ...predicted(throughputAt(amdahl, n), x),
      ]),
    ),
    [
      `x is throughput${repeated ? ', the median where there are several points' : ''}. Speed-up is x over that of n = ${formatNumber(fewest)}${fewest === 1 ? '' : `, times ${formatNumber(fewest)}`}; efficiency is speed-up over n, 100 % being linear.`,
    ].join(' '),
  ].join('\n\n')
}

/** The fitted laws: parameters with intervals, errors, what they mean, and how they were found. */
export function fitSection(fits: Fits): string {
  const rows = fitRows(fits)
  return [
    '## Laws of scaling',
    table(
      [
        { title: 'Law' },
        { title: '' },
        { title: 'Value', align: 'right' },
        { title: '95 % interval', align: 'right' },
        { title: 'What it is' },
      ],
      rows.map(({ law, name, value, interval, meaning }, i) => [
        law === rows[i - 1]?.law ? '' : law,
        name,
        value,
        interval,
        meaning,
      ]),
    ),
    lawWords(fits).join(' '),
    [
      `The laws are ${fits.usl === null ? "Amdahl's X(n) = gamma n / (1 + sigma (n - 1))" : "the Universal Scalability Law, X(n) = gamma n / (1 + sigma (n - 1) + kappa n (n - 1)), and Amdahl's, which is the same with kappa = 0"}, fitted by least squares in x with gamma >= 0 and ${fits.usl === null ? 'sigma' : 'sigma and kappa'} from 0 to 1.`,
      "Intervals are those of the profile: the values at which the squared residuals, smallest over the other parameters, stay below what Student's t allows. They take errors to be independent and of one size; where the points leave a curve all to one side, the law is not the whole story and the intervals are too narrow.",
      '"Left out" predicts each level by a fit without it.',
    ].join(' '),
  ].join('\n\n')
}

function predicted(value: number, measured: number): string[] {
  const off = value / measured - 1
  return [formatNumber(value), `${off < 0 ? '-' : '+'}${Math.abs(off * 100).toFixed(1)} %`]
}
