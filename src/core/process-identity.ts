/**
 * Tells one process from a later one with the same id. The store has the one implementation; the process engine gets it
 * as an argument.
 */
export interface ProcessIdentity {
  /**
   * Text that no other process of this machine has had or will have together with this id (boot and start time);
   * undefined when no such process lives. A zombie does not live.
   */
  of(pid: number): Promise<string | undefined>
  /** Commands for sh that set the variable `lab_identity` to what `of` gives for the shell, also after its `exec`. */
  readonly shell: string
}
