import { formatRatio } from '../core/units.js'
import { formatValue } from '../core/value.js'
import type { FigureChange, RunDiff } from '../stats/run-diff.js'
import { paint, type Tone } from './style.js'
import { type Cell, renderTable, right, type TextOptions } from './table.js'
import { oneLine, wrap } from './width.js'

/** What the terminal says of a difference, besides its figures. */
export interface DiffWords {
  /** Heads of the columns of the two runs. */
  older: string
  newer: string
  changes: readonly { what: string; old: string; new: string }[]
  /** What came out, in plain words. */
  lead: string
  changeWords: Record<FigureChange, string>
}

const TONES: Readonly<Record<string, Tone>> = { better: 'good', worse: 'bad' }

/** Two runs side by side: what came out in plain words, then figures, verdicts that changed, and what was changed. */
export function renderDiffTable(diff: RunDiff, words: DiffWords, options: TextOptions): string {
  return [
    inLines(words.lead, 'plain', options),
    figureTable(diff, words, options),
    ...verdictLines(diff, options),
    changeLines(words, options),
  ].join('\n\n')
}

function figureTable({ figures }: RunDiff, { older, newer, changeWords }: DiffWords, options: TextOptions): string {
  return renderTable(
    ['', right(older), right(newer), right('ratio'), 'change', 'why'],
    figures.map(({ label, unit, old, new: recent, ratio, change, reason }): Cell[] => [
      label,
      old === null ? '-' : formatValue(old, unit),
      recent === null ? '-' : formatValue(recent, unit),
      ratio === null ? '-' : formatRatio(ratio),
      [change === null ? '-' : changeWords[change], TONES[change ?? ''] ?? 'plain'],
      reason ?? '',
    ]),
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
