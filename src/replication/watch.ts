import type { DetectionRow } from '../core/detection.js'
import { type DetectorSettings, databaseProber, FailureDetector } from './detector.js'
import type { Endpoint } from './session.js'

/**
 * Watches one server with a setting, begins again after every alarm, and keeps count. The server may be exchanged for
 * another one.
 */
export class Watch {
  private detector: FailureDetector | undefined
  private since = 0
  private readonly row: DetectionRow

  constructor(
    readonly settings: DetectorSettings,
    /** Called for every alarm, false or not; `begin` continues the watch. */
    private readonly onAlarm: (how: string) => void,
  ) {
    this.row = {
      interval_ms: settings.intervalMs,
      misses: settings.misses,
      detection_ms: [],
      watched_ms: 0,
      probes: 0,
      missed: 0,
      late: 0,
      false_alarms: 0,
    }
  }

  /** Watches this server from now on. */
  async begin(endpoint: Endpoint): Promise<void> {
    await this.end()
    this.since = performance.now()
    this.detector = new FailureDetector(databaseProber(endpoint), this.settings, { onDown: (how) => this.onAlarm(how) })
  }

  async end(): Promise<void> {
    const { detector } = this
    if (detector === undefined) return
    this.detector = undefined
    await detector.stop()
    this.row.watched_ms += performance.now() - this.since
    this.row.probes += detector.counts.probes
    this.row.missed += detector.counts.missed
    this.row.late += detector.counts.late
  }

  falseAlarm(): void {
    this.row.false_alarms += 1
  }

  detectedAfter(ms: number): void {
    this.row.detection_ms.push(Math.round(ms))
  }

  /** Complete once the watch has ended. */
  get result(): DetectionRow {
    return { ...this.row, watched_ms: Math.round(this.row.watched_ms) }
  }
}
