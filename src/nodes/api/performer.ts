/** What a request went through, in milliseconds. */
export interface Timing {
  queueMs: number
  serviceMs: number
}

/** Does the work of requests, each in its turn. */
export interface Performer {
  /** Calls `done` when the work is done. False when it is refused: the queue is full, `done` will not be called. */
  perform(done: (timing: Timing) => void): boolean
  /** Requests that wait for their turn. */
  queueLength(): number
  /** Ends its threads. */
  close(): Promise<void>
}
