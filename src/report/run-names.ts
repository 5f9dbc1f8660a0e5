import type { RunRecord } from '../core/record.js'
import type { NamedRun } from './charts/comparison.js'

/** A short name for each run: its scenario, numbered where several runs share one. */
export function nameRuns(records: readonly RunRecord[]): NamedRun[] {
  return records.map((record, i) => {
    const same = records.filter(({ scenario }) => scenario === record.scenario)
    const number = records.slice(0, i + 1).filter(({ scenario }) => scenario === record.scenario).length
    return { name: same.length === 1 ? record.scenario : `${record.scenario} #${number}`, record }
  })
}
