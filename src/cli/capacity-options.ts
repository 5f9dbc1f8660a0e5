import { usageError } from '../core/errors.js'
import type { Metric } from '../core/metric.js'
import { number } from '../core/parameters/kinds.js'
import { type Objective, parseSlo } from '../core/slo.js'
import type { Subject } from '../lab/measure/subject.js'
import type { BenchOptions } from './bench-options.js'

/** Flags of `capacity`, as commander gives them. */
export interface CapacityOptions extends BenchOptions {
  slo: string
  precision: string
  confirm: string
  probes: string
}

export const DEFAULT_SLO = 'p99<50ms,errors<0.1%'

/** How the search goes about it. @throws LabError (usage) */
export function searchOptions(options: CapacityOptions): { precision: number; confirm: number; limit: number } {
  return {
    precision: precisionOf(options.precision),
    confirm: number('--confirm', options.confirm, 0, 20),
    limit: number('--probes', options.probes, 4, 500),
  }
}

function precisionOf(text: string): number {
  const percent = /^([\d.]+)\s*%$/.exec(text.trim())
  const share = percent === null ? Number.NaN : Number(percent[1]) / 100
  if (!(share >= 0.005 && share <= 0.5)) {
    throw usageError(`--precision: "${text}" is not from 0.5% to 50%`, 'Write a percentage of the rate, as in 2%')
  }
  return share
}

/** The objectives, of which each must be one that more load breaks. @throws LabError (usage) */
export function capacityObjectives(text: string): Objective[] {
  const objectives = parseSlo(text)
  for (const objective of objectives) refuseUnsuitable(objective)
  return objectives
}

function refuseUnsuitable({ text, metric, comparison }: Objective): void {
  const name = metric.short ?? metric.name
  if (metric.unit === 'requests/s') {
    throw usageError(
      `--slo ${text}: the rate is what is searched for`,
      `Say what must hold at that rate: --slo '${DEFAULT_SLO}'`,
    )
  }
  const upward = comparison.startsWith('>')
  if ((metric.better === 'less' && upward) || (metric.better === 'more' && !upward)) {
    throw usageError(
      `--slo ${text}: a worse value would meet it, so more load could only help`,
      `Turn it round: --slo '${text.replace(/[<>]/, upward ? '<' : '>')}'`,
    )
  }
  if (/^(drill|sharding\.(moved|minimum|held))/.test(metric.name)) {
    throw usageError(`--slo ${text}: ${name} belongs to a drill or a migration, and a probe is neither`)
  }
}

/** Before anything is started: objectives that no probe could measure. @throws LabError (usage) */
export function refuseUnmeasurable(objectives: readonly Objective[], { parameters, load, scenario }: Subject): void {
  const kinds = load.workload?.mix.map(({ kind }) => kind) ?? []
  const has: [RegExp, boolean, string][] = [
    [/^(replication|databases)\./, parameters?.database != null, 'needs standbys: repl-2'],
    [/^sharding\./, parameters?.sharding != null, 'needs shards: shard-3'],
    [
      /^(reads|writes)\./,
      kinds.some((kind) => kind === 'write' || kind === 'order' || kind === 'transfer'),
      'needs a load that writes: repl-2 --mix read:80,write:20',
    ],
  ]
  for (const { text, metric } of objectives) {
    const missing = has.find(([names, there]) => names.test(metric.name) && !there)
    if (missing === undefined) continue
    throw usageError(`--slo ${text}: ${scenario} does not measure ${nameOf(metric)}`, `It ${missing[2]}`)
  }
}

function nameOf({ short, name }: Metric): string {
  return short ?? name
}
