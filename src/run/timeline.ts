import type { ActedOn, Action, PlannedAction } from '../actions/port.js'
import type { ActionRecord } from '../core/actions.js'
import type { RunEvent } from '../core/record.js'
import { sleep } from './sleep.js'

export interface Timeline {
  planned: readonly PlannedAction[]
  on: ActedOn
  /** Start of the counted part on the run clock, from which moments count. */
  startMs: number
  clock: () => number
  /** Fires when the load has ended: what waits is left out, what was done is taken back. */
  signal: AbortSignal
  /** After each action, once its nodes are there. */
  onDone?: () => Promise<void>
  onEvent: (level: RunEvent['level'], text: string, tMs: number) => void
}

/** What was done and has to be taken back, with its place among the rows. */
interface Open {
  row: number
  inverse: Action
}

/**
 * Does every planned action at its time, and takes back what is still done when the signal fires. Actions on different
 * nodes run side by side; those on one node, or on the whole stack, one after another. Never rejects.
 * @returns what was asked for and what became of it, in the order of the plan; then what was taken back at the end
 */
export async function carryOutTimeline(timeline: Timeline): Promise<ActionRecord[]> {
  const { planned, startMs, clock, signal } = timeline
  const carrying = new Carrying(timeline)
  const sorted = planned.toSorted((a, b) => a.atMs - b.atMs)
  await Promise.all(
    sorted.map(async ({ atMs, action }) => {
      const row = carrying.ask(action, { by: 'timeline', asked_ms: Math.round(startMs + atMs) })
      await sleep(startMs + atMs - clock(), signal)
      await carrying.inTurn(row, action)
    }),
  )
  await fired(signal)
  await carrying.takeBack()
  return carrying.rows
}

/** Resolves once the signal has fired. */
function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

class Carrying {
  readonly rows: ActionRecord[] = []
  private readonly turns = new Map<string | null, Promise<void>>()
  private open: Open[] = []

  constructor(private readonly timeline: Timeline) {}

  /** Notes what should be done. @returns its place among the rows */
  ask({ text, kind, node }: Action, asked: Pick<ActionRecord, 'by' | 'asked_ms' | 'undoes'>): number {
    return (
      this.rows.push({ action: text, kind, node, ...asked, began_ms: null, ended_ms: null, outcome: 'left out' }) - 1
    )
  }

  /** Does it once what is being done to the same node has been done, unless the load has ended by then. */
  async inTurn(row: number, action: Action): Promise<void> {
    const turn = (this.turns.get(action.node) ?? Promise.resolve()).then(async () => {
      if (!this.timeline.signal.aborted) await this.carryOut(row, action)
    })
    this.turns.set(action.node, turn)
    await turn
  }

  /** What came last is taken back first; nodes come back before the stack is as it was. */
  async takeBack(): Promise<void> {
    const left = this.open.toReversed()
    const nodes = new Set(left.flatMap(({ inverse: { node } }) => node ?? []))
    const one = async (node: string | null): Promise<void> => {
      for (const { row, inverse } of left.filter((open) => open.inverse.node === node)) {
        // Two things may be taken back by one.
        if (!this.open.some((open) => open.row === row)) continue
        await this.carryOut(this.ask(inverse, { by: 'end', asked_ms: this.now(), undoes: row + 1 }), inverse)
      }
    }
    await Promise.all([...nodes].map(one))
    await one(null)
  }

  private async carryOut(at: number, action: Action): Promise<void> {
    const { on, onEvent } = this.timeline
    const row = this.rows[at]
    if (row === undefined) throw new Error(`no action ${at}`)
    const { level, began, done } = action.told
    row.began_ms = this.now()
    if (began !== undefined) onEvent(level, began, row.began_ms)
    try {
      const settled = this.open.find(({ inverse }) => action.settles(inverse))
      // Before it is done: what is done by halves is taken back as well.
      const inverse = await action.inverse(on)
      if (settled === undefined && inverse !== null) this.open.push({ row: at, inverse })
      await action.apply(on)
      if (action.node === null) await this.timeline.onDone?.()
      if (settled !== undefined) row.undoes ??= settled.row + 1
      this.open = this.open.filter((open) => !action.settles(open.inverse))
      row.outcome = 'done'
    } catch (error) {
      row.outcome = 'failed'
      row.error = error instanceof Error ? error.message : String(error)
    }
    row.ended_ms = this.now()
    if (row.error !== undefined) onEvent('error', `${action.text} failed: ${row.error}`, row.ended_ms)
    else if (done !== undefined) onEvent(level, done, row.ended_ms)
  }

  private now(): number {
    return Math.round(this.timeline.clock())
  }
}
