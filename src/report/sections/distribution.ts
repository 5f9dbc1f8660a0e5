import type { RunRecord } from '../../core/record.js'
import { formatNumber, formatProbability, formatShare } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import { expectedShares } from '../../stats/distribution.js'
import { numberOr } from '../quantities.js'
import { plain, table } from '../table.js'

/** Requests per instance, held against the share each should have. */
export function distributionSection(record: RunRecord): string {
  return ['## Distribution', ...body(record)].join('\n\n')
}

function body(record: RunRecord): string[] {
  if (record.instances.length === 0) {
    return ['No answer named the instance that gave it (header `X-Instance-ID`), so the distribution is not known.']
  }
  return [instanceTable(record), ...statistics(record), ...clientWords(record)]
}

function instanceTable({ instances }: RunRecord): string {
  const expected = expectedShares(instances)
  const columns = ['Requests', 'Share', 'Expected', 'Requests/s', 'p50 ms', 'p99 ms', 'Errors']
  return table(
    [{ title: 'Instance' }, ...columns.map((title) => ({ title, align: 'right' as const }))],
    instances.map((instance, i) => [
      instance.id,
      formatNumber(instance.requests),
      formatShare(instance.share),
      instance.weight > 0 ? formatShare(expected[i] ?? 0) : '-',
      formatNumber(instance.rps),
      numberOr(instance.p50_ms),
      numberOr(instance.p99_ms),
      formatNumber(instance.errors),
    ]),
  )
}

function statistics(record: RunRecord): string[] {
  const { chi_square, p_value, jain_index, max_deviation, degrees_of_freedom } = record.distribution
  const nameless = record.instances.filter((instance) => instance.weight === 0).map(({ id }) => plain(id))
  const apart =
    nameless.length === 0
      ? ''
      : ` Answers of "${nameless.join('", "')}" have no expected share (the balancer itself gave them, or no instance was named); the test leaves them out.`
  if (chi_square === null || p_value === null || jain_index === null || max_deviation === null) {
    return [
      record.instances.length - nameless.length < 2
        ? `With fewer than two instances there is nothing to share out.${apart}`
        : `Without answers there is nothing to share out.${apart}`,
    ]
  }
  return [
    `Chi-square ${formatNumber(chi_square)} with ${degrees_of_freedom} ${degrees_of_freedom === 1 ? 'degree' : 'degrees'} of freedom, ${pText(p_value)}; Jain's index ${jain_index.toFixed(4)}; largest deviation from an expected share ${formatValue(max_deviation, 'share')}.${apart}`,
    reading(record, p_value, max_deviation),
  ]
}

/** Whether simulated clients stayed where they were. */
function clientWords({ clients }: RunRecord): string[] {
  if (clients === undefined || clients.answered_again === 0) return []
  const { answered_again: again, on_one_instance: stayed } = clients
  return [
    `Of ${formatNumber(again)} simulated clients that were answered more than once, ${formatNumber(stayed)} stayed on one instance (${formatShare(stayed / again)}).`,
  ]
}

/** "p = 0.042", "p < 0.001". */
export function pText(p: number): string {
  const text = formatProbability(p)
  return /^[<>-]/.test(text) ? `p ${text}` : `p = ${text}`
}

/** Below this p chance is no likely explanation. */
const UNLIKELY = 0.01

/** What the figures say, in one sentence. */
function reading(record: RunRecord, p: number, deviation: number): string {
  const strategy = record.parameters.strategy
  if (p > 1 - UNLIKELY) {
    return 'The shares are more even than chance would make them (p near 1): the mark of a balancer that takes strict turns, as round robin does.'
  }
  if (p >= UNLIKELY) return 'Chance alone explains the deviations from the expected shares.'
  if (strategy === 'ip-hash') {
    return `The shares differ by more than chance among requests would; ip-hash deals out clients, not requests (${formatNumber(record.load.clients)} simulated ones here), and few clients cannot be shared out evenly.`
  }
  if (strategy === 'least-conn') {
    return 'The shares differ by more than chance would; least-conn follows how busy each instance is and promises no equal shares.'
  }
  return deviation < 0.01
    ? 'With so many requests even small deviations stand out from chance; none reaches 1 %, which is even for practical purposes.'
    : 'The shares differ from the expected ones by more than chance would: something favours an instance, or one was away for a time.'
}
