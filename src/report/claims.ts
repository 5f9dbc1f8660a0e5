import { type ClaimsRecord, citedSource, type JudgedClaim } from '../core/claims.js'
import { formatDuration, fromTo } from '../core/units.js'
import { formatValue } from '../core/value.js'
import type { Lead } from './lead.js'
import { count, list } from './quantities.js'
import { type Report, reportOf } from './report-of.js'
import { plain, table } from './table.js'

const RESULT = { pass: 'pass', fail: '**FAIL**', unknown: 'cannot tell' } as const

/** The report of claims held against measurements. A pure function of the record. */
export function renderClaimsReport(record: ClaimsRecord): Report {
  const { claims, command, environment, started_at, ended_at } = record
  const missed = claims.filter(({ result }) => result === 'fail')
  const open = claims.filter(({ result }) => result === 'unknown')
  const parts = [
    `${fromTo(started_at, ended_at)}.`,
    ...(missed.length === 0 ? [] : ['## Contradicted', reasons(missed)]),
    ...(open.length === 0 ? [] : ['## Cannot be told', reasons(open)]),
    '## All claims',
    claimTable(claims),
    '## What ran',
    unitTable(record),
    '## How claims are judged',
    METHOD,
    '## To repeat it',
    ['```sh', command, '```'].join('\n'),
    '## Environment',
    `scalelab ${environment.scalelab}, Node ${environment.node}, ${environment.platform}, ${count(environment.cores, 'core')} of ${plain(environment.cpu)}.`,
  ]
  return reportOf({
    title: 'Claims, held against measurements',
    lead: claimsLead(record),
    authors: [record.author],
    parts,
    charts: {},
  })
}

const METHOD = [
  'Each claim is an expectation in a scenario file: a metric and where it must lie. It is held against the run that it speaks of, a load, a drill or a migration; of several runs it holds when it holds in all. What schemes do to keys is computed for a million of them.',
  'A run in doubt (the generator or the machine at its limit, or figures that drifted) decides no claim on a rate or a time, except where it holds all the same: a laboratory at its limit makes a system look slower, never faster. What is counted, which instance or server answered or where a row lies, is decided by such a run as well. A claim that is contradicted is a result: the reason is told where it is known.',
].join('\n\n')

/** Claims and what came of them, in plain words. */
export function claimsLead({ claims, status, units }: ClaimsRecord): Lead {
  const missed = claims.filter(({ result }) => result === 'fail')
  const open = claims.filter(({ result }) => result === 'unknown')
  const held = claims.length - missed.length - open.length
  const cut = { complete: [], interrupted: ['The run was interrupted.'], running: ['The run has not ended.'] }[status]
  const idle = units.filter(({ outcome }) => outcome === 'could not run').map(({ name }) => name)
  return {
    asked: ['Does what the course documents claim hold when it is measured?'],
    found: [
      `Of ${count(claims.length, 'claim')} ${held} ${held === 1 ? 'holds' : 'hold'}, ${missed.length} ${missed.length === 1 ? 'is' : 'are'} contradicted, and ${open.length} cannot be told.`,
      missed.length === 0
        ? 'Nothing that was measured contradicts a claim.'
        : `Contradicted: ${list(missed.map(({ claim }) => claim))}.`,
    ],
    means: [],
    sure: [
      open.length === 0
        ? 'Every claim could be judged.'
        : idle.length === 0
          ? 'What cannot be told is listed with its reason: most often the machine was too busy to measure it.'
          : `Could not run: ${list(idle)}; what else cannot be told is listed with its reason.`,
      ...cut,
    ],
  }
}

function reasons(claims: readonly JudgedClaim[]): string {
  return claims
    .map((claim) => {
      const row = claim.rows.length === 0 ? '' : ` (${rowWords(claim)})`
      const measured = claim.measured === null ? '' : ` Measured ${measuredWords(claim)}, expected ${claim.expected}.`
      const why = claim.reason === null ? 'The reason is not known.' : `${plain(claim.reason)}.`
      return `- **${plain(claim.claim)}**${row}.${measured} ${why.charAt(0).toUpperCase()}${why.slice(1)}`
    })
    .join('\n')
}

function claimTable(claims: readonly JudgedClaim[]): string {
  return table(
    [
      { title: 'Row', align: 'right' },
      ...['Claim', 'Source', 'Expected'].map((title) => ({ title })),
      { title: 'Measured', align: 'right' },
      ...['Verdict', 'Measured by'].map((title) => ({ title })),
    ],
    claims.map((claim) => [
      claim.rows.join(', '),
      claim.claim,
      claim.source === null ? '-' : citedSource(claim.source),
      claim.expected,
      measuredWords(claim),
      RESULT[claim.result],
      `${claim.scenario}: ${claim.run}${links(claim)}`,
    ]),
  )
}

/** The runs themselves, each in its own folder. */
function links({ records }: JudgedClaim): string {
  if (records.length === 0) return ''
  const links = records.map(
    (folder, index) => `[${records.length === 1 ? 'run' : index + 1}](${folder.replaceAll('\\', '/')}/report.md)`,
  )
  return ` (${links.join(', ')})`
}

function unitTable({ units }: ClaimsRecord): string {
  return table(
    [{ title: 'What' }, { title: 'Outcome' }, { title: 'Took', align: 'right' }, { title: 'Why' }],
    units.map(({ name, outcome, took_ms, reason }) => [
      name,
      outcome,
      took_ms === null ? '-' : formatDuration(took_ms),
      reason ?? '',
    ]),
  )
}

function rowWords({ rows }: JudgedClaim): string {
  return `${rows.length === 1 ? 'row' : 'rows'} ${list(rows.map(String))}`
}

function measuredWords({ measured, unit }: JudgedClaim): string {
  return measured === null ? '-' : formatValue(measured, unit)
}
