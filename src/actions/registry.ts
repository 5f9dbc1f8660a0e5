import { FAULTS, restore } from './faults.js'
import type { ActionKind } from './port.js'
import { replicas, strategy, weights } from './shape.js'

/** Everything that can be done to a running stack. A new action is one file and one entry here. */
export const ACTIONS: readonly ActionKind[] = [...FAULTS, restore, replicas, strategy, weights]
