import type { RunRecord } from '../core/record.js'
import { dayAndTime, formatRatio } from '../core/units.js'
import { formatValue } from '../core/value.js'
import type { RunDiff } from '../stats/run-diff.js'
import { type Change, tellingChanges } from './changes.js'
import { doubtWords } from './doubts.js'
import type { Lead } from './lead.js'
import { capital, count, list } from './quantities.js'

/** Two runs held against one another, in plain words; no winner where one is in doubt, or repeats are missing. */
export function diffLead(older: RunRecord, newer: RunRecord, diff: RunDiff, changes: readonly Change[]): Lead {
  return {
    asked: [
      `A run of ${newer.scenario} from ${dayAndTime(newer.started_at)} is held against ${older.scenario === newer.scenario ? 'one' : `one of ${older.scenario}`} from ${dayAndTime(older.started_at)}.`,
    ],
    found: [`${capital(figures(older, newer))}.`, changeSentence(diff, changes)],
    means: [meaning(diff)],
    sure: [...doubts(older, newer), sureness(diff)],
  }
}

function doubts(older: RunRecord, newer: RunRecord): string[] {
  const words = [older, newer].flatMap((record, i) =>
    [...(record.status === 'complete' ? [] : [record.status]), ...doubtWords(record)].map(
      (word) => `the ${i === 0 ? 'older' : 'newer'} run is ${word}`,
    ),
  )
  return words.length === 0 ? [] : [`${capital(list(words))}, so no difference here is laid to the system.`]
}

function figures(older: RunRecord, newer: RunRecord): string {
  const rate = `the newer run answered ${ratioWords(newer.load.goodput_rps, older.load.goodput_rps, 'ok/s')}`
  const [was, is] = [older.latency.response_ms.p99, newer.latency.response_ms.p99]
  const latency = was === null || is === null ? '' : `, its p99 is ${ratioWords(is, was, 'ms')}`
  return `${rate}${latency}`
}

/** "1,472 against 1,450 ok/s (1.02x)". */
function ratioWords(is: number, was: number, unit: string): string {
  const ratio = was === 0 ? '' : ` (${formatRatio(is / was)})`
  return `${formatValue(is, '')} against ${formatValue(was, '')} ${unit}${ratio}`
}

function changeSentence({ verdicts }: RunDiff, changes: readonly Change[]): string {
  const telling = tellingChanges(changes)
  const named = telling.slice(0, 3).map(({ what, old, new: recent }) => `${what} (${old}, then ${recent})`)
  const rest = telling.length - named.length
  const changed =
    telling.length === 0
      ? 'Nothing that the records tell of was changed in between'
      : `Changed in between: ${list(rest === 0 ? named : [...named, `${rest} more`])}`
  const other = verdicts.filter((verdict) => verdict.changed).length
  const judged =
    verdicts.length === 0 ? '' : other === 0 ? '; every verdict is the same' : `; ${count(other, 'verdict')} changed`
  return `${changed}${judged}.`
}

/** The figures that changed for good or bad; or that none did, as far as can be told. */
function meaning({ figures, same_experiment }: RunDiff): string {
  if (!same_experiment) return 'The two asked different things, so nothing is said of which did well.'
  const told = figures.filter(({ reason, change }) => change !== null && reason === null)
  if (told.length === 0) {
    return figures.every(({ change }) => change === 'none' || change === null)
      ? 'There is no change that can be told.'
      : 'Whether the system changed cannot be told from these runs.'
  }
  const named = told.slice(0, 4).map(({ label, change }) => `${label} (${change})`)
  const rest = told.length - named.length
  return `Changed by more than repeats scatter: ${list(rest === 0 ? named : [...named, `${rest} more`])}.`
}

function sureness({ runs, figures, margin }: RunDiff): string {
  const within = `differences within ${formatValue(margin, 'share')} count as none`
  if (figures.some(({ scatter }) => scatter !== 'unknown')) {
    return `This rests on ${count(runs.old, 'run')} then and ${formatValue(runs.new, '')} now, each figure by itself; ${within}.`
  }
  const few =
    runs.old === 1 && runs.new === 1
      ? 'With one run each'
      : `With ${formatValue(runs.old, '')} older and ${formatValue(runs.new, '')} newer runs`
  return `${few} nobody can tell a change from the scatter of repeats, so beyond that no verdict is given (${within}); scalelab compare runs both in turn and gives one.`
}
