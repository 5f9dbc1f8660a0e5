import type { RunRecord } from '../core/record.js'
import { formatRatio } from '../core/units.js'
import { formatValue } from '../core/verdict.js'
import { diffRecords, type FigureDiff, type Repeats, type RunDiff } from '../stats/run-diff.js'
import { type Change, changesBetween, tellingChanges } from './changes.js'
import { latencyComparison, type NamedRun, rateComparison } from './charts/comparison.js'
import { repeatCommand } from './command.js'
import { doubtWords } from './doubts.js'
import type { Report } from './markdown.js'
import { capital, count, list } from './quantities.js'
import { value as checkedValue } from './sections/validity.js'
import { loadWords, stackWords } from './stack-words.js'
import { plain, table } from './table.js'

/** Two runs, the repeats of each, and where their own reports are. */
export interface DiffInput {
  older: RunRecord
  newer: RunRecord
  repeats?: Repeats
  /** Links to the reports of the older and the newer run. */
  sources?: readonly [string, string]
}

/** The report of what became different between two runs. A pure function of the records. */
export function renderDiff({ older, newer, repeats = { old: [], new: [] }, sources }: DiffInput): Report {
  const diff = diffRecords(older, newer, repeats)
  const changes = changesBetween(older, newer)
  const runs = namedRuns(older, newer)
  const charts = Object.fromEntries(
    Object.entries({ 'diff-rate.svg': rateComparison(runs), 'diff-latency.svg': latencyComparison(runs) }).flatMap(
      ([file, svg]) => (svg === null ? [] : [[file, svg]]),
    ),
  )
  const shown = (file: string, words: string): string[] => (file in charts ? [`![${words}](${file})`] : [])
  const parts = [
    `# ${title(older, newer, runs)}`,
    diffAnswer(older, newer, diff, changes),
    '## The runs',
    runTable(runs, sources),
    '## What was changed',
    changeTable(changes),
    '## Figures side by side',
    figureTable(diff),
    scatterWords(diff),
    ...shown('diff-rate.svg', 'Goodput of both runs'),
    ...shown('diff-latency.svg', 'Percentiles of the response time of both runs'),
    '## Verdicts',
    ...verdictParts(diff),
    '## Validity of both',
    validityTable(diff),
    limits(diff),
    '## To repeat it',
    ['```sh', ...new Set([older, newer].map(repeatCommand)), '```'].join('\n'),
  ]
  return { markdown: `${parts.join('\n\n')}\n`, charts }
}

/** Runs named by when they were; by the second where the day is the same. */
function namedRuns(older: RunRecord, newer: RunRecord): [NamedRun, NamedRun] {
  const length = older.started_at.slice(0, 10) === newer.started_at.slice(0, 10) ? 19 : 10
  const named = (record: RunRecord, age: string): NamedRun => ({
    name: `${age}, ${record.started_at.slice(0, length).replace('T', ' ')}`,
    record,
  })
  return [named(older, 'older'), named(newer, 'newer')]
}

function title(older: RunRecord, newer: RunRecord, [one, other]: [NamedRun, NamedRun]): string {
  const [was, is] = [one, other].map(({ name }) => name.replace(/^\w+, /, ''))
  return older.scenario === newer.scenario
    ? `${plain(older.scenario)}: ${was} against ${is}`
    : `${plain(older.scenario)} of ${was} against ${plain(newer.scenario)} of ${is}`
}

