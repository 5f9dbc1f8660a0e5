import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { merge } from './gather.js'

const found = (key: string, shard = 'shard-1') => ({ key, json: JSON.stringify(key), shard })
/** Keys and the shard that each is on. */
const spread = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[\w.{}-]{1,8}$/), fc.nat(4)), {
  maxLength: 60,
  selector: ([key]) => key,
})

describe('merged rows', () => {
  it('are none of none, and none for a limit of 0', () => {
    expect(merge([], 'ascending', 5)).toBe('[]')
    expect(merge([found('a')], 'ascending', 0)).toBe('[]')
  })

  it('are the first of all in the order asked for, when each shard gives its own first', () => {
    fc.assert(
      fc.property(spread, fc.integer({ min: 1, max: 20 }), fc.boolean(), (rows, limit, ascending) => {
        const keys = rows.map(([key]) => key).sort()
        if (!ascending) keys.reverse()
        const parts = [0, 1, 2, 3, 4].flatMap((shard) =>
          keys.filter((key) => rows.some((row) => row[0] === key && row[1] === shard)).slice(0, limit),
        )
        const merged = merge(
          parts.map((key) => found(key)),
          ascending ? 'ascending' : 'descending',
          limit,
        )
        expect(JSON.parse(merged)).toEqual(keys.slice(0, limit))
      }),
    )
  })

  it('are each on one page, when the pages are asked for one after the other', () => {
    fc.assert(
      fc.property(spread, fc.integer({ min: 1, max: 9 }), (rows, limit) => {
        const keys = rows.map(([key]) => key)
        const seen: string[] = []
        for (let before: string | undefined; ; before = seen.at(-1)) {
          const parts = [0, 1, 2, 3, 4].flatMap((shard) =>
            rows
              .filter((row) => row[1] === shard && (before === undefined || row[0] < before))
              .map(([key]) => key)
              .sort()
              .reverse()
              .slice(0, limit),
          )
          const page: string[] = JSON.parse(
            merge(
              parts.map((key) => found(key)),
              'descending',
              limit,
            ),
          )
          seen.push(...page)
          if (page.length < limit) break
        }
        expect(seen).toEqual([...keys].sort().reverse())
      }),
    )
  })
})
