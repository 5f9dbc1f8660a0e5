import type { TimelineLine } from '../core/actions.js'
import { LabError, unknownValueError, usageError } from '../core/errors.js'
import { formatDuration, parseDuration } from '../core/units.js'
import type { Action, PlannedAction, Where } from './port.js'
import { ACTIONS } from './registry.js'

/** The action of these words: "kill api-2". @throws LabError (usage) naming what is near */
export function parseAction(text: string): Action {
  const [name, ...words] = text.trim().split(/\s+/)
  if (name === undefined || name === '') {
    throw usageError('an action is missing', `One of: ${ACTIONS.map(({ usage }) => usage).join(', ')}`)
  }
  const kind = ACTIONS.find((known) => known.name === name || known.aliases?.includes(name))
  if (kind === undefined) {
    throw unknownValueError(
      'action',
      name,
      ACTIONS.map((known) => known.name),
    )
  }
  return kind.read(words)
}

/**
 * A moment of a timeline with its action.
 * @param what where it is written, named in errors: "--at '5s kill api-2'"
 * @throws LabError (usage)
 */
export function parsePlanned({ at, do: text }: TimelineLine, what: string): PlannedAction {
  return { atMs: at, action: saying(what, () => parseAction(text)) }
}

/** As `--at` has it: "5s kill api-2". */
export function parseLine(line: string, what: string): PlannedAction {
  const [, at, text] = /^\s*(\S+)\s+(\S.*)$/.exec(line) ?? []
  if (at === undefined || text === undefined) {
    throw usageError(`${what}: cannot read "${line}"`, 'Write when and what, as in "5s kill api-2"')
  }
  return parsePlanned({ at: parseDuration(at, what), do: text }, what)
}

/**
 * Holds a timeline against a stack, before anything is started: what cannot be done is a misunderstanding.
 * @param measuredMs length of the counted part
 * @throws LabError (usage)
 */
export function checkTimeline(timeline: readonly PlannedAction[], where: Where, measuredMs: number): void {
  let now = where
  for (const { atMs, action } of timeline.toSorted((a, b) => a.atMs - b.atMs)) {
    now = saying(action.text, () => action.after(now))
    // What is not taken back by then is taken back at the end.
    if (atMs < measuredMs || action.kind === 'restore') continue
    throw usageError(
      `${action.text}: it would begin after ${formatDuration(atMs)}, and ${formatDuration(measuredMs)} are measured`,
      'Begin earlier, or use a longer --duration',
    )
  }
}

/** Puts where it was written before the message of a mistake. */
function saying<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    throw usageError(`${what}: ${error.message}`, error.hint)
  }
}
