import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url))

it.each(['nodes', 'cli'])('the notices of every package in a bundle of %s travel with it', async (folder) => {
  const bundles = `${DIST}${folder}/`
  const files = (await readdir(bundles)).filter((file) => /\.m?js$/.test(file))
  const texts = await Promise.all(files.map((file) => readFile(`${bundles}${file}`, 'utf8')))
  const found = texts.flatMap((text) => [...text.matchAll(/node_modules\/((?:@[^/"\s]+\/)?[^/"\s]+)\//g)])
  const packages = new Set(found.map(([, name]) => name))
  expect(packages).toContain('pg')
  const notices = await readFile(`${bundles}THIRD-PARTY-NOTICES.txt`, 'utf8')
  for (const name of packages) {
    const section = notices.split(`\n${name} `)[1]?.split('-'.repeat(78))[0]
    expect(section, name).toMatch(/copyright/i)
    expect(section, name).toMatch(/permission/i)
  }
})
