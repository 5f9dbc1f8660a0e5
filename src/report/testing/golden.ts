import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Report } from '../report-of.js'

/** Reports whose charts have golden files too; of the others the text is enough. */
const DRAWN = [
  'lb3',
  'outage',
  'single-and-lb-3',
  'replicated',
  'drill',
  'drills',
  'shard-plan',
  'reshard',
  'shard-scaling',
  'capacity',
  'compared-oneAgainstThree',
  'compared-alike',
  'fit',
  'fit-of-few',
]

const GOLDEN = fileURLToPath(new URL('./golden/', import.meta.url))

/** Holds a report against the golden files of its name; `npx vitest run src/report -u` renews them. */
export async function expectGolden(name: string, { markdown, charts }: Report): Promise<void> {
  const folder = `${GOLDEN}${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  await expect(markdown).toMatchFileSnapshot(`${folder}/report.md`)
  if (!DRAWN.includes(name)) return
  for (const [file, svg] of Object.entries(charts)) await expect(svg).toMatchFileSnapshot(`${folder}/${file}`)
}

/** What holds for every report, whatever was measured. */
export function expectSound({ markdown, charts }: Report): void {
  for (const text of [markdown, ...Object.values(charts)]) {
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object|\bnull\b/)
    expect(text.endsWith('\n')).toBe(true)
  }
  const shown = [...markdown.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map((match) => match[1])
  expect(shown.toSorted()).toEqual(Object.keys(charts).toSorted())
  for (const svg of Object.values(charts)) expectWellFormed(svg)
}

/** Every element closed in the right order, every ampersand an entity. */
function expectWellFormed(svg: string): void {
  const open: string[] = []
  for (const [, close, name, rest = ''] of svg.matchAll(/<(\/?)([a-z]+)([^>]*)>/gi)) {
    if (close === '/') expect(open.pop()).toBe(name)
    else if (!rest.endsWith('/')) open.push(name ?? '')
  }
  expect(open).toEqual([])
  expect(svg).not.toMatch(/&(?!(amp|lt|gt|quot);)/)
}
