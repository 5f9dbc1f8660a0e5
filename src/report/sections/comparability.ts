import { formatNumber } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import type { Column } from '../../stats/columns.js'
import { median } from '../../stats/quantiles.js'
import type { NamedRun } from '../charts/distribution.js'
import { differences, repeats } from '../differences.js'
import { numberOr } from '../quantities.js'
import { table } from '../table.js'

/** In what the runs differ: a comparison shows the effect of all of it together. */
export function differenceSection(runs: readonly Column[]): string {
  const rows = differences(runs.map(({ runs: [first] }) => first))
  const body =
    rows.length === 0
      ? 'Nothing that shapes the figures differs (the seed aside): these runs repeat one another.'
      : [
          'A comparison shows the effect of all of these together:',
          table(
            [{ title: 'What differs' }, ...runs.map(({ name }) => ({ title: name }))],
            rows.map(({ name, values }) => [name, ...values]),
          ),
        ].join('\n\n')
  return `## What differs\n\n${body}`
}

/** Spread between runs of the same thing: the size of difference that chance makes. Null when none was repeated. */
export function spreadSection(runs: readonly NamedRun[]): string | null {
  const groups = groupRepeats(runs).filter((group) => group.length > 1)
  if (groups.length === 0) return null
  const numbers = ['Goodput/s, median', 'Range', 'Spread', 'p99 ms, median', 'Range', 'Spread']
  return [
    '## Spread between repeats',
    'A difference between stacks that is no larger than the spread between repeats of one stack shows nothing.',
    table(
      [{ title: 'Runs' }, ...numbers.map((title) => ({ title, align: 'right' as const }))],
      groups.map((group) => [
        group.map(({ name }) => name).join(', '),
        ...spread(group.map(({ record }) => record.load.goodput_rps)),
        ...spread(group.map(({ record }) => record.latency.response_ms.p99).filter((value) => value !== null)),
      ]),
    ),
  ].join('\n\n')
}

function groupRepeats(runs: readonly NamedRun[]): NamedRun[][] {
  const groups: NamedRun[][] = []
  for (const run of runs) {
    const group = groups.find(([first]) => first !== undefined && repeats(first.record, run.record))
    if (group === undefined) groups.push([run])
    else group.push(run)
  }
  return groups
}

/** Median, range, and the range as a share of the median. */
function spread(values: readonly number[]): string[] {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high, middle] = [sorted[0], sorted.at(-1), median(sorted)]
  if (low === undefined || high === undefined || middle === null) return ['-', '-', '-']
  return [
    numberOr(middle),
    `${formatNumber(low)} to ${formatNumber(high)}`,
    middle === 0 ? '-' : formatValue((high - low) / middle, 'share'),
  ]
}
