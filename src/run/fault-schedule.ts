import type { RunEvent } from '../core/record.js'
import type { Fault, FaultTarget } from '../faults/port.js'
import type { PlannedFault } from './plan.js'
import { sleep } from './sleep.js'

export interface FaultSchedule {
  planned: readonly PlannedFault[]
  faults: ReadonlyMap<string, Fault>
  target: FaultTarget
  /** Start of the counted part on the run clock, from which fault times count. */
  startMs: number
  clock: () => number
  /** Fires when the load has ended: faults that wait are skipped, those at work are undone. */
  signal: AbortSignal
  onEvent: (level: RunEvent['level'], text: string, tMs: number) => void
}

/** Injects every planned fault at its time and undoes it after its length, or when the signal fires. */
export async function injectFaults(schedule: FaultSchedule): Promise<void> {
  await Promise.all(schedule.planned.map((planned) => strike(planned, schedule)))
}

async function strike(planned: PlannedFault, schedule: FaultSchedule): Promise<void> {
  const { clock, signal, target, onEvent } = schedule
  const fault = schedule.faults.get(planned.fault)
  if (fault === undefined) throw new Error(`no fault ${planned.fault}`)
  const { node } = planned
  await sleep(schedule.startMs + planned.atMs - clock(), signal)
  if (signal.aborted) return
  try {
    onEvent('warn', `${fault.name} ${node}`, clock())
    await fault.inject(target, node)
    await sleep(planned.forMs, signal)
  } catch (error) {
    onEvent('error', `${fault.name} ${node} failed: ${messageOf(error)}`, clock())
  } finally {
    try {
      await fault.undo(target, node)
      onEvent('info', `${node} is back`, clock())
    } catch (error) {
      onEvent('error', `${node} did not come back: ${messageOf(error)}`, clock())
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
