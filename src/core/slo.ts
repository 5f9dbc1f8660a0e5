import { unknownValueError, usageError } from './errors.js'
import type { Metric } from './metric.js'
import { findMetric, METRICS } from './metrics.js'
import { parseDuration } from './units.js'

export const COMPARISONS = ['<=', '>=', '<', '>'] as const
export type Comparator = (typeof COMPARISONS)[number]

/** One objective: a metric, a comparison and a bound in the metric's unit. */
export interface Objective {
  text: string
  metric: Metric
  comparison: Comparator
  bound: number
}

/**
 * Reads service level objectives: a comma-separated list of metric, comparison and bound, as in
 * `p99<50ms,errors<0.1%,rps>=1400`. Bounds on times need a unit, bounds on shares may be percentages.
 * @throws LabError (usage) that names the part that is wrong
 */
export function parseSlo(text: string): Objective[] {
  return text.split(',').map((part) => parseObjective(part.trim()))
}

function parseObjective(text: string): Objective {
  const match = /^([\w.]+)\s*(<=|>=|<|>)\s*([\d.]+\s*\S*)$/.exec(text)
  const [, name, operator, boundText] = match ?? []
  const comparison = COMPARISONS.find((known) => known === operator)
  if (name === undefined || comparison === undefined || boundText === undefined) {
    throw usageError(`--slo: cannot read "${text}"`, "Write metric, comparison and bound: --slo 'p99<50ms,errors<0.1%'")
  }
  const metric = findMetric(name)
  if (metric === undefined) {
    const names = METRICS.map((known) => known.short)
    throw unknownValueError('metric in --slo', name, names)
  }
  return { text, metric, comparison, bound: parseBound(boundText, metric, text) }
}

function parseBound(text: string, metric: Metric, objective: string): number {
  if (metric.unit === 'ms') return parseDuration(text.replaceAll(' ', ''), `--slo ${objective}`)
  const percent = /^([\d.]+)\s*%$/.exec(text)
  const value = percent === null ? Number(text) : Number(percent[1]) / 100
  // A bare 1 or 5 for a share is meant as a percentage: taken as a share it would always hold.
  const bareWhole = metric.unit === 'share' && percent === null && value >= 1
  if (!Number.isFinite(value) || bareWhole || (percent !== null && metric.unit !== 'share')) {
    throw usageError(
      `--slo: "${text}" is not a bound for ${metric.short ?? metric.name}`,
      metric.unit === 'share'
        ? 'Write a percentage (0.1%) or a share (0.001)'
        : `Write a plain number${metric.unit === '' ? '' : ` (${metric.unit})`}`,
    )
  }
  return value
}
