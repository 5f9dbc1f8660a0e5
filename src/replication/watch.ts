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
  /** Beginnings and ends run one after the other: two that overlapped would leave a detector that nobody stops. */
  private changes: Promise<void> = Promise.resolve()
  private readonly row: DetectionRow

  constructor(
    readonly settings: DetectorSettings,
    /** Called for every alarm, false or not; `begin` continues the watch. */
    private readonly onAlarm: (how: string) => void,
    /** The server lives and refuses the detector, in its own words. */
    private readonly onRefused: (words: string) => void = () => {},
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
  begin(endpoint: Endpoint): Promise<void> {
    return this.change(async () => {
      await this.halt()
      this.since = performance.now()
      const onDown = (how: string): void => this.onAlarm(how)
      const { onRefused } = this
      this.detector = new FailureDetector(databaseProber(endpoint), this.settings, { onDown, onRefused })
    })
  }

  end(): Promise<void> {
    return this.change(() => this.halt())
  }

  private change(what: () => Promise<void>): Promise<void> {
    this.changes = this.changes.then(what)
    return this.changes
  }

  private async halt(): Promise<void> {
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
