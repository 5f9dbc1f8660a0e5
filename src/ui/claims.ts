import { type ClaimsRecord, citedSource, type JudgedClaim, type ListedClaim } from '../core/claims.js'
import type { Verdict } from '../core/record.js'
import { formatValue } from '../core/value.js'
import { paint, type Span } from './style.js'
import { type Cell, renderTable, type TableColumn, type TextOptions } from './table.js'
import { hang } from './verdicts.js'
import { oneLine, truncate } from './width.js'

const RESULTS: Record<Verdict['result'], Span> = {
  pass: ['pass', 'good'],
  fail: ['FAIL', 'bad'],
  unknown: ['cannot tell', 'warn'],
}
/** Where a column more still leaves the others legible. */
const WIDE = 110
/** Where the source is no column of its own any more, but stands behind its claim. */
const NARROW = 96
const ROW: TableColumn = { title: '#', align: 'right', whole: true }
const INDENT = 7

/** Every claim with what was measured, in the order of their rows; then why those that do not hold, or cannot be told. */
export function renderClaims({ claims, units }: ClaimsRecord, options: TextOptions): string {
  const { width } = options
  const wide = width >= WIDE
  const narrow = width < NARROW
  const table = renderTable(
    [
      ROW,
      'claim',
      ...(narrow ? [] : ['source']),
      'expected',
      'measured',
      { title: 'verdict', whole: true },
      ...(wide ? ['measured by'] : []),
    ],
    claims.map((claim): Cell[] => [
      rowWords(claim),
      narrow && claim.source !== null ? `${claim.claim} (${sourceWords(claim)})` : claim.claim,
      ...(narrow ? [] : [sourceWords(claim)]),
      claim.expected,
      measuredWords(claim),
      RESULTS[claim.result],
      ...(wide ? [whereWords(claim)] : []),
    ]),
    options,
  )
  const missed = claims.filter(({ result }) => result === 'fail')
  const open = claims.filter(({ result }) => result === 'unknown')
  const idle = units.filter(({ outcome }) => outcome === 'could not run')
  const shared = new Set(idle.map(({ reason }) => reason))
  return [
    table,
    ...part('Contradicted', missed.map(reasonLine), 'bad', options),
    ...part('Cannot tell', reasonLines(open.filter(({ reason }) => !shared.has(reason))), 'warn', options),
    ...part(
      'Could not run',
      idle.map(({ name, reason }) => `${name}: ${reason}`),
      'warn',
      options,
    ),
  ].join('\n\n')
}

/** The claims before anything is measured. */
export function renderClaimList(claims: readonly ListedClaim[], options: TextOptions): string {
  return renderTable(
    [ROW, 'claim', 'source', 'expected', 'measured by'],
    claims.map((claim) => [rowWords(claim), claim.claim, sourceWords(claim), claim.expected, whereWords(claim)]),
    options,
  )
}

/** One line on a claim that has just been judged. */
export function claimLine(claim: JudgedClaim, { width, colour }: TextOptions): string {
  const [word, tone] = RESULTS[claim.result]
  const text = `${claim.claim}: ${measuredWords(claim)}, expected ${claim.expected}`
  const head = word.padEnd(RESULTS.unknown[0].length)
  return `${' '.repeat(INDENT)}${paint(head, tone ?? 'plain', colour)}  ${truncate(oneLine(text), Math.max(1, width - INDENT - head.length - 2))}`
}

function part(title: string, lines: readonly string[], tone: 'bad' | 'warn', { width, colour }: TextOptions): string[] {
  if (lines.length === 0) return []
  return [[paint(title, tone, colour), ...lines.flatMap((line) => hang(line, 2, width))].join('\n')]
}

function reasonLine(claim: JudgedClaim): string {
  return `${rowAndClaim(claim)}: ${claim.reason ?? `measured ${measuredWords(claim)}; the reason is not known`}`
}

/** A reason that several share is told once. */
function reasonLines(claims: readonly JudgedClaim[]): string[] {
  return [...new Set(claims.map(({ reason }) => reason))].flatMap((reason) => {
    const same = claims.filter((claim) => claim.reason === reason)
    const [first] = same
    if (first === undefined) return []
    return same.length === 1 ? [reasonLine(first)] : [`${same.map(rowAndClaim).join('; ')}: ${reason}`]
  })
}

function rowAndClaim(claim: JudgedClaim): string {
  return claim.rows.length === 0 ? claim.claim : `(${rowWords(claim)}) ${claim.claim}`
}

function rowWords({ rows }: ListedClaim): string {
  return rows.join(', ')
}

/** Without the rows, which have a column of their own. */
function sourceWords({ source }: ListedClaim): string {
  return citedSource((source ?? '-').replace(/,? claims? \d.*$/, ''))
}

function whereWords({ scenario, run }: ListedClaim): string {
  return `${scenario}: ${run}`
}

function measuredWords({ measured, unit }: JudgedClaim): string {
  return measured === null ? '-' : formatValue(measured, unit)
}
