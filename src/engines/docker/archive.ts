import { posix } from 'node:path'
import { extract, pack } from 'tar-stream'

const NOWHERE = 'no-such-folder/deleted'

/**
 * A tar archive of files, each folder on the way included; unless told otherwise readable for whichever user the image
 * runs as. Null is a link that leads nowhere, which is as good as no file to whoever opens it: an archive can replace
 * files but not remove them, and only in a container that runs could a command do that.
 * @param root folder that all paths are in, without slash at either end
 * @param mode permissions of the files
 */
export async function filesArchive(
  root: string,
  files: Record<string, string | Buffer | null>,
  mode = 0o644,
): Promise<Buffer> {
  const tar = pack()
  const folders = new Set<string>()
  for (const path of [`${root}/.`, ...Object.keys(files).map((name) => `${root}/${name}`)]) {
    const parts = posix.dirname(path).split('/')
    for (let depth = 1; depth <= parts.length; depth++) folders.add(parts.slice(0, depth).join('/'))
  }
  for (const name of folders) tar.entry({ name: `${name}/`, type: 'directory', mode: 0o755 })
  for (const [path, content] of Object.entries(files)) {
    const name = `${root}/${path}`
    if (content === null) tar.entry({ name, type: 'symlink', linkname: NOWHERE })
    else tar.entry({ name, mode }, content)
  }
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/**
 * The text of the first file in a tar stream. The stream is read to its end: one left half-read keeps the daemon's
 * connection, and with it the whole command, alive. Null when there is no file, a deleted one included.
 */
export async function firstFile(archive: NodeJS.ReadableStream): Promise<string | null> {
  let text: string | null = null
  for await (const entry of archive.pipe(extract())) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    if (entry.header.type === 'file') text ??= Buffer.concat(chunks).toString('utf8')
  }
  return text
}
