import { formatNumber, formatRatio, formatShare, fromTo } from '../core/units.js'
import type { ComparedResults } from '../stats/compared-runs.js'
import { growthWords, scalingLossWords } from '../stats/fits/fit-words.js'
import { type BudgetResult, type LevelResult, scalingResults } from '../stats/scaling-results.js'
import { latencyComparison } from './charts/distribution.js'
import { valuesByRun } from './charts/dot-rows.js'
import { fittedSpeedup } from './charts/growth.js'
import { voidWords } from './compared-words.js'
import type { Lead } from './lead.js'
import { capital, count, list, numberOr } from './quantities.js'
import { drawn, picture, type Report, reportOf } from './report-of.js'
import { limitSection, methodSection, runSection, variantSection } from './sections/compared.js'
import { environmentSection } from './sections/environment.js'
import { fitSection } from './sections/fits.js'
import { plain, right, table } from './table.js'

/** The report of a scaling experiment. A pure function of its results. */
export function renderScaling(results: ComparedResults): Report {
  const { comparison, variants, metrics, cells } = results
  const { levels, budgets, fits } = scalingResults(results)
  const [metric] = metrics
  const runs = variants.map(({ name }) => ({
    name,
    values: (cells[metric?.name ?? '']?.[name]?.values ?? []).filter((value) => value !== null),
  }))
  const merged = variants.flatMap(({ name, pooled }) => (pooled === null ? [] : [{ name, record: pooled }]))
  const charts = drawn({
    'fitted-speedup.svg': fits === null ? null : fittedSpeedup(fits),
    'runs.svg': metric === undefined ? null : valuesByRun(runs, metric.label, metric.unit),
    'latency.svg': merged.length === 0 ? null : latencyComparison(merged),
  })
  const first = variants.flatMap((variant) => variant.runs)[0]
  const parts = [
    `Experiment \`${comparison.id}\`, ${fromTo(comparison.started_at, comparison.ended_at)}.`,
    levelSection(levels),
    ...picture(charts, 'fitted-speedup.svg', 'Measured speed-up with the fitted laws, beside linear growth'),
    ...(budgets.length === 0 ? [] : [budgetSection(budgets)]),
    ...(fits === null
      ? ['## Laws of scaling\n\nFewer than three levels have a run that counts: no law is fitted.']
      : [fitSection(fits)]),
    ...picture(charts, 'runs.svg', 'The capacity of each run'),
    ...picture(charts, 'latency.svg', 'Distribution of the response time at capacity, all runs of a variant merged'),
    variantSection(variants),
    runSection(results),
    ...(comparison.reading === null ? [] : [`## How to read the answer\n\n${plain(comparison.reading)}`]),
    methodSection(results),
    limitSection(results),
    ...(first === undefined ? [] : [environmentSection(first)]),
  ]
  return reportOf({
    title: `${plain(comparison.question)}`,
    lead: scalingLead(results),
    authors: [comparison.author],
    parts,
    charts,
  })
}

/** How capacity grew, in plain words. */
export function scalingLead(results: ComparedResults): Lead {
  const { comparison, variants } = results
  const { budgets, fits, levels } = scalingResults(results)
  const doubts = voidWords(variants)
  const measured = levels.filter(({ x }) => x !== null).length
  const least = Math.min(...levels.map(({ runs }) => runs))
  return {
    doubt:
      doubts.length === 0
        ? []
        : [`${capital(list(doubts))}: what those levels can do is not known, and nothing is said of them.`],
    asked: [comparison.question],
    found:
      fits === null
        ? [`${count(measured, 'level')} of ${formatNumber(levels.length)} could be measured.`]
        : [growthWords(fits)],
    means: [...(fits === null ? [] : scalingLossWords(fits)), ...budgetSentence(budgets)],
    sure: [
      `It rests on ${count(least, 'run')} of each level or more, each on fresh processes; beyond the levels that were measured a law is a guess.`,
    ],
  }
}

function budgetSentence(budgets: readonly BudgetResult[]): string[] {
  const told = budgets.filter(({ ratio }) => ratio !== null)
  if (told.length === 0) return []
  const each = told.map(({ n, ratio, interval }) => {
    const reach = interval === null ? '' : ` (${interval.map(formatRatio).join(' to ')})`
    return `${formatRatio(ratio ?? 0)} with ${formatNumber(n)} times the budget${reach}`
  })
  return [`One larger instance, held against as many smaller ones, answers ${list(each)}.`]
}

function levelSection(levels: readonly LevelResult[]): string {
  return [
    '## Capacity, speed-up and efficiency',
    table(
      right('n', 'Runs', 'Capacity, requests/s', 'Speed-up', '95 % interval', 'Efficiency', 'Each one more adds'),
      levels.map(({ n, runs, x, speedup, interval, efficiency, added }) => [
        formatNumber(n),
        formatNumber(runs),
        numberOr(x),
        speedup === null ? '-' : formatRatio(speedup),
        interval === null ? '-' : interval.map(formatRatio).join(' to '),
        efficiency === null ? '-' : formatShare(efficiency),
        added === null ? '-' : formatShare(added),
      ]),
    ),
    'Capacity is the median of closed-loop runs. Speed-up is the geometric mean of the ratios to the first level within blocks; efficiency is speed-up over n, 100 % being linear; "each one more adds" is in shares of what one alone can do.',
  ].join('\n\n')
}

function budgetSection(budgets: readonly BudgetResult[]): string {
  return [
    '## Vertical against horizontal',
    table(
      right('Budget', 'More instances, requests/s', 'One larger, requests/s', 'Ratio', '95 % interval'),
      budgets.map(({ n, horizontal, vertical, ratio, interval }) => [
        formatNumber(n),
        numberOr(horizontal),
        numberOr(vertical),
        ratio === null ? '-' : formatRatio(ratio),
        interval === null ? '-' : interval.map(formatRatio).join(' to '),
      ]),
    ),
    'The budget is the number of workers: n instances of one worker behind the balancer, or one instance of n workers, which serves from one queue. What a larger machine costs, and that it is one point of failure, is not in these figures.',
  ].join('\n\n')
}
