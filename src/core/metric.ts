import type { RunRecord } from './record.js'

/** A figure of a record that expectations and objectives can name. */
export interface Metric {
  name: string
  /** Short name in --slo, if it has one. */
  short?: string
  label: string
  unit: string
  /** Which of two values is the better one; left out where neither is. */
  better?: 'more' | 'less'
  /** Null where the run did not measure it. */
  read(record: RunRecord): number | null
}
