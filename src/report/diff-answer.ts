import type { RunRecord } from '../core/record.js'
import { formatRatio } from '../core/units.js'
import { formatValue } from '../core/value.js'
import type { RunDiff } from '../stats/run-diff.js'
import { type Change, tellingChanges } from './changes.js'
import { doubtWords } from './doubts.js'
import { capital, count, list } from './quantities.js'
import { plain } from './table.js'

/** The answer in three sentences: the doubt or the figures, what else differs, and how much one run each can tell. */
export function diffAnswer(older: RunRecord, newer: RunRecord, diff: RunDiff, changes: readonly Change[]): string {
  return [
    `${capital(`${doubt(older, newer, diff)}${figures(older, newer)}`)}.`,
    changeSentence(diff, changes),
    proofSentence(diff),
  ].join(' ')
}

function doubt(older: RunRecord, newer: RunRecord, diff: RunDiff): string {
  if (!diff.same_experiment) {
    return `**No comparison of the same thing** (${plain(older.scenario)} against ${plain(newer.scenario)}${older.scenario === newer.scenario ? ', but of another kind' : ''}): `
  }
  const doubts = [
    ['older', older],
    ['newer', newer],
  ].flatMap(([age, record]) => {
    const { status } = record as RunRecord
    const words = [...(status === 'complete' ? [] : [status]), ...doubtWords(record as RunRecord)]
    return words.map((word) => `${word} (${age} run)`)
  })
  return doubts.length === 0 ? '' : `**${capital(list(doubts))}**, so no difference below is one of the system: `
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
  const named = telling
    .slice(0, 3)
    .map(({ what, old, new: recent }) => `${what} (${plain(old)}, then ${plain(recent)})`)
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

function proofSentence(diff: RunDiff): string {
  const { old, new: recent } = diff.runs
  const apart = diff.figures.filter(({ scatter }) => scatter === 'apart').map(({ label }) => label)
  const judged = diff.figures.some(({ scatter }) => scatter !== 'unknown')
  if (!judged) {
    return old === 1 && recent === 1
      ? 'One run each proves little: whether this is more than repeats scatter nobody can tell without repeats (`scalelab compare`).'
      : `${count(old + recent, 'run')} are too few to tell whether this is more than repeats scatter (\`scalelab compare\`).`
  }
  const groups = `${count(old, 'run')} then and ${formatValue(recent, '')} now`
  if (apart.length === 0) return `Of ${groups} every figure overlaps: nothing here is more than repeats scatter.`
  const named = apart.slice(0, 4)
  const rest = apart.length - named.length
  return `Beyond what repeats scatter (${groups}): ${list(rest === 0 ? named : [...named, `${rest} more`])}.`
}
