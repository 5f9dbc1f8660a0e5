import { dayAndTime, formatNumber, formatRatio } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import type { FigureChange, FigureDiff, RunDiff } from '../../stats/run-diff.js'
import type { Change } from '../changes.js'
import type { NamedRun } from '../charts/distribution.js'
import { doubtWords } from '../doubts.js'
import { count } from '../quantities.js'
import { loadWords, stackWords } from '../stack-words.js'
import { right, table } from '../table.js'
import { value as checkedValue } from './validity.js'

export function runTable(runs: readonly NamedRun[], sources: readonly [string, string] | undefined): string {
  return table(
    ['Run', 'What ran', 'Load', 'Started', 'Seed', 'Doubts'].map((name) => ({ title: name })),
    runs.map(({ name, record }, i) => [
      sources?.[i] === undefined ? name : `[${name}](${encodeURI(sources[i])})`,
      stackWords(record),
      loadWords(record),
      dayAndTime(record.started_at),
      String(record.seed),
      [...(record.status === 'complete' ? [] : [record.status]), ...doubtWords(record)].join(', ') || 'none',
    ]),
  )
}

export function changeTable(changes: readonly Change[]): string {
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

/** What is said of a change, in a cell; the reasons stand in a column of their own. */
export const CHANGE_WORDS: Record<FigureChange, string> = {
  better: 'better',
  worse: 'worse',
  more: 'more',
  less: 'less',
  none: 'no change that can be told',
  unknown: 'cannot tell',
}

export function figureTable({ figures: rows }: RunDiff): string {
  return table(
    [
      ...[{ title: 'Figure' }, { title: 'Unit' }, ...right('Older', 'Newer', 'Ratio')],
      ...[{ title: 'Change' }, { title: 'Why' }],
    ],
    rows.map((row) => [
      row.label,
      row.unit === 'share' ? '%' : row.unit || '-',
      figure(row.old, row.unit),
      figure(row.new, row.unit),
      row.ratio === null ? '-' : formatRatio(row.ratio),
      changeWords(row),
      row.change === null ? '-' : (row.reason ?? 'beyond the scatter of repeats'),
    ]),
  )
}

/** Without its unit, which has a column of its own. */
function figure(measured: number | null, unit: string): string {
  if (measured === null) return '-'
  return unit === 'share' ? formatValue(measured, unit).replace(/ %$/, '') : formatNumber(measured)
}

function changeWords({ change, old }: FigureDiff): string {
  if (change === null) return old === null ? 'only the newer run has it' : 'only the older run has it'
  return CHANGE_WORDS[change]
}

export function scatterWords({ runs, figures: rows, margin }: RunDiff): string {
  const meaning = `**Repeats** are runs of the same experiment with the same settings and versions that lie beside a run and were made within twelve hours of it; with them there are ${runs.old} older and ${runs.new} newer runs. Differences within ${formatValue(margin, 'share')} (of errors and stale reads 0.1 percentage points) are within the **margin**.`
  if (rows.every(({ scatter }) => scatter === 'unknown')) {
    return `${meaning} Those are too few for a verdict: from four runs on each side on, values that lie wholly apart come about by chance in fewer than 5 % of the cases.`
  }
  return `${meaning} **Beyond the scatter** means that all values of one side lie above all of the other, which happens by chance in fewer than 5 % of the cases, for each figure by itself; among many figures one may well do so. \`scalelab compare\` runs both in turn and tests them together.`
}

const RESULT = { pass: 'pass', fail: '**fail**', unknown: 'unknown' } as const

export function verdictParts({ verdicts }: RunDiff): string[] {
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

export function validityTable({ validity }: RunDiff): string {
  if (validity.length === 0) return 'Neither run holds validity checks: treat their figures with care.'
  const words = (row: (typeof validity)[number]['old']): string =>
    row === null || row.value === null ? 'not measured' : row.ok ? 'ok' : '**failed**'
  return table(
    [{ title: 'Check' }, ...right('Older', 'Newer'), { title: 'Older run' }, { title: 'Newer run' }],
    validity.map((row) => [
      row.check,
      row.old === null ? '-' : checkedValue(row.old),
      row.new === null ? '-' : checkedValue(row.new),
      words(row.old),
      words(row.new),
    ]),
  )
}
