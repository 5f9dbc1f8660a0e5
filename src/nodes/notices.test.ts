import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const BUNDLES = fileURLToPath(new URL('../../dist/nodes/', import.meta.url))

it('the notices of every package in a bundle travel with it', async () => {
  const files = (await readdir(BUNDLES)).filter((file) => file.endsWith('.mjs'))
  const texts = await Promise.all(files.map((file) => readFile(`${BUNDLES}${file}`, 'utf8')))
  const found = texts.flatMap((text) => [...text.matchAll(/node_modules\/((?:@[^/"\s]+\/)?[^/"\s]+)\//g)])
  const packages = new Set(found.map(([, name]) => name))
  expect(packages).toContain('pg')
  const notices = await readFile(`${BUNDLES}THIRD-PARTY-NOTICES.txt`, 'utf8')
  for (const name of packages) {
    const section = notices.split(`\n${name} `)[1]?.split('-'.repeat(78))[0]
    expect(section, name).toMatch(/copyright/i)
    expect(section, name).toMatch(/permission/i)
  }
})
