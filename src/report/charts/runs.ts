import type { RunRecord } from '../../core/record.js'
import { formatNumber, formatRatio, formatShare } from '../../core/units.js'
import { expectedShares } from '../../stats/distribution.js'
import { barChart, percent } from './bars.js'
import type { NamedRun } from './distribution.js'
import { seriesNames, titled } from './names.js'
import type { Svg } from './svg.js'

/** Goodput and errors of several runs as bars; the first run is the baseline of the ratios. */
export function rateComparison(runs: readonly NamedRun[]): Svg | null {
  const baseline = runs[0]?.record.load.goodput_rps ?? 0
  const offered = runs.some(({ record }) => record.load.offered_rps !== null)
  const errors = runs.some(({ record }) => errorRate(record) > 0)
  const { shared, labels } = seriesNames(runs.map(({ name }) => name))
  return barChart({
    title: titled('Rate', shared),
    subtitle: [
      'answers below 400 per second',
      ...(errors ? ['errors beyond them in orange'] : []),
      ...(offered ? ['the dark line is the offered rate'] : []),
    ].join('; '),
    description: runs
      .map(({ name, record }) => `${name}: ${formatNumber(record.load.goodput_rps)} requests/s`)
      .join(', '),
    axis: 'requests per second',
    bars: runs.map(({ record }, i) => ({
      name: labels[i] ?? '',
      value: record.load.goodput_rps,
      errors: errorRate(record),
      mark: record.load.offered_rps,
      words: `${formatNumber(record.load.goodput_rps)}${i === 0 || baseline === 0 ? '' : ` · ${formatRatio(record.load.goodput_rps / baseline)}`}`,
      fill: 'f0',
    })),
  })
}

/** Share of the answers per instance, with the share each should have; null for fewer than two instances. */
export function sharePerInstance(record: RunRecord): Svg | null {
  const { instances } = record
  if (instances.length < 2) return null
  const expected = expectedShares(instances)
  return barChart({
    title: 'Share per instance',
    subtitle: 'of all answers; the dark line is the share each instance should have by its weight',
    description: instances
      .map(({ id, share }, i) => `${id} answered ${formatShare(share)} (expected ${formatShare(expected[i] ?? 0)})`)
      .join(', '),
    axis: 'share of the answers',
    format: percent,
    bars: instances.map((instance, i) => ({
      name: instance.id,
      value: instance.share,
      mark: instance.weight > 0 ? (expected[i] ?? 0) : null,
      words: `${formatShare(instance.share)} · ${formatNumber(instance.requests)} requests`,
      fill: instance.weight > 0 ? 'f0' : 'f1',
    })),
  })
}

function errorRate(record: RunRecord): number {
  return Math.max(0, record.load.achieved_rps - record.load.goodput_rps)
}
