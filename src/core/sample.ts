/**
 * One number read at one moment.
 * `t` is in milliseconds on the run's one monotonic clock; 0 is the start of the load (warm-up included).
 */
export interface Sample {
  t: number
  /** What was read, dotted: "load.offered_rps", "node.cpu_percent", "host.cpu_percent". */
  kind: string
  node?: string
  value: number
  unit: string
}
