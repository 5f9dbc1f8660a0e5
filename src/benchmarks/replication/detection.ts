import { availableParallelism } from 'node:os'
import { execa } from 'execa'
import type { DetectionRow } from '../../core/detection.js'
import { withCommandLine } from '../command.js'
import { atLeast, equal, type Figure, info, median } from '../figure.js'

const WATCH = '10m'
const FREEZES = 10

/** Ten minutes of `guard` at its defaults with every core busy, and how soon each probe interval notices a freeze. */
export async function detection(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    await run('up', 'repl-2', '--engine', 'process')
    const burners = Array.from({ length: availableParallelism() }, () =>
      execa(process.execPath, ['-e', 'for (;;);'], { reject: false }),
    )
    try {
      const text = await run('guard', '--for', WATCH, '--freezes', String(FREEZES), '--json')
      const result = JSON.parse(text) as {
        watched_ms: number
        false_alarms: number
        failovers: unknown[]
        settings: DetectionRow[]
      }
      return [
        atLeast('watched', result.watched_ms / 60_000, 10, 'min'),
        equal('failovers, each of them false: nothing failed', result.failovers.length, 0),
        ...result.settings.flatMap(({ interval_ms, misses, detection_ms, missed, probes, false_alarms }) => [
          info(`${interval_ms} ms, ${misses} misses: detection of a freeze, median`, median(detection_ms), 'ms'),
          info(`${interval_ms} ms: longest`, Math.max(...detection_ms), 'ms'),
          info(`${interval_ms} ms: probes unanswered of ${probes}`, missed),
          info(`${interval_ms} ms: false alarms`, false_alarms),
        ]),
      ]
    } finally {
      for (const burner of burners) burner.kill('SIGKILL')
    }
  })
}
