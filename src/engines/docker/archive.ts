import { posix } from 'node:path'
import { extract, pack } from 'tar-stream'

/**
 * A tar archive of files, each folder on the way included, readable for whichever user the image runs as.
 * @param root folder that all paths are in, without slash at either end
 */
export async function filesArchive(root: string, files: Record<string, string | Buffer>): Promise<Buffer> {
  const tar = pack()
  const folders = new Set<string>()
  for (const path of [`${root}/.`, ...Object.keys(files).map((name) => `${root}/${name}`)]) {
    const parts = posix.dirname(path).split('/')
    for (let depth = 1; depth <= parts.length; depth++) folders.add(parts.slice(0, depth).join('/'))
  }
  for (const name of folders) tar.entry({ name: `${name}/`, type: 'directory', mode: 0o755 })
  for (const [name, content] of Object.entries(files)) tar.entry({ name: `${root}/${name}`, mode: 0o644 }, content)
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/**
 * The text of the first file in a tar stream. The stream is read to its end: one left half-read keeps the daemon's
 * connection, and with it the whole command, alive. Throws Error when there is no file.
 */
export async function firstFile(archive: NodeJS.ReadableStream): Promise<string> {
  let text: string | undefined
  for await (const entry of archive.pipe(extract())) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    if (entry.header.type === 'file') text ??= Buffer.concat(chunks).toString('utf8')
  }
  if (text === undefined) throw new Error('no file in the archive')
  return text
}
