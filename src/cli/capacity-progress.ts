import type { CapacityRecord } from '../core/capacity.js'
import { formatDuration } from '../core/units.js'
import type { SearchListener } from '../lab/capacity/capacity-search.js'
import { maximumLine, probeLine, probingLine } from '../ui/capacity.js'
import { truncate } from '../ui/width.js'
import type { Lab } from './lab.js'

const CLEAR_LINE = '\r\x1b[2K'

/**
 * Tells of a search on stderr: a line for every run that has ended, and what is under way on a last line that is
 * written over; where it cannot be, as a line of its own.
 * @param runMs how long one probe should take, until one has
 */
export function capacityProgress(lab: Lab, runMs: number): SearchListener & { close(): void } {
  const { stderr } = lab.os
  const isTTY = stderr.isTTY === true
  const width = (): number => (isTTY ? stderr.columns - 1 : 100)
  const look = (): { width: number; colour: boolean } => ({ width: width(), colour: lab.look().colour && isTTY })
  let begun = performance.now()
  const took: number[] = []
  let live = false
  let told = 0

  const clear = (): void => {
    if (live) stderr.write(CLEAR_LINE)
    live = false
  }
  const under = (text: string): void => {
    clear()
    begun = performance.now()
    stderr.write(isTTY ? truncate(`... ${text}`, width()) : `... ${text}\n`)
    live = isTTY
  }
  const perProbe = (): number => (took.length === 0 ? runMs : took.reduce((sum, ms) => sum + ms, 0) / took.length)

  return {
    onMaximum: () => under('closed loop: the most that the stack can do'),
    onProbe: (step) => under(probingLine(step, step.probesLeft * perProbe())),
    onRecord(record: CapacityRecord) {
      clear()
      const probe = record.probes.at(-1)
      if (probe === undefined) lab.remark(maximumLine(record, look()))
      else if (record.probes.length > told) {
        took.push(performance.now() - begun)
        lab.remark(probeLine(probe, look()))
      }
      told = record.probes.length
    },
    onWarning(text) {
      clear()
      lab.remark(`! ${text}`)
    },
    close: clear,
  }
}

/** Of --json: nothing is told. */
export function silentProgress(): SearchListener & { close(): void } {
  return { onMaximum() {}, onProbe() {}, onRecord() {}, onWarning() {}, close() {} }
}

/** "8.0 s after 2.0 s of warm-up". */
export function probeWords(durationMs: number, warmupMs: number): string {
  return `${formatDuration(durationMs)}${warmupMs > 0 ? ` after ${formatDuration(warmupMs)} of warm-up` : ''}`
}
