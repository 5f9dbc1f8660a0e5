import type { Snapshot } from '../core/snapshot.js'

/** A listener of the run that shows it to a person. A view keeps no state of the run: each snapshot holds all of it. */
export interface View {
  /** Shows the run as it is now. Cheap when nothing changed; a view may skip snapshots, never the last one. */
  update(snapshot: Snapshot): void
  /** Shows something about the command rather than the run, such as "draining, Ctrl-C once more to abort". */
  notice(text: string): void
  /** Gives the terminal back as it was. Idempotent, never rejects; after it `update` and `notice` do nothing. */
  close(): Promise<void>
}
