import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { syncStandbyNames } from '../parts/postgres/sync-standbys.js'
import { type Candidate, chooseStandby, synchronousSet } from './choose.js'

const of = (id: string, position: number | bigint, synchronousStandbyNames = ''): Candidate => ({
  id,
  position: BigInt(position),
  synchronousStandbyNames,
})

describe('the standby to promote', () => {
  it.each<[string, Candidate[], { id: string; why: string } | null]>([
    ['none', [], null],
    ['the only one', [of('b', 5)], { id: 'b', why: 'the only standby there is' }],
    ['the one with the most WAL', [of('a', 5), of('b', 7)], { id: 'b', why: '2 bytes of WAL more than a' }],
    ['of equals the first', [of('b', 7), of('a', 7)], { id: 'a', why: 'as much WAL as b' }],
    [
      'beyond what a double can count',
      [of('a', 2n ** 60n), of('b', 2n ** 60n + 1n)],
      { id: 'b', why: '1 bytes of WAL more than a' },
    ],
    [
      'one that commits waited for, though another has more',
      [of('a', 5, 'FIRST 1 ("a")'), of('b', 7, 'FIRST 1 ("a")')],
      { id: 'a', why: 'the only synchronous standby there is' },
    ],
    [
      'of several that commits may have waited for the one with the most',
      [of('a', 5, 'ANY 1 (a, b)'), of('b', 7, 'ANY 1 (a, b)'), of('c', 9, 'ANY 1 (a, b)')],
      { id: 'b', why: '2 bytes of WAL more than a' },
    ],
    [
      'anybody where commits wait for anybody',
      [of('a', 5, 'ANY 1 (*)'), of('b', 7, 'ANY 1 (*)')],
      { id: 'b', why: '2 bytes of WAL more than a' },
    ],
    [
      'anybody when commits waited for the primary itself, and so for ever',
      [of('a', 5, 'FIRST 1 ("primary")'), of('b', 7, 'FIRST 1 ("primary")')],
      { id: 'b', why: '2 bytes of WAL more than a' },
    ],
    [
      'one of the others in the list with the primary',
      [of('a', 5, 'ANY 1 (primary, a)'), of('b', 7, 'ANY 1 (primary, a)')],
      { id: 'a', why: 'the only synchronous standby there is' },
    ],
    ['nobody when none of those is there', [of('b', 7, 'FIRST 1 (a)')], null],
  ])('%s', (_, candidates, choice) => {
    expect(chooseStandby(candidates, 'primary')).toEqual(choice)
  })

  it('has no less WAL than any other that may be chosen, whatever their order', () => {
    const ids = ['standby-1', 'standby-2', 'standby-3', 'primary']
    fc.assert(
      fc.property(
        fc.shuffledSubarray(ids, { minLength: 1 }),
        fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { minLength: 4, maxLength: 4 }),
        fc.subarray(ids),
        (present, positions, synchronous) => {
          const names = synchronous.length === 0 ? '' : `ANY 1 (${synchronous.map((id) => `"${id}"`).join(', ')})`
          const candidates = present.map((id, index) => of(id, positions[index] ?? 0n, names))
          const eligible = candidates.filter(({ id }) => synchronous.length === 0 || synchronous.includes(id))
          const choice = chooseStandby(candidates, 'old')
          expect(choice).toEqual(chooseStandby(candidates.toReversed(), 'old'))
          expect(choice === null).toBe(eligible.length === 0)
          if (choice === null) return
          const chosen = eligible.find(({ id }) => id === choice.id)
          expect(chosen).toBeDefined()
          for (const { position, id } of eligible) {
            expect((chosen?.position ?? -1n) >= position).toBe(true)
            if (position === chosen?.position) expect(choice.id <= id).toBe(true)
          }
        },
      ),
    )
  })
})

describe('whom commits wait for', () => {
  it.each<[string, string[] | null]>([
    ['', null],
    ['  ', null],
    ['*', null],
    ['ANY 1 (*)', null],
    ['FIRST 1 ("*")', null],
    ['standby_1', ['standby_1']],
    ['a, b', ['a', 'b']],
    ['2 (a, b,c)', ['a', 'b', 'c']],
    ['FIRST 2 ("standby-1", "standby-2")', ['standby-1', 'standby-2']],
    ['any 1("standby-1",Standby_2)', ['standby-1', 'standby_2']],
    ['FIRST 1 ("a, b", "c)", "d""e")', ['a, b', 'c)', 'd"e']],
  ])('%s', (names, ids) => {
    expect(synchronousSet(names)).toEqual(ids)
  })

  it('every form of the grammar says the same of the same names', () => {
    const bare = fc.stringMatching(/^[a-z_][a-z0-9_]{0,10}$/)
    const any = fc.string({ minLength: 1, maxLength: 10 }).filter((name) => name !== '*')
    const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`
    const space = fc.constantFrom('', ' ', '  ', '\t')
    fc.assert(
      fc.property(
        fc.array(fc.oneof(bare, any), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('', '1', 'FIRST 1', 'first 2', 'ANY 1', 'any  3'),
        space,
        (names, method, gap) => {
          const list = names.map((name) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : quote(name))).join(`${gap},${gap}`)
          const text = method === '' ? list : `${method}${gap}(${gap}${list}${gap})`
          expect(synchronousSet(text)).toEqual(names.map((name) => name.toLowerCase()))
        },
      ),
    )
  })

  it('what a stack writes into its configuration is read back', () => {
    expect(synchronousSet(syncStandbyNames('ANY 1 (standby-1, Standby-2)'))).toEqual(['standby-1', 'standby-2'])
    expect(synchronousSet(syncStandbyNames('FIRST 2 (*)'))).toBeNull()
  })
})
