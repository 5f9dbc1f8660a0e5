import type { ActSettings } from '../core/experiment.js'
import type { Load } from '../core/load.js'
import type { MetricName } from '../core/metrics.js'

/**
 * What is looked at beside the deciding figure, where runs have it, in the order in which it is tested: each only as long as
 * those before it were significant. What an open loop is given comes last.
 */
const BESIDE: readonly MetricName[] = [
  'latency.response_ms.p50',
  'latency.response_ms.p95',
  'latency.response_ms.p99',
  'load.error_share',
  'replication.lag_ms.mean',
  'distribution.jain_index',
  'load.achieved_rps',
  'replication.lag_ms.p99',
  'reads.stale_share',
  'writes.lost',
  'sharding.max_deviation',
  'sharding.skew',
  'sharding.misplaced',
]

/**
 * The figures of a comparison, the deciding one first: capacity for a closed loop, where latency is only connections over
 * rate (Little's law); the p99 for an open one, where the rate is given; of drills the recovery time, of migrations what moved.
 */
export function defaultMetrics(mode: Load['mode'], act: NonNullable<ActSettings>['kind'] | null): MetricName[] {
  const of: Record<NonNullable<ActSettings>['kind'], MetricName[]> = {
    drill: [
      'drill.rto_ms',
      'drill.lost',
      'drill.failed_requests',
      'drill.recovered',
      'drill.detected_ms',
      'writes.unknown',
    ],
    reshard: [
      'sharding.moved_fraction',
      'sharding.held_ms.p95',
      'sharding.max_deviation',
      'sharding.moved_rows',
      'sharding.moving_ms',
      'sharding.held_ms.max',
      'sharding.minimum_fraction',
    ],
  }
  const first: MetricName[] =
    act === null ? [mode === 'closed' ? 'load.achieved_rps' : 'latency.response_ms.p99'] : of[act]
  return [...first, ...BESIDE.filter((name) => !first.includes(name))]
}
