import type { RunRecord } from '../../core/record.js'
import { actionsOf } from '../../core/record-actions.js'
import { shardingParametersOf } from '../../core/record-parameters.js'
import type { Trial } from '../../core/trial.js'
import { runKindOf } from '../../core/validity.js'
import { count } from '../quantities.js'

/** What limits the answer: not faults of the run, but how far its figures reach. */
export function limitSection(record: RunRecord): string {
  return `## What limits the answer\n\n${limits(record)
    .map((limit) => `- ${limit}`)
    .join('\n')}`
}

function limits(record: RunRecord): string[] {
  const { load, latency, engine, environment } = record
  const answers = latency.response_ms.count
  return [
    engine === null
      ? 'The state of the system and of the network to it is not known: other traffic, its machine, its versions.'
      : `Everything ran on one machine: generator, ${partsOf(record)} shared ${count(environment.cores, 'core')} and no real network lay between them.`,
    ...(record.trial === undefined ? [] : drillLimits(record.trial)),
    ...shardLimits(record),
    ...(record.work.startsWith('calibrated')
      ? [
          'The instances wait as the model says instead of computing: capacity is set by the model, and the run shows what the stack makes of it, not how fast the code is.',
        ]
      : []),
    ...(runKindOf(record) === 'act'
      ? []
      : load.mode === 'closed'
        ? [
            'A closed loop finds the capacity; the latency it shows is that of a full queue. For latency at a given rate run an open loop (`--rps`).',
          ]
        : [
            'An open loop shows the latency at the offered rate, not the capacity. For that run a closed loop (`--max`).',
          ]),
    ...(actionsOf(record).some(({ kind }) => kind === 'kill' || kind === 'stop') &&
    record.parameters.kind === 'balanced'
      ? [
          'A balancer leaves an instance that failed alone for a while (here `max_fails=1 fail_timeout=10s`) and sends idempotent requests to another: requests are rarely lost, and the share of the instance recovers later than it does.',
        ]
      : []),
    ...(answers > 0 && answers < 10_000 ? [fewAnswers(answers)] : []),
    'One run is one sample: repeat it before believing a difference of a few per cent (`scalelab report <run> <run>...` puts runs side by side).',
  ]
}

/** How far figures of shards on one machine reach. */
function shardLimits(record: RunRecord): string[] {
  const sharding = shardingParametersOf(record)
  if (sharding === null || record.engine === null) return []
  return [
    sharding.query_ms > 0 || sharding.cpus !== null
      ? 'The capacity of a shard is stated, not found: what more shards bring is what routing makes of it, as long as the cores they share do not run out.'
      : 'All shards share the cores of this machine: more of them add no capacity that it does not have (`--query-time` with `--pool`, or a processor limit, states what a shard has).',
    ...(record.reshard === undefined
      ? []
      : [
          'Rows moved between servers on one machine: a network between them makes a move slower, and a hold longer by some round trips.',
        ]),
  ]
}

function partsOf({ nodes, sharding }: RunRecord): string {
  if (sharding !== undefined) return 'balancer, instances and shards'
  if (nodes.some(({ role }) => role === 'database')) return 'balancer, instances and databases'
  return nodes.length > 1 ? 'balancer and instances' : 'instance'
}

/** How far the figures of a drill reach. */
export function drillLimits({ fault }: Pick<Trial, 'fault'>): string[] {
  return [
    fault === 'pause'
      ? 'A frozen node stands for a lost machine or network: nothing says that it is gone, so detection takes its probes.'
      : 'A process that ends closes its sockets, which is noticed at once. A machine or a network that is lost says nothing: `--fault pause` is the drill for that.',
    'A recovery time is believed only beside the rate of false alarms of the same detector: probes that give up sooner detect sooner and err more often.',
  ]
}

/** How many answers a percentile of the tail rests on. */
function fewAnswers(answers: number): string {
  const beyond = Math.round(answers / 1_000)
  const rests =
    beyond < 1 ? 'p99.9 is no more than the slowest answer' : `p99.9 rests on the slowest ${count(beyond, 'answer')}`
  return `${rests}${answers < 1_000 ? ', and p99 on fewer than ten' : ''}: a longer run makes it firmer.`
}
