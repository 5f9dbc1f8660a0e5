import { describe, expect, it } from 'vitest'
import { claimsRecordSchema } from '../core/claims.js'
import { claimsRecord } from '../core/testing/claims.js'
import { renderClaimsReport } from './claims.js'
import { expectGolden, expectSound } from './testing/golden.js'

describe('renderClaimsReport', () => {
  it('gives the same bytes from a record that was written and read', async () => {
    const report = renderClaimsReport(claimsRecordSchema.parse(JSON.parse(JSON.stringify(claimsRecord()))))
    expect(report).toEqual(renderClaimsReport(claimsRecord()))
    expectSound(report)
    await expectGolden('claims', report)
  })

  it('opens with what came out', () => {
    const all = claimsRecord()
    const { markdown } = renderClaimsReport({
      ...all,
      claims: all.claims.slice(0, 1),
      units: [],
      status: 'interrupted',
    })
    expect(markdown).toContain(
      'Of 1 claim 1 holds, 0 are contradicted, and 0 cannot be told. Nothing that was measured contradicts a claim. Every claim could be judged. The run was interrupted.',
    )
    expect(markdown).not.toContain('## Contradicted')
  })
})
