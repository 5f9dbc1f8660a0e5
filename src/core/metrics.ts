import type { Metric } from './metric.js'
import type { RunRecord } from './record.js'
import { REPLICATION_METRICS } from './replication-metrics.js'
import { SHARDING_METRICS } from './sharding-metrics.js'

/** The share of due requests that were not answered well: HTTP errors, lost and unfinished ones; 0 to 1. */
export function errorShare(record: RunRecord): number | null {
  const { due, ok } = record.load.ledger
  return due === 0 ? null : (due - ok) / due
}

const RESPONSE = [
  ['p50', 'p50', 'median response time'],
  ['p90', 'p90', 'response time p90'],
  ['p95', 'p95', 'response time p95'],
  ['p99', 'p99', 'response time p99'],
  ['p99_9', 'p99.9', 'response time p99.9'],
  ['max', 'max', 'longest response time'],
  ['mean', 'mean', 'mean response time'],
] as const

export const METRICS = [
  {
    name: 'load.achieved_rps',
    short: 'rps',
    label: 'achieved rate',
    unit: 'requests/s',
    better: 'more',
    read: (record: RunRecord) => record.load.achieved_rps,
  },
  {
    name: 'load.goodput_rps',
    short: 'goodput',
    label: 'goodput',
    unit: 'requests/s',
    better: 'more',
    read: (record: RunRecord) => record.load.goodput_rps,
  },
  {
    name: 'load.error_share',
    short: 'errors',
    label: 'requests not answered well',
    unit: 'share',
    better: 'less',
    read: errorShare,
  },
  {
    name: 'load.ledger.lost',
    short: 'lost',
    label: 'lost requests',
    unit: 'requests',
    better: 'less',
    read: (record: RunRecord) => record.load.ledger.lost,
  },
  ...RESPONSE.map(([field, short, label]) => ({
    name: `latency.response_ms.${field}` as const,
    short,
    label,
    unit: 'ms',
    better: 'less' as const,
    read: (record: RunRecord) => record.latency.response_ms[field],
  })),
  {
    name: 'distribution.instances',
    short: 'instances',
    label: 'instances that answered',
    unit: 'instances',
    read: (record: RunRecord) => {
      // Answers that name no instance (a balancer's own 502) have a row of weight 0: they are no instance.
      const instances = record.instances.filter((instance) => instance.weight > 0)
      return instances.length === 0 ? null : instances.filter((instance) => instance.requests > 0).length
    },
  },
  {
    name: 'distribution.max_deviation',
    short: 'unevenness',
    label: 'largest deviation from the expected share',
    unit: 'share',
    better: 'less',
    read: (record: RunRecord) => record.distribution.max_deviation,
  },
  {
    name: 'distribution.jain_index',
    short: 'jain',
    label: "Jain's fairness index",
    unit: '',
    better: 'more',
    read: (record: RunRecord) => record.distribution.jain_index,
  },
  {
    name: 'distribution.clients_on_one_instance',
    short: 'sticky',
    label: 'simulated clients that stayed on one instance',
    unit: 'share',
    read: ({ clients }: RunRecord) =>
      clients === undefined || clients.answered_again === 0 ? null : clients.on_one_instance / clients.answered_again,
  },
  ...REPLICATION_METRICS,
  ...SHARDING_METRICS,
] as const satisfies readonly Metric[]

export type MetricName = (typeof METRICS)[number]['name']
export const METRIC_NAMES = METRICS.map((metric) => metric.name) as [MetricName, ...MetricName[]]

/** The metric of this name or short name. */
export function findMetric(name: string): Metric | undefined {
  return METRICS.find((metric) => metric.name === name || metric.short === name)
}
