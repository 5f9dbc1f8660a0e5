import type { RunRecord } from '../core/record.js'
import { bearing, CHECKS, type Doubt, doubtsOf } from '../core/validity.js'
import { capital, list } from './quantities.js'

const MEANING: Record<Doubt, string> = {
  'generator-limited': 'the program that sends the requests could not keep time',
  'host-limited': 'the machine itself was full, or its processors were taken by others',
  'not steady': 'the figures moved while they were measured',
  overloaded: 'the system could not follow the offered rate, so response times grow with the length of the run',
}

/** The doubts about a run in words, the gravest first; failed checks of unknown names as themselves. */
export function doubtWords(record: RunRecord): string[] {
  const checks = bearing(record)
  const unknown = checks.filter(({ ok, check }) => !ok && !(check in CHECKS)).map(({ check }) => check)
  return [...doubtsOf(checks), ...unknown]
}

/** What the doubts about a run mean, in one sentence; null when there are none. */
export function doubtSentence(record: RunRecord): string | null {
  const words = doubtWords(record)
  if (words.length === 0) return null
  const known = doubtsOf(bearing(record))
  const why = known.length === 0 ? 'a check of the run failed' : list(known.map((doubt) => MEANING[doubt]))
  return `${capital(list(words))}: ${why}.`
}
