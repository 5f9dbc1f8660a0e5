import { citedSource } from '../../core/claims.js'
import type { RunRecord, Verdict } from '../../core/record.js'
import { formatValue } from '../../core/value.js'
import { doubtWords } from '../doubts.js'
import { list } from '../quantities.js'
import { plain, table } from '../table.js'

const RESULT = { pass: 'pass', fail: '**fail**', unknown: 'unknown' } as const

/** Question, expectations and how they came out. */
export function verdictSection(record: RunRecord): string {
  const doubts = doubtWords(record)
  return [
    '## Question and verdict',
    `**Question.** ${plain(record.question)}`,
    verdictTable(record.verdicts.map((verdict) => ({ verdict }))),
    ...(record.verdicts.length > 0 && doubts.length > 0
      ? [`The run is in doubt (${list(doubts)}): what passed or failed here may be the laboratory, not the system.`]
      : []),
  ].join('\n\n')
}

/**
 * Verdicts of one run or of several, then with the run's name in the first column. Of repeated runs as one, what was
 * measured is the median, and `worst` is told beside it.
 */
export function verdictTable(rows: readonly { run?: string; verdict: Verdict; worst?: string }[]): string {
  if (rows.length === 0) return 'No expectation was stated, so there is no verdict.'
  const named = rows.some(({ run }) => run !== undefined)
  const repeated = rows.some(({ worst }) => worst !== undefined)
  const reasons = rows.some(({ verdict }) => verdict.reason !== null)
  return table(
    [
      ...(named ? [{ title: 'Run' }] : []),
      ...['Claim', 'Source', 'Expected'].map((title) => ({ title })),
      ...(repeated ? ['Median', 'Worst trial'] : ['Measured']).map((title) => ({ title })),
      { title: 'Result' },
      ...(reasons ? [{ title: 'Why' }] : []),
    ],
    rows.map(({ run, verdict, worst }) => [
      ...(named ? [run ?? ''] : []),
      verdict.claim,
      verdict.source === null ? '-' : citedSource(verdict.source),
      verdict.expected,
      verdict.measured === null ? '-' : formatValue(verdict.measured, verdict.unit),
      ...(repeated ? [worst ?? '-'] : []),
      RESULT[verdict.result],
      ...(reasons ? [verdict.reason ?? ''] : []),
    ]),
  )
}
