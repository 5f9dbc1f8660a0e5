import type { Fault } from './port.js'

/** Freezes the node: connections stay open and nothing answers, the hardest case for those who wait for it. */
export const pause: Fault = {
  name: 'pause',
  summary: 'freezes a node: its connections stay open and nothing answers',
  inject: (target, node) => target.pause(node),
  undo: (target, node) => target.resume(node),
}
