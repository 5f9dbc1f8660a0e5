import { faultKind, restored } from '../actions/faults.js'
import { parseLine, parsePlanned } from '../actions/grammar.js'
import type { PlannedAction } from '../actions/port.js'
import { usageError } from '../core/errors.js'
import { formatTime } from '../core/parameters/kinds.js'
import type { Scenario } from '../core/scenario.js'
import { parseDuration } from '../core/units.js'

/** What is done to a stack while the load runs, as commander gives it. */
export interface TimelineOptions {
  at?: string[]
  fault?: string[]
}

/** The timeline of the flags; without any, that of the scenario. @throws LabError (usage) */
export function timelineOf(
  { at, fault }: TimelineOptions,
  { timeline = [] }: Partial<Pick<Scenario, 'timeline'>>,
): PlannedAction[] {
  if (at === undefined && fault === undefined) {
    return timeline.map((line) => parsePlanned(line, `timeline: ${formatTime(line.at)} ${line.do}`))
  }
  return [...(at ?? []).map((line) => parseLine(line, '--at')), ...(fault ?? []).flatMap(parseFault)]
}

/** Short for two moments of a timeline: `kill:api-2@5s+1s` is `5s kill api-2` and `6s restore api-2`. */
function parseFault(text: string): PlannedAction[] {
  const [, fault, node, at, length] = /^([a-z-]+):([\w-]+)@([\d.]+[a-z]+)\+([\d.]+[a-z]+)$/.exec(text) ?? []
  if (fault === undefined || node === undefined || at === undefined || length === undefined) {
    throw usageError(`--fault: cannot read "${text}"`, 'Write fault:node@when+length, as in --fault kill:api-2@5s+1s')
  }
  const atMs = parseDuration(at, '--fault')
  return [
    { atMs, action: faultKind(fault).read([node]) },
    { atMs: atMs + parseDuration(length, '--fault'), action: restored(node) },
  ]
}
