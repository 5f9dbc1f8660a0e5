import type { Fault } from './port.js'

/** SIGTERM: the node may drain, as in a deployment. Undone by starting the node again. */
export const stop: Fault = {
  name: 'stop',
  summary: 'ends a node in order (SIGTERM), letting it finish what it was doing',
  inject: (target, node) => target.stop(node),
  undo: (target, node) => target.restart(node),
}
