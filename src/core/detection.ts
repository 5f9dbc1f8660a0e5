/** How a setting of a failure detector did: how soon it noticed, and how often it was wrong. */
export interface DetectionRow {
  interval_ms: number
  misses: number
  /** From a freeze to its detection, one per freeze; empty where none was measured. */
  detection_ms: number[]
  watched_ms: number
  probes: number
  /** Probes that stayed unanswered for an interval; fewer in a row than `misses` are no alarm. */
  missed: number
  /** Probes whose time was up because the watching process itself had not run: they count as nothing. */
  late: number
  /** Alarms about a server that ran. */
  false_alarms: number
}
