import type { RunEvent } from '../core/record.js'
import type { Fault, FaultTarget } from '../faults/port.js'
import type { PlannedFault } from './plan.js'
import { sleep } from './sleep.js'

/** A planned fault, with what it does. */
export interface Strike extends Omit<PlannedFault, 'fault'> {
  fault: Fault
}

export interface FaultSchedule {
  strikes: readonly Strike[]
  target: FaultTarget
  /** Start of the counted part on the run clock, from which fault times count. */
  startMs: number
  clock: () => number
  /** Fires when the load has ended: faults that wait are skipped, those at work are undone. */
  signal: AbortSignal
  onEvent: (level: RunEvent['level'], text: string, tMs: number) => void
}

/** The planned faults with what they do. @throws Error for a fault that there is none of: the caller made a mistake */
export function strikesOf(planned: readonly PlannedFault[], faults: ReadonlyMap<string, Fault>): Strike[] {
  return planned.map((plan) => {
    const fault = faults.get(plan.fault)
    if (fault === undefined) throw new Error(`no fault ${plan.fault}`)
    return { ...plan, fault }
  })
}

/** Injects every planned fault at its time and undoes it after its length, or when the signal fires. */
export async function injectFaults(schedule: FaultSchedule): Promise<void> {
  await Promise.all(schedule.strikes.map((strike) => carryOut(strike, schedule)))
}

async function carryOut({ fault, node, atMs, forMs }: Strike, schedule: FaultSchedule): Promise<void> {
  const { clock, signal, target, onEvent } = schedule
  await sleep(schedule.startMs + atMs - clock(), signal)
  if (signal.aborted) return
  try {
    onEvent('warn', `${fault.name} ${node}`, clock())
    await fault.inject(target, node)
    await sleep(forMs, signal)
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
