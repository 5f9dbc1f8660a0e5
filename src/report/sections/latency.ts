import type { Percentiles, RunRecord } from '../../core/record.js'
import { formatNumber } from '../../core/units.js'
import { numberOr } from '../quantities.js'
import { table } from '../table.js'

/** Percentiles of response and service time, and of error answers apart from them. */
export function latencySection(record: RunRecord): string {
  const { response_ms, service_ms, error_response_ms } = record.latency
  const columns = ['Answers', 'mean', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max']
  return [
    '## Latency',
    table(
      [{ title: 'ms' }, ...columns.map((title) => ({ title, align: 'right' as const }))],
      [
        row('response time', response_ms),
        row('service time', service_ms),
        ...(error_response_ms.count > 0 ? [row('response time of error answers', error_response_ms)] : []),
      ],
    ),
    [
      'Only answers below 400 count in the first two rows: a fast refusal is no fast answer.',
      ...(error_response_ms.count === 0 ? ['There were no error answers.'] : []),
      ...(response_ms.count === 0 ? ['Nothing was answered well, so there is nothing to measure.'] : []),
      ...gap(record),
    ].join(' '),
  ].join('\n\n')
}

function row(name: string, percentiles: Percentiles): string[] {
  const { mean, p50, p90, p95, p99, p99_9, max } = percentiles
  return [name, formatNumber(percentiles.count), ...[mean, p50, p90, p95, p99, p99_9, max].map(numberOr)]
}

/** Says so where requests waited to be sent: service time alone would hide it. */
function gap(record: RunRecord): string[] {
  const { response_ms, service_ms } = record.latency
  if (record.load.mode === 'closed' || response_ms.p99 === null || service_ms.p99 === null) return []
  const waited = response_ms.p99 - service_ms.p99
  return waited > 0.1 * response_ms.p99
    ? [
        `At p99 the response time is ${formatNumber(waited)} ms longer than the service time: requests waited to be sent.`,
      ]
    : []
}
