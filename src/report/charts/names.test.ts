import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seriesNames } from './names.js'

describe('seriesNames', () => {
  it('labels series with what tells them apart', () => {
    expect(seriesNames(['repl-2 durability=remote-apply', 'repl-2 durability=remote-write'])).toEqual({
      shared: 'repl-2 durability',
      labels: ['remote-apply', 'remote-write'],
    })
    expect(seriesNames(['repl-2 kill primary', 'repl-2 pause primary'])).toEqual({
      shared: 'repl-2',
      labels: ['kill primary', 'pause primary'],
    })
    expect(seriesNames(['lb-3 a', 'lb-3 a b']).labels).toEqual(['a', 'a b'])
  })

  it('cuts no word in two, and leaves names alone that share no beginning', () => {
    for (const names of [['repl-1', 'repl-2'], ['repl-2', 'repl-2 reads=primary'], ['single'], [], ['a=', 'a=b']]) {
      expect(seriesNames(names)).toEqual({ shared: '', labels: names })
    }
  })

  it('keeps different names different, and every label the end of its name', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '='), maxLength: 8 })
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 5 }), (names) => {
        const { labels } = seriesNames(names)
        expect(new Set(labels).size).toBe(names.length)
        for (const [i, label] of labels.entries()) expect(names[i]?.endsWith(label)).toBe(true)
      }),
    )
  })
})