/** The answer in three sentences: the doubt or the figures, what else differs, and how much one run each can tell. */
function diffAnswer(older: RunRecord, newer: RunRecord, diff: RunDiff, changes: readonly Change[]): string {
  return [
    `${doubt(older, newer, diff)}${figures(older, newer)}.`,
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

function runTable(runs: readonly NamedRun[], sources: DiffInput['sources']): string {
  return table(
    ['Run', 'What ran', 'Load', 'Started', 'Seed', 'Doubts'].map((name) => ({ title: name })),
    runs.map(({ name, record }, i) => [
      sources?.[i] === undefined ? name : `[${name}](${encodeURI(sources[i])})`,
      stackWords(record),
      loadWords(record),
      record.started_at,
      String(record.seed),
      [...(record.status === 'complete' ? [] : [record.status]), ...doubtWords(record)].join(', ') || 'none',
    ]),
  )
}

function changeTable(changes: readonly Change[]): string {
  if (changes.length === 0) return 'Nothing that the records tell of: same stack, load, seed, machine and versions.'
  const KINDS = {
    experiment: 'experiment',
    stack: 'stack',
    load: 'load',
    seed: 'seed',
    laboratory: 'machine, versions',
  }
  return table(
    ['What', 'Of', 'Older', 'Newer'].map((name) => ({ title: name })),
    changes.map(({ what, kind, old, new: recent }) => [what, KINDS[kind], old, recent]),
  )
}

const SCATTER = { apart: 'beyond the scatter', overlapping: 'within the scatter', unknown: 'cannot tell' }

function figureTable({ figures: rows }: RunDiff): string {
  const right = (name: string) => ({ title: name, align: 'right' as const })
  return table(
    [{ title: 'Figure' }, right('Older'), right('Newer'), right('Ratio'), { title: 'Change' }, { title: 'Repeats' }],
    rows.map((row) => [
      row.label,
      figure(row.old, row.unit),
      figure(row.new, row.unit),
      row.ratio === null ? '-' : formatRatio(row.ratio),
      changeWords(row),
      row.change === null || row.change === 'same' ? '-' : SCATTER[row.scatter],
    ]),
  )
}

function figure(measured: number | null, unit: string): string {
  return measured === null ? '-' : formatValue(measured, unit)
}

function changeWords({ change, old }: FigureDiff): string {
  if (change === null) return old === null ? 'only the newer run has it' : 'only the older run has it'
  return change === 'other' ? 'another' : change
}

function scatterWords({ runs, figures: rows }: RunDiff): string {
  const meaning =
    '**Repeats** are runs of the same experiment with the same settings and versions that lie beside a run and were made within twelve hours of it.'
  if (rows.every(({ scatter }) => scatter === 'unknown')) {
    return `${meaning} There are ${runs.old - 1} of the older run and ${runs.new - 1} of the newer one, which is too few: from four runs on each side on, values that lie wholly apart come about by chance in fewer than 5 % of the cases. A ratio of one run to one run says nothing of its own doubt.`
  }
  return `${meaning} With them there are ${runs.old} older and ${runs.new} newer runs. **Beyond the scatter** means that all values of one side lie above all of the other, which happens by chance in fewer than 5 % of the cases, for each figure by itself; among many figures one may well do so. \`scalelab compare\` runs both in turn and tests them together.`
}

const RESULT = { pass: 'pass', fail: '**fail**', unknown: 'unknown' } as const

function verdictParts({ verdicts }: RunDiff): string[] {
  if (verdicts.length === 0) return ['No expectation was stated, so there is no verdict.']
  const changed = verdicts.filter((verdict) => verdict.changed)
  const told = ({ result, measured }: NonNullable<(typeof verdicts)[number]['old']>, unit: string): string =>
    `${RESULT[result]}${measured === null ? '' : ` (${formatValue(measured, unit)})`}`
  return [
    changed.length === 0
      ? `All ${count(verdicts.length, 'verdict')} came out the same.`
      : `${count(changed.length, 'verdict')} of ${verdicts.length} changed.`,
    table(
      ['Claim', 'Expected', 'Older', 'Newer', 'Changed'].map((name) => ({ title: name })),
      verdicts.map(({ claim, expected, unit, old, new: recent, changed: other }) => [
        claim,
        expected,
        old === null ? 'not claimed' : told(old, unit),
        recent === null ? 'not claimed' : told(recent, unit),
        other ? '**yes**' : 'no',
      ]),
    ),
  ]
}

function validityTable({ validity }: RunDiff): string {
  if (validity.length === 0) return 'Neither run holds validity checks: treat their figures with care.'
  const right = (name: string) => ({ title: name, align: 'right' as const })
  const words = (row: (typeof validity)[number]['old']): string =>
    row === null || row.value === null ? 'not measured' : row.ok ? 'ok' : '**failed**'
  return table(
    [{ title: 'Check' }, right('Older'), right('Newer'), { title: 'Older run' }, { title: 'Newer run' }],
    validity.map((row) => [
      row.check,
      row.old === null ? '-' : checkedValue(row.old),
      row.new === null ? '-' : checkedValue(row.new),
      words(row.old),
      words(row.new),
    ]),
  )
}

function limits(diff: RunDiff): string {
  const points = [
    ...(diff.same_experiment
      ? []
      : ['The two runs asked different questions: what differs is the experiment, before it is anything else.']),
    'Two runs of different days differ in whatever nobody wrote down: the heat of the machine, its neighbours, what else ran on it. What was changed on purpose is one candidate among these.',
    'Everything that was changed was changed together: a difference cannot be laid to one of several changes.',
    'Percentiles are those of each run; they are not averaged over repeats.',
  ]
  return `## What limits the answer\n\n${points.map((point) => `- ${point}`).join('\n')}`
}
