import type { Fault } from './port.js'

/** SIGKILL: connections are reset at once, nothing is finished. Undone by starting the node again. */
export const kill: Fault = {
  name: 'kill',
  summary: 'ends a node at once (SIGKILL), without finishing what it was doing',
  inject: (target, node) => target.kill(node),
  undo: (target, node) => target.restart(node),
}
