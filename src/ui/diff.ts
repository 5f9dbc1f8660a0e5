import { formatRatio } from '../core/units.js'
import { formatValue } from '../core/value.js'
import type { RunDiff } from '../stats/run-diff.js'
import { paint, type Tone } from './style.js'
import { type Cell, renderTable, type TextOptions } from './table.js'
import { oneLine, wrap } from './width.js'

/** What the terminal says of a difference, besides its figures. */
export interface DiffWords {
  /** Heads of the columns of the two runs. */
  older: string
  newer: string
  changes: readonly { what: string; old: string; new: string }[]
}

const TONES: Readonly<Record<string, Tone>> = { better: 'good', worse: 'bad' }
const SCATTER = { apart: 'beyond scatter', overlapping: 'within scatter', unknown: 'cannot tell' }

/** Two runs side by side: doubts first, then figures, verdicts that changed, what was changed, and what it proves. */
export function renderDiffTable(diff: RunDiff, words: DiffWords, options: TextOptions): string {
  const failed = diff.validity.flatMap(({ check, old, new: recent }) => [
    ...(old?.ok === false ? [`${check} failed in the older run`] : []),
    ...(recent?.ok === false ? [`${check} failed in the newer run`] : []),
  ])
  const warnings = [
    ...(diff.same_experiment
      ? []
      : ['These runs are of different experiments: this is no comparison of the same thing.']),
    ...(failed.length === 0 ? [] : [`Not to be relied on: ${failed.join('; ')}.`]),
  ]
  return [
    ...warnings.map((text) => inLines(text, 'warn', options)),
    figureTable(diff, words, options),
    ...verdictLines(diff, options),
    changeLines(words, options),
    inLines(proof(diff), 'dim', options),
  ].join('\n\n')
}

function figureTable({ figures }: RunDiff, { older, newer }: DiffWords, options: TextOptions): string {
  const right = (title: string) => ({ title, align: 'right' as const })
  const judged = figures.some(({ scatter }) => scatter !== 'unknown')
  return renderTable(
    ['', right(older), right(newer), right('ratio'), 'change', ...(judged ? ['repeats'] : [])],
    figures.map(({ label, unit, old, new: recent, ratio, change, scatter }): Cell[] => {
      const moved = change !== null && change !== 'same'
      const tone = judged && scatter !== 'apart' ? 'plain' : (TONES[change ?? ''] ?? 'plain')
      return [
        label,
        old === null ? '-' : formatValue(old, unit),
        recent === null ? '-' : formatValue(recent, unit),
        ratio === null ? '-' : formatRatio(ratio),
        [change ?? '-', tone],
        ...(judged ? [moved ? SCATTER[scatter] : '-'] : []),
      ]
    }),
    options,
  )
}

function verdictLines({ verdicts }: RunDiff, options: TextOptions): string[] {
  const changed = verdicts.filter((verdict) => verdict.changed)
  if (changed.length === 0) return []
  const lines = changed.map(({ claim, old, new: recent }) =>
    inLines(
      `${claim}: ${old?.result}, now ${recent?.result}`,
      recent?.result === 'fail' ? 'bad' : recent?.result === 'pass' ? 'good' : 'warn',
      options,
    ),
  )
  return [lines.join('\n')]
}

function changeLines({ changes }: DiffWords, options: TextOptions): string {
  if (changes.length === 0) return inLines('Nothing that the records tell of was changed in between.', 'plain', options)
  const lines = changes.map(({ what, old, new: recent }) => `  ${what}: ${old}, then ${recent}`)
  return ['Changed in between:', ...lines].map((line) => indented(line, options)).join('\n')
}

function proof({ runs, figures }: RunDiff): string {
  if (figures.some(({ scatter }) => scatter !== 'unknown')) {
    return `Scatter is that of ${runs.old} older and ${runs.new} newer runs, each figure by itself.`
  }
  return runs.old === 1 && runs.new === 1
    ? 'One run each proves little: cannot tell without repeats. For an answer: scalelab compare'
    : `${runs.old} older and ${runs.new} newer runs are too few to tell this from scatter. For an answer: scalelab compare`
}

function indented(line: string, { width }: TextOptions): string {
  const margin = line.startsWith('  ') ? '  ' : ''
  return wrap(oneLine(line), width - margin.length)
    .map((part) => `${margin}${part}`)
    .join('\n')
}

function inLines(text: string, tone: Tone, { width, colour }: TextOptions): string {
  return wrap(oneLine(text), width)
    .map((line) => paint(line, tone, colour))
    .join('\n')
}
