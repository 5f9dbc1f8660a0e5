import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { GLOSSARY, occurring } from './glossary.js'

const terms = (text: string): string[] => occurring(text).map(({ term }) => term)

describe('occurring', () => {
  it.each<[string, string[]]>([
    ['p99 was 115 ms.', ['p50']],
    ['At p99.9 it ended.', ['p50']],
    ['the flag of a sp99x', []],
    ['Lag, and goodput.', ['goodput', 'lag']],
    ['A closed loop of 60 connections', ['closed loop']],
    ["Jain's index 1.0000; chi-square 0.2", ['chi-square', "Jain's index"]],
    ['nothing of the kind', []],
  ])('finds in "%s" %j', (text, expected) => {
    expect(terms(text)).toEqual(expected)
  })
})

describe('the glossary', () => {
  it('finds every way to write its words, and has none of them twice', () => {
    const ways = GLOSSARY.flatMap(({ term, also = [] }) => [term, ...also])
    expect(new Set(ways).size).toBe(ways.length)
    for (const { term, also = [] } of GLOSSARY) {
      for (const way of [term, ...also]) expect(terms(`The ${way} is`)).toContain(term)
    }
  })

  it('is what reports/README.md explains', async () => {
    const readme = await readFile(new URL('../../reports/README.md', import.meta.url), 'utf8')
    expect(readme).toContain(GLOSSARY.map(({ term, meaning }) => `- **${term}**: ${meaning}\n`).join(''))
  })

  it('explains in one clause, without a full stop', () => {
    for (const { meaning } of GLOSSARY) expect(meaning).toMatch(/^[a-z0-9].*[^.]$/)
  })
})
