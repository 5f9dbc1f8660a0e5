import { kill } from './kill.js'
import { pause } from './pause.js'
import type { Fault } from './port.js'
import { stop } from './stop.js'

/** Every fault by name. A new fault is one file and one entry here. */
export const FAULTS: ReadonlyMap<string, Fault> = new Map([kill, stop, pause].map((fault) => [fault.name, fault]))
