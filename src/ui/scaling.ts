import { formatNumber, formatRatio, formatShare } from '../core/units.js'
import type { ComparedResults } from '../stats/compared-runs.js'
import { scalingResults } from '../stats/scaling-results.js'
import { renderFits } from './fits.js'
import { paint } from './style.js'
import { renderTable, right, type TextOptions } from './table.js'
import { oneLine } from './width.js'

/** How capacity grew: every level, a larger instance beside as many smaller ones, and the fitted laws. */
export function renderScaling(results: ComparedResults, options: TextOptions): string {
  const { levels, budgets, fits } = scalingResults(results)
  const doubts = results.variants.flatMap(({ name, voided, failure }) => [
    ...(failure === null ? [] : [`${oneLine(name)} could not run: ${oneLine(failure)}`]),
    ...Object.entries(voided).map(([word, n]) => `${oneLine(name)}: ${n} ${n === 1 ? 'run' : 'runs'} voided, ${word}`),
  ])
  const number = (value: number | null, format = formatNumber): string => (value === null ? '-' : format(value))
  const reach = (interval: readonly number[] | null): string =>
    interval === null ? '-' : interval.map(formatRatio).join(' - ')
  return [
    renderTable(
      ['n', 'capacity/s', 'speed-up', '95 % interval', 'efficiency', 'each more adds'].map(right),
      levels.map(({ n, x, speedup, interval, efficiency, added }) => [
        formatNumber(n),
        number(x),
        number(speedup, formatRatio),
        reach(interval),
        number(efficiency, formatShare),
        number(added, formatShare),
      ]),
      options,
    ),
    ...(budgets.length === 0
      ? []
      : [
          renderTable(
            ['budget', 'more instances/s', 'one larger/s', 'ratio', '95 % interval'].map(right),
            budgets.map(({ n, horizontal, vertical, ratio, interval }) => [
              formatNumber(n),
              number(horizontal),
              number(vertical),
              number(ratio, formatRatio),
              reach(interval),
            ]),
            options,
          ),
        ]),
    ...(fits === null ? ['Fewer than three levels could be measured: no law is fitted.'] : [renderFits(fits, options)]),
    ...(doubts.length === 0 ? [] : [doubts.map((text) => paint(text, 'warn', options.colour)).join('\n')]),
  ].join('\n\n')
}
