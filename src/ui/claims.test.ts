import { describe, expect, it } from 'vitest'
import { claimsRecord } from '../core/testing/claims.js'
import { claimLine, renderClaimList, renderClaims } from './claims.js'
import { displayWidth } from './width.js'

const record = claimsRecord()
const widest = (text: string): number => Math.max(...text.split('\n').map(displayWidth))

describe('renderClaims', () => {
  it.each([80, 100, 120])('fits into %d columns', (width) => {
    expect(widest(renderClaims(record, { colour: false, width }))).toBeLessThanOrEqual(width)
  })

  it('keeps the source of each claim where there is no room for a column of it', () => {
    const text = renderClaims(record, { colour: false, width: 80 })
    expect(text).not.toMatch(/^ +# .*source/m)
    expect(text).toMatch(/\("Semana\s+6:/)
  })

  it('has a line per claim with its verdict, then the reasons, each once', () => {
    const text = renderClaims(record, { colour: false, width: 160 })
    expect(text).toMatch(/^ 1 {2}one API instance serves.*"Semana 6: .*450 to 550 requests\/s.*497 requests\/s +pass/m)
    expect(text).toMatch(/^13 {2}consistent hashing.*"EcoMarket.*10\.9 % +FAIL/m)
    expect(text).toMatch(/^ 6 .*- +cannot tell +repl-2: load$/m)
    expect(text).toContain(
      [
        'Contradicted',
        '  (13) consistent hashing is even within 5 %: shares of 160 vnodes scatter by 6.8 %',
        '  mine | yours: measured 12 requests/s; the reason is not known',
        '',
        'Cannot tell',
        '  (1) one API instance at its limit answers in 100 to 300 ms: in doubt: host-limited',
        '',
        'Could not run',
        '  repl-2: PostgreSQL is missing (npm install)',
      ].join('\n'),
    )
  })
})

describe('renderClaimList', () => {
  it('says where each claim stands and what measures it', () => {
    const text = renderClaimList(record.claims, { colour: false, width: 160 })
    expect(text).toMatch(/^13 .*at most 5.0 % from a fair share +shards-plan: a million keys, placed$/m)
    expect(text).not.toContain('497')
  })
})

describe('claimLine', () => {
  it('is one line, however long the claim', () => {
    const [first] = record.claims
    if (first === undefined) throw new Error('there are claims')
    const line = claimLine({ ...first, claim: 'a claim '.repeat(40) }, { colour: false, width: 80 })
    expect(line).toMatch(/^ {7}pass {9}a claim/)
    expect(displayWidth(line)).toBe(80)
  })
})
