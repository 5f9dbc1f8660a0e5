import { describe, expect, it } from 'vitest'
import { shownHeader } from '../core/header-secrets.js'
import { commandOf } from './carry-out.js'
import { withHeaders } from './withheld-headers.js'

const planned = ['X-A: 1', 'Authorization: geheim', 'Cookie: a', 'Cookie: b']
const kept = { rps: '9', header: planned.map(shownHeader).join('\n') }

describe('headers that may be secrets', () => {
  it('are not kept, and are given again in their order', () => {
    expect(kept.header).toBe('X-A: 1\nAuthorization: ***\nCookie: ***\nCookie: ***')
    const again = withHeaders(kept, ['Cookie: a', 'Authorization: geheim', 'Cookie: b'])
    expect(again).toEqual({ rps: '9', header: planned.join('\n') })
    expect(withHeaders({ rps: '9' }, [])).toEqual({ rps: '9' })
  })

  it.each([
    [['Cookie: a', 'Cookie: b'], /Authorization: \*\*\* was not kept/],
    [['Authorization: x', 'Cookie: a'], /Cookie: \*\*\* was not kept/],
    [['Authorization: x', 'Cookie: a', 'Cookie: b', 'X-B: 1'], /and X-B: 1 was not/],
  ])('are refused where %j is given', (given, message) => {
    expect(() => withHeaders(kept, given)).toThrow(message)
  })

  it('are left out of the command', () => {
    const argv = [
      'node',
      'scalelab',
      'compare',
      '--header',
      'X-A: 1',
      '--header=Cookie: geheim',
      '--header',
      'Cookie:geheim',
    ]
    expect(commandOf(argv)).toBe("scalelab compare --header 'X-A: 1' '--header=Cookie: ***' --header 'Cookie: ***'")
  })
})
