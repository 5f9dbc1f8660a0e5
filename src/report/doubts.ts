import type { RunRecord } from '../core/record.js'
import { CHECKS, type Doubt, doubtsOf } from '../core/validity.js'
import { capital, list } from './quantities.js'

const MEANING: Record<Doubt, string> = {
  'generator-limited': 'the generator could not keep to its own schedule',
  'host-limited': 'the machine itself was full',
  'not steady': 'the figures moved while they were measured',
  overloaded: 'the system could not follow the offered rate',
}

/** The doubts about a run in words, the gravest first; failed checks of unknown names as themselves. */
export function doubtWords(record: RunRecord): string[] {
  const unknown = record.validity.filter(({ ok, check }) => !ok && !(check in CHECKS)).map(({ check }) => check)
  return [...doubtsOf(record.validity), ...unknown]
}

/** The doubts as the first sentence of a report, null when there are none. */
export function doubtSentence(record: RunRecord): string | null {
  const words = doubtWords(record)
  if (words.length === 0) return null
  const meanings = doubtsOf(record.validity).map((doubt) => MEANING[doubt])
  const why = meanings.length === 0 ? 'a check of the run failed' : list(meanings)
  return `**${capital(list(words))}**: ${why}, so the figures below are no verdict on the system.`
}
