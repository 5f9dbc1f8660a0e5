import type { ProcessIdentity } from '../core/process-identity.js'
import type { Snapshot } from '../core/snapshot.js'
import type { Engine, UpEvent } from '../engines/port.js'
import type { LoadGenerator } from '../load/port.js'

/** What experiments are conducted with: adapters and facts of this process, made by whoever calls. */
export interface LabContext {
  engines(): Promise<Engines>
  /** The engines in the order in which their stacks are listed. */
  allEngines(): Promise<Engine[]>
  generator(): Promise<LoadGenerator>
  /** The password of a database role, of every stack of this state folder. @throws LabError (environment) */
  secret(role: string): string
  identity: ProcessIdentity
  /** Of this process, which owns the stacks that it brings up for itself. */
  pid: number
  /** Of scalelab. */
  version: string
  /** Where the state of running stacks is kept. */
  stateDir: string
  /** Where the built-in scenarios lie. */
  scenariosDir: string
  /** A path as it was given, from where it was given. @throws LabError (environment) when that folder is gone */
  resolve(path: string): string
  /** Who makes what is measured, to be put into a record; empty where nobody said. */
  signed(): Promise<{ author?: string }>
  /** Fires once, when all is to end. */
  signal: AbortSignal
  /** Fires when it is asked for again: what may be left out is not waited for any more. */
  hurry: AbortSignal
  /** Told how it goes. */
  listener: Listener
}

export interface Engines {
  docker: Engine
  process: Engine
}

/** Whoever wants to know how something goes while it goes on; what came of it is returned, and not told here. */
export interface Listener {
  /** One sentence on what was not asked for: something was put right, left behind, could not be read. */
  remark(text: string): void
  /** One sentence on how it goes, or why so: left out where the result alone counts. */
  note(text: string): void
  /** A stack of so many nodes begins to come up. */
  onUp(nodes: number): UpListener
  /** A run begins. */
  openView(): Promise<RunListener>
}

export interface UpListener {
  event(event: UpEvent): void
  /** The stack is up, or will not be. Idempotent. */
  close(): void
}

/** Shown a run while it is measured. */
export interface RunListener {
  /** The run as it is now. */
  update(snapshot: Snapshot): void
  /** The run has ended. Idempotent, never rejects. */
  close(): Promise<void>
}

/** The same lab, telling nothing but what was not asked for: of a run that is one of many. */
export function quietly<Lab extends LabContext>(lab: Lab): Lab {
  const { listener } = lab
  return { ...lab, listener: { ...SILENT, remark: (text) => listener.remark(text) } }
}

/** Tells nothing. */
export const SILENT: Listener = {
  remark() {},
  note() {},
  onUp: () => ({ event() {}, close() {} }),
  openView: async () => ({ update() {}, async close() {} }),
}
