import { Readable } from 'node:stream'
import { extract } from 'tar-stream'
import { expect, it } from 'vitest'
import { filesArchive, firstFile } from './archive.js'

async function entries(archive: Buffer): Promise<[string, string, number | undefined, string][]> {
  const found: [string, string, number | undefined, string][] = []
  for await (const entry of Readable.from([archive]).pipe(extract())) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    const { name, type, mode } = entry.header
    found.push([name, String(type), mode, Buffer.concat(chunks).toString()])
  }
  return found
}

it('packs files and every folder on the way, readable for any user', async () => {
  const archive = await filesArchive('scalelab', { 'nginx.conf': 'año', 'a/b/c.txt': Buffer.from('x') })
  expect(await entries(archive)).toEqual([
    ['scalelab/', 'directory', 0o755, ''],
    ['scalelab/a/', 'directory', 0o755, ''],
    ['scalelab/a/b/', 'directory', 0o755, ''],
    ['scalelab/nginx.conf', 'file', 0o644, 'año'],
    ['scalelab/a/b/c.txt', 'file', 0o644, 'x'],
  ])
})

it('packs the folder of a node without files', async () => {
  expect(await entries(await filesArchive('scalelab', {}))).toEqual([['scalelab/', 'directory', 0o755, '']])
})

it('reads the first file back', async () => {
  const archive = await filesArchive('scalelab', { 'spec.json': '{}' })
  expect(await firstFile(Readable.from([archive]))).toBe('{}')
  expect(await firstFile(Readable.from([await filesArchive('scalelab', { 'gone.txt': null })]))).toBeNull()
})
